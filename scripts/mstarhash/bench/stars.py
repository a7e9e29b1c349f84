"""Cases of the benchmark on measured stars: cross-match and measurement; and the start of Snakemake."""

import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np

from mstarhash.bench.data import first_rows, installed, single, sky
from mstarhash.bench.timing import Case, memory_speed
from mstarhash.common.errors import InputError
from mstarhash.common.parallel import ordered_map
from mstarhash.measure.block import Tools, measure
from mstarhash.measure.halpha import CONTINUUM, LINE
from mstarhash.measure.indices import definitions
from mstarhash.spectra.airvac import LIGHT, air_to_vacuum
from mstarhash.spectra.hdf5 import blocks
from mstarhash.stars.astrometry import unit_vectors
from mstarhash.stars.crossmatching import near, one_to_one, pairs

NO_OP = 1.0  # seconds that a run with nothing to do may take


def crossmatch_small(args):
    """Few objects among few sources."""
    return _crossmatch(args, args.objects_small, args.sources_small)


def crossmatch_large(args):
    """Many objects among many sources."""
    return _crossmatch(args, args.objects_large, args.sources_large)


def _crossmatch(args, objects, sources):
    """Objects to sources one to one; peers: all pairs, or each object's nearest source."""
    mine, others = sky(objects, sources, np.random.default_rng(args.seed))
    bright = np.zeros(sources)

    def ours():
        one, two = unit_vectors(*mine), unit_vectors(*others)
        rows = near(two, one, args.radius)
        left, right, apart = pairs(one, two[rows], args.radius)
        return one_to_one(left, rows[right], apart, bright[rows[right]], args.tie)

    def catalogues(k):
        import astropy.units as u
        from astropy.coordinates import SkyCoord

        return (
            SkyCoord(*mine, unit="deg"),
            SkyCoord(others[0][:k], others[1][:k], unit="deg"),
            u.Quantity(args.radius, "arcsec"),
        )

    def around(k):
        one, two, radius = catalogues(k)
        two.search_around_sky(one, radius)

    def nearest(k):
        one, two, _ = catalogues(k)
        one.match_to_catalog_sky(two)

    peers = {"astropy search_around_sky (all pairs)": around, "astropy match_to_catalog_sky (nearest only)": nearest}
    moved = sum(part.nbytes for part in (*mine, *others))
    return Case(sources, ours, peers, floor=lambda: moved / memory_speed())


def measuring(args):
    """Velocity, subtype, indices, zeta and H-alpha of stars, with errors."""
    flux, ivar, mask, coeff0, coeff1, z = first_rows(
        args.ingested, ("flux", "ivar", "mask", "coeff0", "coeff1", "z"), args.fits
    )
    tools = Tools.read(args.templates, args)
    templates = _templates(args.templates, tools)

    def ours():
        def work(rows):
            return measure(flux[rows], ivar[rows], mask[rows], coeff0[rows], coeff1[rows], z[rows], tools)

        with single():
            return list(ordered_map(work, blocks(len(flux), 256), args.threads))

    good = (mask == 0) & np.isfinite(flux) & (ivar > 0)
    flux = np.where(good, flux, 0)
    same = (coeff0[0], coeff1[0])
    wave = 10 ** (same[0] + same[1] * np.arange(flux.shape[1]))
    windows = [tuple(air_to_vacuum(pair)) for one in definitions(args.na).values() for side in one for pair in side]
    windows += [LINE, *CONTINUUM]

    def plain(k):
        from scipy.signal import correlate

        models = [np.interp(wave, *pair) for pair in templates]
        for row in range(k):
            x = flux[row] - flux[row].mean()
            shift = (
                max(
                    (correlate(x, m - m.mean(), mode="same", method="fft") for m in models), key=lambda c: c.max()
                ).argmax()
                - len(x) // 2
            )
            rest = wave * 10 ** (-same[1] * shift)
            for low, high in windows:
                mine = (rest >= low) & (rest <= high) & good[row]
                flux[row, mine].sum() / max(1, mine.sum())

    peers = {"scipy.signal.correlate and window means, a star at a time (no errors, no subtype)": plain}
    if installed("specutils"):
        peers["specutils template_correlate and extract_region"] = _specutils(flux, wave, good, templates, windows)
    return Case(len(flux), ours, peers)


def _templates(path, tools):
    """[(wave [Angstrom], flux)] of the templates that ours correlates with."""
    from mstarhash.spectra.hdf5 import open_h5

    with open_h5(path) as source:
        parts = [(source[name]["wave"][:], source[name]["flux"][:].astype("f8")) for name in tools.names]
    return [(wave[np.isfinite(flux)], flux[np.isfinite(flux)]) for wave, flux in parts]


def _specutils(flux, wave, good, templates, windows):
    """A peer: each star against each template, and window means, by specutils alone."""

    def work(k):
        import astropy.units as u
        from astropy.nddata import StdDevUncertainty
        from specutils import SpectralRegion, Spectrum
        from specutils.analysis import template_correlate
        from specutils.manipulation import extract_region

        def of(values, axis=wave):
            return Spectrum(
                spectral_axis=axis * u.AA, flux=values * u.Jy, uncertainty=StdDevUncertainty(np.ones(len(values)))
            )

        models = [of(np.interp(wave, *pair)) for pair in templates]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for row in range(k):
                star, best = of(np.where(good[row], flux[row], 0)), (-np.inf, 0.0)
                for model in models:
                    value, lag = template_correlate(star, model)
                    best = max(best, (float(value.max()), float(lag[value.argmax()].to_value("km/s"))))
                rest = of(star.flux.value, wave / (1 + np.clip(best[1], -1000, 1000) / LIGHT))
                for low, high in windows:
                    extract_region(rest, SpectralRegion(low * u.AA, high * u.AA)).flux.mean()

    return work


def snakemake(args):
    """A dry run with nothing to do, in the folder of the run; peer: the same of a workflow of one rule."""
    words = ["snakemake", "--dry-run", "--quiet", "all", "--cores", "1"]
    chosen = ["--configfile", *args.configfiles] if args.configfiles else []

    def run(extra, folder=None):
        done = subprocess.run([*words, *extra], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise InputError(f"snakemake --dry-run: {(done.stderr or done.stdout).strip()[-300:]}")

    def plain(k):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Snakefile").write_text('rule all:\n    output: "done"\n    shell: "touch done"\n')
            (Path(folder) / "done").write_text("")
            run([], folder)

    if shutil.which(words[0]) is None:
        raise InputError("no command snakemake on the path")
    shards = len(args.ingested)
    return Case(shards, lambda: run(chosen), {"snakemake of one rule": plain}, lambda: NO_OP, children=True)
