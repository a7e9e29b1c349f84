"""Magnitudes of the input catalogue in the headers: MAG1 to MAG7, named by the letters of MAGTYPE."""

import numpy as np

BANDS = ("mag1", "mag2", "mag3", "mag4", "mag5", "mag6", "mag7")


def magnitude(table, band):
    """(n,) magnitude of one band out of MAG1-7, by the letters of MAGTYPE; NaN where there is none."""
    out = np.full(len(table["file"]), np.nan)
    for kind in np.unique(table["magtype"]):
        place = str(kind).strip().lower().find(band)
        if 0 <= place < len(BANDS):
            mine = table["magtype"] == kind
            out[mine] = table[BANDS[place]][mine]
    return np.where((out > 0) & (out < 40), out, np.nan)
