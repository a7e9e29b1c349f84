"""Differences between active and inactive dwarfs, and changes with height, as (value, error) pairs."""

import math

import numpy as np

NOTHING = (math.nan, math.nan)


def difference(first, second):
    """First minus second, errors in quadrature."""
    return first[0] - second[0], math.hypot(first[1], second[1])


def of_dispersions(rows):
    """Means and dispersions of active and inactive dwarfs, as differences and slopes.

    Differences are of samples made alike in subtype, S/N and height (all heights together), where there are any, else
    the weighted mean of those of the bins that both have. Slopes are of the plain samples, clipped.
    """
    table = {
        (row["group"], row["h_low"], row["component"]): row
        for row in rows
        if row["group"] in ("active", "inactive") and row["dispersion"] and row["dispersion_err"]
    }
    out = {}
    for key in ("mean", "dispersion"):
        for component in "UVW":
            found = alike(rows, component, key)
            out[f"{key}_{component.lower()}_active"] = (
                found if math.isfinite(found[0]) else of_bins(table, component, key)
            )
            mine = [clipped(row) for (_, _, part), row in table.items() if part == component]
            out[f"{key}_{component.lower()}_slope"] = slope(mine, key)
    out["dispersion_active"] = weighted([out[f"dispersion_{component}_active"] for component in "uvw"])
    return out


def alike(rows, component, key):
    """Active less inactive of the samples made alike, all heights together."""
    mine = [row for row in rows if row["group"] == "difference" and row["component"] == component and row[key]]
    if not mine:
        return NOTHING
    row = max(mine, key=lambda row: float(row["h_high"]) - float(row["h_low"]))
    return float(row[key]), float(row[f"{key}_err"])


def of_bins(table, component, key):
    """Active less inactive of the plain samples, over the bins that both have."""
    pairs = [
        (table["active", low, component], row)
        for (group, low, part), row in table.items()
        if group == "inactive" and part == component and ("active", low, component) in table
    ]
    return weighted([difference(*((float(row[key]), float(row[f"{key}_err"])) for row in pair)) for pair in pairs])


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
