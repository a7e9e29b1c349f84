"""All measurements of a block of spectra: numpy in, columns out."""

from dataclasses import dataclass

import numpy as np

from mstarhash.measure import halpha, indices, measure_flags, subtype, velocity, zeta
from mstarhash.measure.own_templates import own_templates, read_averages
from mstarhash.measure.standards import letters, read_standards
from mstarhash.measure.subtype_zero import zero_point


@dataclass
class Tools:
    """What all blocks share: config keys, the working grid, its used pixels, standards, index sequences and the zero
    point of the subtypes."""

    keys: object
    grid: np.ndarray
    used: np.ndarray
    names: list
    bank: velocity.Bank
    types: np.ndarray
    wins: np.ndarray
    lines: list
    zero: float

    @classmethod
    def read(cls, path, keys, averages=""):
        """path: templates.h5; averages: averages.h5 or model.h5, of which templates of the sample's own are made
        and the zero point of the subtypes is learned."""
        grid = velocity.grid()
        used = velocity.used_pixels(grid, keys.rv_low, keys.rv_high, keys.rv_mask)
        every = read_standards(path, grid)
        lines = subtype.sequences(every, grid)
        span = 10 ** grid[used]
        mine = [s for s in every if letters(s) in ("M", "K", "L") and _covers(s, grid, span[0], span[-1])]
        templates = np.array([velocity.prepare(s.flux, grid) for s in mine]).reshape(len(mine), len(grid))
        types = np.array([s.subtype if s.typing and s.family == "dwarf" else np.nan for s in mine])
        wins = np.array([s.velocity for s in mine], bool)
        bank = velocity.bank(templates, used, keys.rv_range)
        names = [s.name for s in mine]
        if averages and wins.any():
            own, like = own_templates(*read_averages(averages), bank, wins, grid, used, keys.rv_min_stars)
            names += [f"sample_{names[k]}" for k in like]
            types, wins = np.append(types, np.full(len(own), np.nan)), np.append(wins, np.ones(len(own), bool))
            bank = velocity.bank(np.concatenate([templates, own]), used, keys.rv_range)
        return cls(keys, grid, used, names, bank, types, wins, lines, zero_point(averages, lines, keys))


def _covers(standard, grid, low, high):
    """Whether a template is known over nearly all of low-high [Angstrom]."""
    wave = 10 ** grid[np.isfinite(standard.flux)]
    return len(wave) > 0 and wave[0] < low + 100 and wave[-1] > high - 100


def measure(flux, ivar, mask, coeff0, coeff1, z, tools):
    """Columns (n,) of a block of n spectra.

    flux, ivar, mask: (n, p) as ingest wrote them; coeff0, coeff1: (n,) dex; z: (n,) header's, NaN if none.
    """
    keys = tools.keys
    spectra = indices.Spectra.of(flux, ivar / keys.noise_scale**2, mask, coeff0, coeff1)
    found, by_template, template_err = _velocity(spectra, tools)
    usable_z = np.isfinite(z) & (np.abs(z) < indices.LARGEST_Z)
    large = np.abs(np.nan_to_num(found.velocity)) > keys.rv_large
    low_r = ~(found.r >= keys.rv_min_r)
    none = ~np.isfinite(found.velocity) | ~np.isfinite(found.error)
    reliable = ~(none | large | low_r | found.edge)
    rest = np.where(reliable, found.velocity, np.where(usable_z, z * indices.LIGHT, 0.0))
    moved = spectra.moved(rest)
    columns, missing = _indices(moved, keys)
    blind = _zeta(moved, columns, keys.slope_error)
    columns["ewha"], columns["ewha_err"], columns["snr_ha"] = halpha.equivalent_width(moved)
    columns["ha_peak_snr"] = halpha.peak_snr(moved)
    typed = _subtype(moved, tools)
    few = typed.used < subtype.MIN_USED
    by_template = np.where(none, np.nan, by_template)
    template_err = np.hypot(np.where(np.isfinite(by_template), template_err, np.nan), keys.subtype_floor)
    instead = few & reliable & (by_template >= subtype.EARLIEST) & np.isfinite(template_err)
    told = (by_template >= subtype.EARLIEST) & (by_template < subtype.LATEST) & np.isfinite(template_err)
    kind = np.where(instead, by_template, typed.subtype) + tools.zero  # what is refused and flagged is so before
    columns |= {
        "subtype": kind,
        "subtype_err": np.where(instead, template_err, typed.error),
        "subtype_text": subtype.text(kind),
        "subtype_chi2": typed.chi2,
        "subtype_template": np.where(told, by_template + tools.zero, np.nan),
        "subtype_template_err": np.where(told, template_err, np.nan),
        "subtype_zero": np.full(len(rest), tools.zero),
        "rv": np.where(none, np.nan, found.velocity + keys.rv_offset),
        "rv_err": np.where(none, np.nan, np.hypot(found.error * keys.rv_error_scale, keys.rv_floor)),
        "rv_r": np.where(none, np.nan, found.r),
        "rv_chi2": found.chi2,
        "rv_template": np.array(["" if bad else tools.names[k] for k, bad in zip(found.best, none, strict=True)], "U"),
        "rv_frame": rest,
        "rv_offset": np.full(len(rest), keys.rv_offset),
        "noise_scale": np.full(len(rest), keys.noise_scale),
    }
    ends = np.array([line.subtypes[-1] for line in tools.lines])[typed.family]
    early = typed.refused & (typed.mean < subtype.EARLIEST)
    columns["flags"] = measure_flags.combine(
        rv_edge=found.edge & ~none,
        rv_low_r=low_r & ~none,
        rv_large=large & ~none,
        rv_none=none,
        frame_z=~reliable & usable_z,
        frame_zero=~reliable & ~usable_z,
        type_edge=~few & (early | (typed.best == ends)),
        type_poor=typed.refused & ~few & ~early,
        type_few=few,
        type_differs=np.abs(np.nan_to_num(typed.subtype - by_template)) > 2,
        zeta_blind=blind,
        ewha_low_snr=~(columns["snr_ha"] > measure_flags.LOW_SNR_HA),
        index_missing=missing,
        giant_sequence=np.array([line.family == "giant" for line in tools.lines])[typed.family] & ~few,
    )
    return columns


def _velocity(spectra, tools):
    """Correlation with the templates, and the subtype of the template sequence that fits best."""
    value, ivar, phase = velocity.align(
        spectra.flux, spectra.variance, spectra.good, spectra.coeff0, spectra.coeff1, tools.grid
    )
    flat, weight = velocity.flatten(value, ivar, tools.used, tools.keys.rv_mismatch)
    found = velocity.correlate(flat, weight, phase, tools.bank, tools.wins)
    return found, *velocity.best_subtype(found.gains, tools.types)


def _indices(spectra, keys):
    columns, missing = {}, np.zeros(len(spectra.flux), bool)
    for name, (value, error) in indices.measure(spectra, indices.definitions(keys.na), keys.slope_error).items():
        water = keys.water_error * value if name == "na" else 0.0
        columns[name], columns[f"{name}_err"] = value, np.hypot(error, water)
        missing |= ~np.isfinite(value)
    ratio, error = indices.ratio(spectra, indices.MG2)
    ratio = np.where(ratio > 0, ratio, np.nan)
    columns["mg2"], columns["mg2_err"] = -2.5 * np.log10(ratio), 2.5 / np.log(10) * error / ratio
    return columns, missing


def _zeta(spectra, columns, slope):
    """Add the zeta columns; True where zeta is blind to metallicity."""
    parts = [columns[name] for name in ("tio5", "cah2", "cah3")]
    errors = [columns[f"{name}_err"] for name in ("tio5", "cah2", "cah3")]
    windows = indices.zeta_windows(spectra)
    for calibration, (name, error) in zeta.COLUMNS.items():
        columns[name] = zeta.zeta(*parts, calibration)
        columns[error] = zeta.error_covariant(windows, calibration, slope)
    columns["zeta_err"] = zeta.error(*parts, *errors)
    x = parts[1] + parts[2]
    return (x > zeta.BLIND) | (1 - zeta.solar(x, "l13")[0] < 3 * zeta.solar_error(windows, "l13", slope))


def _subtype(spectra, tools):
    measured = indices.measure(spectra, subtype.DEFINITIONS)
    value, error = (np.array([pair[k] for pair in measured.values()]).T for k in (0, 1))
    return subtype.classify(value, error, tools.lines, tools.keys.subtype_floor, tools.keys.subtype_max_chi2)
