"""Velocity dispersions of active and inactive dwarfs by height, and of both made alike (FIELD 8, 9)."""

import numpy as np

from mstarhash.stars.dispersions import clipped, most_likely, most_likely_each
from mstarhash.stars.kinematics import AXES
from mstarhash.stars.matched import cells, weights

GROUPS = ("active matched", "inactive matched", "difference")
MANY = 2_000  # stars of which bootstrap samples are fitted, at most


def clean(objects, max_velocity, min_plx_snr):
    """(n,) bool: dwarfs with a height, all of U, V, W with errors and below `max_velocity` [km/s], and a parallax of at
    least `min_plx_snr` of its errors. objects: columns of the step `kinematics`."""
    uvw = np.stack([objects[key] for key in AXES], axis=1)
    out = np.isfinite(uvw).all(axis=1) & (np.abs(np.nan_to_num(uvw)) < max_velocity).all(axis=1)
    out &= (objects["giant"] == 0) & np.isfinite(objects["h_disc"]) & np.isfinite(objects["u_err"])
    return out & (objects["parallax_used"] >= min_plx_snr * objects["parallax_error"])


def rows(objects, usable, width, min_stars, bootstrap, seed):
    """Yield rows of dispersions.csv as dicts.

    objects: columns, `active` 1, 0 or NaN among them; usable: (n,) bool, as from `clean`; width: of a bin of height [pc];
    min_stars: least stars of a bin that are measured; bootstrap: draws for the errors.
    First a row a class, bin and component; then the same for both made alike, last for all heights together.
    """
    place = np.floor(np.abs(np.where(usable, objects["h_disc"], 0)) / width).astype(int)
    parts = {kind: usable & (objects["active"] == kind) for kind in (1, 0)}
    for group, kind in (("active", 1), ("inactive", 0)):
        for k in np.unique(place[parts[kind]]):
            mine = np.flatnonzero(parts[kind] & (place == k))
            for row in measured(objects, mine, min_stars, bootstrap, seed):
                yield row | {"group": group, "h_low": k * width, "h_high": (k + 1) * width}
    last = place[usable].max(initial=0)
    for k in [*np.unique(place[parts[1] | parts[0]]), None]:  # None: all heights, which are matched as well
        inside = np.ones(len(place), bool) if k is None else place == k
        ends = (0, (last + 1) * width) if k is None else (k * width, (k + 1) * width)
        both = [np.flatnonzero(parts[kind] & inside) for kind in (1, 0)]
        for row in compared(objects, both, place, min_stars, bootstrap, seed):
            yield row | {"h_low": ends[0], "h_high": ends[1]}


def compared(objects, both, place, min_stars, bootstrap, seed):
    """Yield rows of the active and the inactive stars (numbers `both` of each) made alike in subtype, S/N and bin of
    height `place` (n,), and of their difference with its sign; null where either has under min_stars that count, none
    where one has no star."""
    every = np.concatenate(both)
    cell = cells(objects["subtype"][every], objects["snr_r"][every], place[every])
    weight = weights(cell[: len(both[0])], cell[len(both[0]) :])
    both, weight = ([v[w > 0] for v, w in zip(values, weight, strict=True)] for values in (both, weight))
    count = [len(part) for part in both]
    if min(count) == 0:
        return
    values = np.full((3, 2, 3), np.nan)  # group; mean, dispersion; component
    errors = np.full((3, 2, 3), np.nan)
    if min(count) >= min_stars:
        rng, draws = np.random.default_rng(seed), np.zeros((bootstrap, 2, 2, 3))
        for k in (0, 1):
            velocity, matrix = velocities(objects, both[k])
            best = most_likely(velocity, matrix, weight[k])
            values[k] = best[0], np.sqrt(np.diag(best[1]))
            draws[:, k] = resampled(velocity, matrix, weight[k], best, bootstrap, rng)
        values[2] = values[0] - values[1]
        errors[:2] = np.std(draws, axis=0, ddof=1)
        errors[2] = np.std(draws[:, 0] - draws[:, 1], axis=0, ddof=1)
    for k, group in enumerate(GROUPS):
        share = weight[min(k, 1)] / weight[min(k, 1)].sum()
        height = (share * np.abs(objects["h_disc"][both[min(k, 1)]])).sum()
        for component, key in enumerate(AXES):
            difference = values[2, 1, component] if k == 2 else np.nan
            yield {
                "group": group,
                "h_mean": height,
                "component": key.upper(),
                "total": min(count) if k == 2 else count[k],
                **dict(zip(("mean", "dispersion"), values[k, :, component], strict=True)),
                **dict(zip(("mean_err", "dispersion_err"), errors[k, :, component], strict=True)),
                "sign": "" if np.isnan(difference) else "-" if difference < 0 else "+",
            }


def measured(objects, mine, min_stars, bootstrap, seed):
    """Yield three rows: mean and dispersion of U, V, W of the stars `mine`, most likely and raw; null under min_stars."""
    enough = len(mine) >= min_stars
    velocity, matrix = velocities(objects, mine)
    mean = spread = mean_err = spread_err = np.full(3, np.nan)
    if enough:
        mean, full = most_likely(velocity, matrix)
        rng = np.random.default_rng(seed)
        draws = resampled(velocity, matrix, np.ones(len(mine)), (mean, full), bootstrap, rng)
        spread = np.sqrt(np.diag(full))
        mean_err, spread_err = np.std(draws, axis=0, ddof=1)
    for k, key in enumerate(AXES):
        raw_mean, raw, raw_err, used = clipped(velocity[:, k]) if enough else (np.nan, np.nan, np.nan, len(mine))
        yield {
            "h_mean": np.abs(objects["h_disc"][mine]).mean(),
            "component": key.upper(),
            "total": len(mine),
            "mean": mean[k],
            "mean_err": mean_err[k],
            "dispersion": spread[k],
            "dispersion_err": spread_err[k],
            "raw_mean": raw_mean,
            "raw_dispersion": raw,
            "raw_dispersion_err": raw_err,
            "raw_total": used,
        }


def resampled(velocity, matrix, weight, best, draws, rng):
    """(draws, 2, 3) means and dispersions of bootstrap samples of n stars with weights (n,).

    best: the (mean, covariance) of all. Of more than MANY stars, as many are drawn once, the samples are theirs, and
    their distances from `best` are scaled by sqrt(MANY / n): errors fall with the root of the number.
    """
    scale, centre = 1.0, np.array([best[0], np.sqrt(np.diag(best[1]))])
    if len(weight) > MANY:
        scale = np.sqrt(MANY / len(weight))
        few = np.sort(rng.choice(len(weight), MANY, replace=False))
        velocity, matrix, weight = velocity[few], matrix[few], weight[few]
    counts = rng.multinomial(len(weight), np.full(len(weight), 1 / len(weight)), size=draws)
    mean, spread = most_likely_each(velocity, matrix, counts * weight, best)
    out = np.stack([mean, np.sqrt(np.diagonal(spread, axis1=1, axis2=2))], axis=1)
    return out if scale == 1 else centre + scale * (out - centre)


def velocities(objects, mine):
    """U, V, W (k, 3) and their covariances (k, 3, 3) of the objects `mine`."""
    out = np.empty((len(mine), 3, 3))
    for i, a in enumerate(AXES):
        for j, b in enumerate(AXES):
            key = f"{min(a, b)}{max(a, b)}_cov"
            out[:, i, j] = objects[f"{a}_err"][mine] ** 2 if i == j else objects[key][mine]
    return np.stack([objects[key][mine] for key in AXES], axis=1), out
