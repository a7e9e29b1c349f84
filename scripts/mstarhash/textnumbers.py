"""Numbers as text in tables."""

import math

import numpy as np


def number(value, digits=6):
    """A number with `digits` significant digits, whole ones without a point; text as it is, NaN as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return str(int(value))
    return "" if not math.isfinite(value) else f"{value:.{digits}g}"
