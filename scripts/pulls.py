"""Are the errors true? Deviations over errors, by S/N, of injected spectra and of repeat visits.

Injected: templates of M stars on the pixels and with the gaps and inverse variances of this survey's spectra, with the
noise and calibration errors that the section `measure` tells of; measured as all others, and compared with the same
template without noise. Repeats: differences of two visits of one object; these show whether those errors are real
(H-alpha of active dwarfs varies between visits, in the mock survey too: its differences are larger).
zeta counts where 1 - T(x) of the true star, for repeats of the mean of both, is above 3 of its errors.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import InputError, exit_code
from mstarhash.common.snr_bins import WITH_ALL

FIELDS = ("sample", "quantity", "snr", "n", "median", "median_err", "half_width", "half_width_err", "scatter",
          "error", "noise_scale")  # fmt: skip
BLOCK = 256


def build_parser():
    parser = section_parser(__doc__, "measure", "pulls")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 files from ingest.py")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument("--averages", default="", help="HDF5 from positives.py or train.py, as for measure.py")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--crossmatch", required=True, help="HDF5 from crossmatch.py")
    parser.add_argument("--output", required=True, help="CSV to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.common.texttables import write_rows
    from mstarhash.measure.block import Tools

    with replacing(args.output) as name:
        rows = injection(args, Tools.read(args.templates, args, args.averages)) + repeats(args)
        write_rows(name, FIELDS, (row | {"noise_scale": args.noise_scale} for row in rows), 4)
        far = [
            f"{row['quantity']} at S/N {row['snr']}"
            for row in rows
            if row["sample"] == "injection" and not (abs(row["median"]) < 0.1 and 0.9 <= row["half_width"] <= 1.1)
        ]
        say(f"pulls: {len(far)} of the injected are not within 0.1 of a median of 0 and a width of 1: {', '.join(far)}")
    return 0


def injection(args, tools):
    """Rows of the injected spectra: a quantity at an S/N each."""
    import numpy as np
    from mstarhash.common.progress import Progress
    from mstarhash.measure.block import measure
    from mstarhash.measure.injection import ERRORS, donors, injected, summary, truths

    stars, noise = read_stars(args.templates), read_donors(args)
    rng, rows = np.random.default_rng(args.seed), []
    progress = Progress("pulls", len(args.snr) * args.draws)
    for wanted in args.snr:
        near, parts = donors(noise["snr_r"], wanted), []
        for first in range(0, args.draws, BLOCK):
            made = []
            for _ in range(min(BLOCK, args.draws - first)):
                star, row = stars[rng.integers(len(stars))], near[rng.integers(len(near))]
                donor = {key: noise[key][row] for key in ("ivar", "mask", "coeff0", "coeff1")}
                one = injected(*star, donor, wanted, args, rng)
                if one is not None:
                    made.append((*one, row))
            flux, true, speed, row = (np.array(column) for column in zip(*made, strict=True))
            grid = [noise[key][row] for key in ("coeff0", "coeff1")]
            found = measure(flux, noise["ivar"][row], noise["mask"][row], *grid, np.full(len(row), np.nan), tools)
            truth = truths(true, *grid, speed, args.na)
            parts.append(compared(found, truth))
            progress.step(len(row))
        for quantity in ERRORS:
            difference, error = (np.concatenate([part[quantity][k] for part in parts]) for k in (0, 1))
            rows.append(
                {"sample": "injection", "quantity": quantity, "snr": f"{wanted:g}"} | summary(difference, error)
            )
    return rows


def compared(found, truth):
    """{quantity: (difference, error)}, (n,) each, NaN where it does not count."""
    import numpy as np
    from mstarhash.measure.injection import ERRORS, zeta_useful

    x, x_err = truth["cah2"] + truth["cah3"], np.hypot(found["cah2_err"], found["cah3_err"])
    out = {}
    for quantity, error in ERRORS.items():
        difference = found[quantity] - truth[quantity]
        if quantity.startswith("zeta"):
            difference = np.where(zeta_useful(quantity, x, x_err), difference, np.nan)
        out[quantity] = difference, found[error]
    return out


def read_stars(path):
    """(wavelength, flux) of the M templates that types are told by, M0-M6."""
    import numpy as np
    from mstarhash.spectra.templates import read_templates

    found = []
    for one in read_templates(path, "typing"):
        if one.attrs["type"].startswith("M") and 0 <= one.attrs["subtype"] <= 6:
            known = np.isfinite(one.flux)
            found.append((one.wave[known], one.flux[known].astype("f8")))
    if not found:
        raise InputError(f"{path}: no M star among the templates for types")
    return found


def read_donors(args):
    """Columns of spectra whose noise is taken, evenly from the rows of all shards."""
    import numpy as np
    from mstarhash.spectra.hdf5 import open_h5

    parts = []
    share = -(-args.donors // len(args.spectra))
    for path in args.spectra:
        with open_h5(path) as source:
            known = np.flatnonzero(source["snr_r"][:] > 0)
            rows = known[np.unique(np.linspace(0, len(known) - 1, min(share, len(known))).astype(int))]
            parts.append({key: source[key][rows] for key in ("snr_r", "ivar", "mask", "coeff0", "coeff1")})
    width = max(part["ivar"].shape[1] for part in parts)
    for part in parts:
        more = ((0, 0), (0, width - part["ivar"].shape[1]))
        part["ivar"], part["mask"] = np.pad(part["ivar"], more), np.pad(part["mask"], more, constant_values=1)
    out = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    if not len(out["snr_r"]):
        raise InputError(f"{args.spectra[0]}: no spectrum with a known S/N in any shard")
    return out


def repeats(args):
    """Rows of repeat visits: a quantity in a bin of the lower S/N of the two each."""
    import numpy as np
    from mstarhash.measure.injection import ERRORS, pairs, summary, zeta_useful
    from mstarhash.stars.measured import read_aligned, read_measured

    names = [*dict.fromkeys([*ERRORS, *ERRORS.values()]), "snr_r", "duplicate_of"]
    table = read_measured(args.measure, names)
    table |= read_aligned(args.crossmatch, table, ["object"])
    pair = pairs(table["object"], table["duplicate_of"] == "")
    lower = table["snr_r"][pair].min(axis=1)
    x = (table["cah2"] + table["cah3"])[pair].mean(axis=1)
    x_err = np.hypot(table["cah2_err"], table["cah3_err"])[pair].max(axis=1)
    rows = []
    for quantity, error in ERRORS.items():
        difference = np.diff(table[quantity][pair], axis=1)[:, 0]
        if quantity.startswith("zeta"):
            difference = np.where(zeta_useful(quantity, x, x_err), difference, np.nan)
        sigma = np.hypot(*table[error][pair].T)
        for text, (low, high) in WITH_ALL.items():
            inside = (lower >= low) & (lower < high)
            rows.append(
                {"sample": "repeats", "quantity": quantity, "snr": text} | summary(difference[inside], sigma[inside])
            )
    return rows


if __name__ == "__main__":
    sys.exit(exit_code(main))
