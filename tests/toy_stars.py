"""Toy M stars whose bands deepen with subtype, and the files that measure reads, for tests without templates."""

from functools import lru_cache

import numpy as np
from mstarhash.measure.indices import INDICES, LIGHT
from mstarhash.measure.standards import pixel_means
from mstarhash.spectra.airvac import air_to_vacuum
from mstarhash.spectra.hdf5 import create, write_columns

WAVE = np.arange(3700.0, 9250.0, 0.5)
SUBTYPES = np.arange(-2.0, 10.0)


@lru_cache
def spectrum(subtype, giant=False):
    """Flux on WAVE: a red continuum, bands over the index numerators, and 400 narrow lines."""
    flux = (WAVE / 7000) ** (2 + 0.4 * subtype)
    for number, (name, (numerators, _)) in enumerate(INDICES.items()):
        depth = (0.05 + 0.06 * (subtype + 2)) * (0.7 + 0.05 * number)
        if giant and name.startswith("cah"):
            depth *= 0.3
        for low, high in numerators:
            low, high = air_to_vacuum((low, high))
            flux = flux * (1 - depth * ((low - 1 < WAVE) & (high + 1 > WAVE)))
    rng = np.random.default_rng(3)
    for centre, depth in zip(rng.uniform(3800, 9150, 400), rng.uniform(0.05, 0.4, 400), strict=True):
        flux = flux * (1 - depth * np.exp(-0.5 * ((WAVE - centre) / 2) ** 2))
    return flux


def observed(subtype, velocity=0.0, snr=np.inf, seed=0, coeff0=3.5682, pixels=3909, giant=False):
    """flux, ivar of LAMOST-like pixels; snr is per pixel, of constant noise, at the median flux."""
    grid = coeff0 + 1e-4 * np.arange(pixels)
    flux = pixel_means(WAVE * (1 + velocity / LIGHT), spectrum(subtype, giant), grid)
    known = np.isfinite(flux)
    sigma = np.nanmedian(flux) / min(snr, 1e4)
    noise = np.random.default_rng(seed).standard_normal(pixels) * (sigma if np.isfinite(snr) else 0)
    return np.where(known, flux + noise, 0), np.where(known, sigma**-2.0, 0)


def write_templates(path):
    """A templates.h5 of toy dwarfs K5-M9 and giants M0-M4."""
    with create(path, "templates", "") as out:
        for family, subtypes in (("dwarf", SUBTYPES), ("giant", np.arange(0.0, 5.0))):
            for subtype in subtypes:
                kind = f"M{subtype:.0f}" if subtype >= 0 else {-1.0: "K7", -2.0: "K5"}[subtype]
                group = out.create_group(f"toy_{family}_{kind}")
                group["wave"], group["flux"] = WAVE, spectrum(subtype, family == "giant").astype("f4")
                group.attrs.update(
                    type=kind, subtype=subtype, luminosity=family, metal="d" if family == "dwarf" else "", feh=0.0,
                    activity="all", library="toy", reference="", use="typing,rv" if family == "dwarf" else "typing",
                    extrapolated=False, wave_min=WAVE[0], wave_max=WAVE[-1],
                )  # fmt: skip


def write_ingest(path, flux, ivar, **columns):
    """An ingest file of (n, p) pixels; columns replace the defaults."""
    n, p = flux.shape
    texts = {key: [f"{key}{row}" for row in range(n)] for key in ("lmjd", "planid", "spid", "fiberid", "obsid")}
    numbers = ("mjd", "ra", "dec", "z_err", "snru", "snrg", "snrr", "snri", "snrz", "snr_r")
    values = {
        "file": np.array([f"f{row}.fits" for row in range(n)]),
        **{key: np.array(value) for key, value in texts.items()},
        "order": np.arange(n, dtype="u8"),
        **{key: np.full(n, "") for key in ("designation", "obsdate", "magtype", "release", "duplicate_of")},
        "class": np.full(n, "STAR"),
        "subclass": np.full(n, "M1"),
        **{key: np.full(n, np.nan) for key in numbers},
        **{f"mag{k}": np.full(n, np.nan, "f4") for k in range(1, 8)},
        "z": np.full(n, np.nan),
        "flags": np.zeros(n, "u4"),
        "coeff0": np.full(n, 3.5682),
        "coeff1": np.full(n, 1e-4),
        "npix": np.full(n, p, "i4"),
        "flux": flux.astype("f4"),
        "ivar": ivar.astype("f4"),
        "mask": (ivar <= 0).astype("u1"),
    }
    with create(path, "ingest", "0") as out:
        write_columns(out, values | columns)
