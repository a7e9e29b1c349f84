"""Names of stars from their positions."""

import numpy as np


def designation(ra, dec):
    """Jhhmmss.ss+ddmmss.s, cut off as catalogues do; "" without a position. ra, dec: (n,) [deg]."""
    return np.array([_one(a, d) for a, d in zip(np.asarray(ra).tolist(), np.asarray(dec).tolist(), strict=True)], "U19")


def _one(ra, dec):
    if not (np.isfinite(ra) and np.isfinite(dec)):
        return ""
    time, arc = int(ra % 360 * 24000 + 1e-4) % 8_640_000, int(abs(dec) * 36000 + 1e-4)  # 0.01 s, 0.1 arcsec
    (minutes, time), (arcmin, arc) = divmod(time, 6000), divmod(arc, 600)
    return (
        f"J{minutes // 60:02d}{minutes % 60:02d}{time / 100:05.2f}"
        f"{'-' if dec < 0 else '+'}{arcmin // 60:02d}{arcmin % 60:02d}{arc / 10:04.1f}"
    )
