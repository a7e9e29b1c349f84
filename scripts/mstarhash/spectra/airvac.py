"""Wavelengths in standard air and in vacuum (FIELD 2.2), in Angstrom."""

import numpy as np

LIGHT = 299792.458  # km/s


def air_to_vacuum(wave):
    """Vacuum wavelength of an air wavelength: the inverse of Morton (2000), good to 1e-4 A over 3800-9200."""
    wave = np.asarray(wave, dtype=float)
    s2 = (1e4 / wave) ** 2
    n = 1 + 8.336624212083e-5 + 2.408926869968e-2 / (130.1065924522 - s2) + 1.599740894897e-4 / (38.92568793293 - s2)
    return wave * n
