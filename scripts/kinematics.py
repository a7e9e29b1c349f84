"""Space motions of spectra and objects, and the velocity dispersions of active and inactive dwarfs by height."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code

MEASURED = ("ra", "dec", "rv", "rv_err", "flags", "subtype", "snr_r", "duplicate_of")
MATCHED = ("object", "primary", "gaia_ra", "gaia_dec", "parallax_used", "parallax_error", "pmra", "pmra_error", "pmdec", "pmdec_error",
           "plx_pmra", "plx_pmdec", "pmra_pmdec", "distance", "distance_err", "dist_src")  # fmt: skip
FIELDS = ("group", "h_low", "h_high", "h_mean", "component", "total", "mean", "mean_err", "dispersion",
          "dispersion_err", "raw_mean", "raw_dispersion", "raw_dispersion_err", "raw_total", "sign")  # fmt: skip


def build_parser():
    parser = section_parser(__doc__, "kinematics")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--crossmatch", required=True, help="HDF5 from crossmatch.py")
    parser.add_argument("--luminosity", required=True, help="HDF5 from luminosity.py")
    parser.add_argument("--activity", required=True, help="HDF5 from activity.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    parser.add_argument("--dispersions", required=True, help="CSV to write: means and dispersions by height")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    if len(args.solar) != 3:
        raise InputError("kinematics.solar: three numbers are needed, U, V, W [km/s]")
    threads.limit(1)
    import h5py
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.common.texttables import write_rows
    from mstarhash.measure import measure_flags
    from mstarhash.spectra.hdf5 import open_h5, write_columns
    from mstarhash.stars import height_bins, star_flags, trends
    from mstarhash.stars.kinematics import AXES, combined, motion, place
    from mstarhash.stars.measured import primaries, read_aligned, read_measured, write_aligned

    with replacing(args.output) as name, replacing(args.dispersions) as name_dispersions:
        table = read_measured(args.measure, MEASURED)
        table |= read_aligned(args.crossmatch, table, MATCHED)
        table |= read_aligned(args.luminosity, table, ["giant"])
        usable = np.isfinite(table["rv"]) & np.isfinite(table["rv_err"])
        for flag in measure_flags.RV_UNRELIABLE:
            usable &= ~measure_flags.has(table["flags"], flag)
        rv = [np.where(usable, table[key], np.nan) for key in ("rv", "rv_err")]
        located = place(table, args.z_sun)
        columns = located | motion(table, *rv, args.solar)
        columns["flags"] = star_flags.combine(rv_unused=~usable)

        best = primaries(table)
        count = len(best)
        rv[0] = np.where(table["duplicate_of"] == "", rv[0], np.nan)  # other files of one exposure tell nothing new
        mean, error, chi2, used = combined(table["object"], *rv, count)
        objects = {key: values[best] for key, values in (table | located).items()}
        objects |= {"rv": mean, "rv_err": error, "rv_chi2": chi2, "n_rv": used}
        objects |= motion(objects, mean, error, args.solar)
        say(f"kinematics: space motion of {np.isfinite(objects['u']).sum():,} of {count:,} objects")
        write_aligned(name, "kinematics", config_hash(args), table, columns)
        with h5py.File(name, "a") as out:
            kept = ("object", "rv", "rv_err", "rv_chi2", "n_rv", *(key for key in columns if key != "flags"))
            write_columns(out.create_group("objects"), {key: objects[key] for key in kept})
        with open_h5(args.activity) as source:
            objects["active"] = source["objects/active"][:]
        usable = height_bins.clean(objects, args.max_velocity, args.min_plx_snr)
        rows = list(height_bins.rows(objects, usable, args.bin, args.min_stars, args.bootstrap, args.seed))
        write_rows(name_dispersions, FIELDS, rows)
        for key in AXES:
            say(told(key.upper(), *trends.alike(rows, key.upper(), "dispersion")))
    return 0


def told(component, difference, error):
    """A line for the log: the difference of a dispersion, all heights together, its sign and whether it is clear."""
    about = f"kinematics: dispersion of {component}, active less inactive dwarfs, alike in height, subtype and S/N:"
    if difference != difference:
        return f"{about} too few stars"
    word = "lower" if difference < 0 else "higher"
    clear = "" if abs(difference) > 2 * error else ", within 2 sigma of none"
    return f"{about} {difference:.1f} +- {error:.1f} km/s: the active ones' is {word}{clear}"


if __name__ == "__main__":
    sys.exit(exit_code(main))
