"""Differences between active and inactive dwarfs, and changes with height, as (value, error) pairs."""

import math

import numpy as np

NOTHING = (math.nan, math.nan)


def difference(first, second):
    """First minus second, errors in quadrature."""
    return first[0] - second[0], math.hypot(first[1], second[1])


def of_dispersions(rows):
    """Means and dispersions of active and inactive dwarfs by height, as differences and slopes."""
    table = {
        (row["group"], row["h_low"], row["component"]): row
        for row in rows
        if row["group"] in ("active", "inactive") and row["dispersion"] and row["dispersion_err"]
    }
    out = {}
    for key in ("mean", "dispersion"):
        every = []
        for component in "UVW":
            pairs = [
                (table["active", low, component], row)
                for (group, low, part), row in table.items()
                if group == "inactive" and part == component and ("active", low, component) in table
            ]
            apart = [difference(*((float(row[key]), float(row[f"{key}_err"])) for row in pair)) for pair in pairs]
            out[f"{key}_{component.lower()}_active"] = weighted(apart)
            every += apart
            mine = [clipped(row) for (_, _, part), row in table.items() if part == component]
            out[f"{key}_{component.lower()}_slope"] = slope(mine, key)
        if key == "dispersion":
            out["dispersion_active"] = weighted(every)
    return out


def clipped(row):
    """The row with the sample's mean and dispersion after 3-sigma clipping, so that few halo stars do not decide."""
    error = float(row["raw_dispersion"]) / math.sqrt(float(row["raw_total"]))
    return row | {"mean": row["raw_mean"], "mean_err": error, "dispersion": row["raw_dispersion"],
                  "dispersion_err": row["raw_dispersion_err"]}  # fmt: skip


def weighted(values):
    """Inverse-variance mean of (value, error) pairs."""
    values = [(value, error) for value, error in values if error > 0]
    if not values:
        return NOTHING
    weight = [1 / error**2 for _, error in values]
    return sum(w * v for w, (v, _) in zip(weight, values, strict=True)) / sum(weight), 1 / math.sqrt(sum(weight))


def slope(rows, key):
    """Change of a quantity in 100 pc, one slope for both groups, each with a level of its own; weighted least squares."""
    groups = sorted({row["group"] for row in rows})
    if len(rows) < len(groups) + 1:
        return NOTHING
    design = np.array(
        [[float(row["h_mean"]) / 100, *(row["group"] == group for group in groups)] for row in rows], float
    )
    error = np.array([float(row[f"{key}_err"]) for row in rows])
    if not (error > 0).all() or np.linalg.matrix_rank(design) < design.shape[1]:
        return NOTHING
    normal = np.linalg.inv((design / error[:, None] ** 2).T @ design)
    value = normal @ (design / error[:, None] ** 2).T @ np.array([float(row[key]) for row in rows])
    return float(value[0]), float(math.sqrt(normal[0, 0]))
