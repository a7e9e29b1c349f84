"""Cases of the benchmark on files and pixels: read, rebin, scale."""

import gzip
import warnings
from pathlib import Path

import numpy as np

from mstarhash.bench.data import first_rows, installed, shard_files
from mstarhash.bench.timing import Case, best_of, memory_speed
from mstarhash.common.parallel import ordered_map
from mstarhash.common.status import Rejected
from mstarhash.input.fitsheader import read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.spectra.grid import resample
from mstarhash.spectra.hdf5 import blocks, open_h5
from mstarhash.spectra.scaling import features

CARDS = ("OBSID", "RA", "DEC", "CLASS", "SUBCLASS", "Z", "SNRR")


def read(args):
    """FITS files of both layouts to flux, inverse variance, mask and header values; in the cache of the system."""
    files = shard_files(args.manifest)
    rng = np.random.default_rng(args.seed)
    files = [files[k] for k in np.sort(rng.permutation(len(files))[: args.files])]

    def one(path):
        try:
            spectrum = read_spectrum(read_bytes(path))
        except Rejected:
            return None
        return spectrum.flux, spectrum.ivar, spectrum.andmask, [spectrum.header.get(key) for key in CARDS]

    def astropy(k):
        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [_by_astropy(fits, path) for path in files[:k]]

    def raw():
        for path in files:
            data = Path(path).read_bytes()
            if path.endswith(".gz"):
                gzip.decompress(data)

    return Case(
        len(files), lambda: [one(path) for path in files], {"astropy.io.fits": astropy}, floor=lambda: best_of(raw)
    )


def _by_astropy(fits, path):
    """The same of one file by astropy; a broken file is None."""
    try:
        with fits.open(path, memmap=False) as units:
            header = units[0].header
            if units[0].data is not None:
                flux, ivar, mask = (units[0].data[row].astype("f4") for row in (0, 1, 3))
            else:
                table = units[1].data
                flux, ivar, mask = (np.ravel(table[key]).astype("f4") for key in ("FLUX", "IVAR", "ANDMASK"))
            return flux, ivar, mask, [header.get(key) for key in CARDS]
    except (OSError, ValueError, IndexError, KeyError, TypeError, EOFError):
        return None


def rebin(args):
    """Flux-conserving resampling from LAMOST's grid, moved by half a pixel, to the common grid."""
    flux, ivar, mask, coeff0, coeff1 = first_rows(
        args.ingested, ("flux", "ivar", "mask", "coeff0", "coeff1"), args.spectra
    )
    old = coeff0[0] + coeff1[0] * (np.arange(flux.shape[1]) + 0.5)
    with open_h5(args.rebinned[0]) as source:
        new = np.log10(source["wave"][:])
    good = (mask == 0) & np.isfinite(flux)
    flux, ivar = np.where(good, flux, 0).astype("f4"), np.where(good, ivar, 0).astype("f4")

    def ours():
        for _ in ordered_map(
            lambda rows: resample(flux[rows], ivar[rows], good[rows], old, new), blocks(len(flux), 256), args.threads
        ):
            pass

    def plain(k):
        wave, target = 10**old, 10**new
        return [
            (np.interp(target, wave, f), np.interp(target, wave, w)) for f, w in zip(flux[:k], ivar[:k], strict=True)
        ]

    peers = {"numpy.interp (flux not conserved)": plain}
    if installed("specutils"):
        peers = {"specutils FluxConservingResampler": _specutils(flux, ivar, good, old, new)}
    moved = flux.nbytes + ivar.nbytes + good.nbytes + len(flux) * len(new) * 9
    return Case(len(flux), ours, peers, floor=lambda: moved / memory_speed() / args.threads)


def _specutils(flux, ivar, good, old, new):
    """A peer: one spectrum after the other, uncertainties as inverse variances."""

    def work(k):
        import astropy.units as u
        from astropy.nddata import InverseVariance
        from specutils import Spectrum
        from specutils.manipulation import FluxConservingResampler

        unit, target = u.erg / u.s / u.cm**2 / u.AA, 10**new * u.AA
        resampler = FluxConservingResampler()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for f, w, g in zip(flux[:k], ivar[:k], good[:k], strict=True):
                spectrum = Spectrum(
                    spectral_axis=10**old * u.AA, flux=f * unit, uncertainty=InverseVariance(np.where(g, w, 1e-30))
                )
                resampler(spectrum, target)

    return work


def scale(args):
    """1-99 % quantiles of each spectrum to 0..1, unsmoothed."""
    flux, ivar = first_rows(args.rebinned, ("flux", "ivar"), args.spectra)

    def ours():
        for _ in ordered_map(
            lambda rows: features(flux[rows], ivar[rows], 0, "robust", 1), blocks(len(flux)), args.threads
        ):
            pass

    def quantiles(k):
        from sklearn.preprocessing import RobustScaler

        scaled = RobustScaler(quantile_range=(1, 99)).fit_transform(flux[:k].T).T
        return np.ascontiguousarray(np.clip(scaled, -1, 1), dtype="f4")

    moved = 3 * flux.nbytes
    return Case(
        len(flux),
        ours,
        {"scikit-learn RobustScaler, 1-99 %": quantiles},
        floor=lambda: moved / memory_speed() / args.threads,
    )
