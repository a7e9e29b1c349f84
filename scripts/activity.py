"""Classify magnetic activity by H-alpha, and count active stars by subtype and S/N."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code

FIELDS = ("sample", "rule", "subtype", "snr", "active", "total", "fraction", "low", "high", "corrected",
          "corrected_err", "ew_err", "untold", "spectra")  # fmt: skip
MEASURED = ("subtype", "subtype_zero", "ewha", "ewha_err", "snr_ha", "ha_peak_snr", "duplicate_of")


def build_parser():
    parser = section_parser(__doc__, "activity")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--crossmatch", required=True, help="HDF5 from crossmatch.py")
    parser.add_argument("--luminosity", required=True, help="HDF5 from luminosity.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    parser.add_argument("--fractions", required=True, help="CSV to write: active stars by subtype and S/N")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import h5py
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.common.texttables import write_rows
    from mstarhash.spectra.hdf5 import write_columns
    from mstarhash.stars import activity_counts, activity_rules
    from mstarhash.stars.measured import read_aligned, read_measured, write_aligned

    with replacing(args.output) as name, replacing(args.fractions) as name_fractions:
        table = read_measured(args.measure, [*MEASURED, "source"])
        table |= read_aligned(args.luminosity, table, ["giant"])
        table |= read_aligned(args.crossmatch, table, ["object", "primary"])
        width, error = table["ewha"], table["ewha_err"]
        usable = activity_rules.told(width, error, table["snr_ha"], table["giant"], args.min_snr)
        columns = {
            "active": activity_rules.guo(width, usable, args.min_ew),
            "active_west": activity_rules.west(
                width, error, table["ha_peak_snr"], usable, args.west_ew, args.west_peak
            ),
        }
        columns |= activity_counts.light(table, columns["active"], width, error)
        rules = args.min_ew, args.west_ew, args.west_peak
        stars = activity_counts.of_objects(table, columns, usable, *rules)
        for what, active in (("spectra", columns["active"]), ("objects", stars["active"])):
            counts = (active == 1).sum(), (active == 0).sum(), (active != active).sum()
            say("activity: {:,} active, {:,} inactive, {:,} not told of {:,} {}".format(*counts, len(active), what))
        write_aligned(name, "activity", config_hash(args), table, columns)
        with h5py.File(name, "a") as out:
            kept = (
                "object",
                "ewha",
                "ewha_err",
                "ewha_chi2",
                "n_ew",
                "active",
                "active_west",
                "lha_lbol",
                "lha_lbol_err",
            )
            write_columns(out.create_group("objects"), {key: stars[key] for key in kept})
        numbers = args.min_ew, args.confidence, args.bootstrap, args.seed
        write_rows(name_fractions, FIELDS, activity_counts.fractions(stars, usable, table["object"], *numbers))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
