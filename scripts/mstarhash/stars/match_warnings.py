"""What is odd about a match of objects to the sources of a table, in words with figures."""

import numpy as np

from mstarhash.stars.sourcematch import covered

ENOUGH = 10  # objects or matches from which shares and medians are judged
SHARE = 0.1  # of the objects that have sources around them: fewer matches are odd
AROUND = 360.0  # a table's footprint: within this of a source [arcsec]
ODD = 1.0  # median separation beyond which positions or epochs are odd [arcsec]


def oddities(found, table, objects, radius):
    """Lines for the log of a `Match` of objects (m, 3), within `radius` [arcsec]."""
    lines = []
    placed = int(np.isfinite(objects).all(axis=1).sum())
    matched = found.row >= 0
    count, middle = int(matched.sum()), float(np.median(found.separation[matched])) if matched.any() else np.nan
    if table.rows and placed >= ENOUGH and count < SHARE * placed:
        around = covered(table, objects, AROUND)
        if around >= ENOUGH and count < SHARE * around:
            lines.append(
                f"of {around:,} objects that have sources within {AROUND / 60:g} arcmin only {count:,} are matched within "
                f"{radius:g} arcsec: are {_positions(table)} the sources' own, of the epoch named above?"
            )
        elif not around:
            lines.append(
                f"no source lies within {AROUND / 60:g} arcmin of any of {placed:,} objects: another part of the sky, or "
                f"{_positions(table)} are not in degrees"
            )
    if count >= ENOUGH and middle > ODD:
        lines.append(
            f"the median separation of {count:,} matches is {middle:.2f} arcsec, which is odd: are {_positions(table)} the "
            "sources' own, of the epoch named above?"
        )
    return [f"{table.key}: warning: {line}" for line in lines]


def undated(table, title, epoch, motion):
    """A line for the log where a table of an infrared survey has no dates; motion: dict of (m,) pmra, pmdec [mas/yr]."""
    speed = np.hypot(*(np.nan_to_num(motion[key]) for key in ("pmra", "pmdec")))
    fast = int((speed > 500).sum())
    return (
        f"{table.key}: warning: no date of the {title} observations, {epoch:g} is taken for all; {fast:,} of {len(speed):,} "
        "objects move by more than 0.5 arcsec a year"
    )


def _positions(table):
    return " and ".join(table.columns[name] for name in ("ra", "dec"))
