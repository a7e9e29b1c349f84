"""Classify magnetic activity by H-alpha, and count active stars by subtype and S/N."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code
from mstarhash.common.snr_bins import WITH_ALL

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
    from mstarhash.spectra.hdf5 import write_columns
    from mstarhash.stars import activity_rules
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
        columns |= light(table, columns["active"], width, error)
        stars = of_objects(args, table, columns, usable)
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
        write_fractions(name_fractions, args, stars, usable, table["object"])
    return 0


def light(table, active, width, error):
    """L_Halpha / L_bol and its error, of active stars."""
    import numpy as np
    from mstarhash.stars import activity_rules

    on_templates = table["subtype"] - table["subtype_zero"]  # the scale of the types by which chi is tabulated
    ratio = activity_rules.luminosity(width, error, on_templates)
    return {
        key: np.where(active == 1, values, np.nan)
        for key, values in zip(("lha_lbol", "lha_lbol_err"), ratio, strict=True)
    }


def of_objects(args, table, columns, usable):
    """Columns of the objects: the mean width of all their spectra and the class that it tells, where one of the spectra
    tells it; all else is the primary spectrum's."""
    import numpy as np
    from mstarhash.stars import activity_rules
    from mstarhash.stars.kinematics import combined
    from mstarhash.stars.measured import n_new, primaries, source_of

    best = primaries(table)
    stars = {key: values[best] for key, values in (table | columns).items()}
    once = np.where(table["duplicate_of"] == "", table["ewha"], np.nan)  # other files of one exposure tell nothing new
    keys = ("ewha", "ewha_err", "ewha_chi2", "n_ew")
    stars |= dict(zip(keys, combined(table["object"], once, table["ewha_err"], len(best)), strict=True))
    told = np.bincount(table["object"], usable & np.isfinite(once), len(best)) > 0
    stars["told"] = told & (stars["giant"] != 1)
    stars["active"] = activity_rules.guo(stars["ewha"], stars["told"], args.min_ew)
    stars["active_west"] = activity_rules.west(
        stars["ewha"], stars["ewha_err"], stars["ha_peak_snr"], stars["told"], args.west_ew, args.west_peak
    )
    stars["source"] = source_of(n_new(table, len(best)), np.bincount(table["object"]))
    return stars | light(stars, stars["active"], stars["ewha"], stars["ewha_err"])


def write_fractions(name, args, stars, usable, number):
    """fractions.csv: a row a sample, rule, subtype and bin of S/N at H-alpha; stars are counted, beside them the spectra
    that tell of them (usable: (n,) of the spectra; number: (n,) their objects)."""
    import csv

    import numpy as np
    from mstarhash.common import texttables

    whole = np.floor(stars["subtype"] + 0.5)
    spectra = np.bincount(number, usable, len(whole)).astype(int)
    kinds = [("all", np.isfinite(whole))] + [(f"M{k}", whole == k) for k in range(10)]
    with open(name, "w", newline="") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        for sample in ("all", "released", "new"):
            mine = (stars["source"] == sample) | (sample == "all")
            dwarf = mine & (stars["giant"] != 1)
            for kind, inside in kinds:
                for bin_name, (low, high) in WITH_ALL.items():
                    snr = (stars["snr_ha"] >= low) & (stars["snr_ha"] < high)
                    chosen = dwarf & inside & stars["told"] & snr
                    untold = (dwarf & inside & ~stars["told"]).sum() if bin_name == "all" else 0
                    for rule in ("active", "active_west"):
                        row = count(args, stars, rule, chosen, "all" in (kind, bin_name))
                        row |= {"sample": sample, "subtype": kind, "snr": bin_name, "untold": int(untold)}
                        row["spectra"] = spectra[chosen].sum()
                        writer.writerow({key: texttables.number(value) for key, value in row.items()})


def count(args, stars, rule, chosen, draw):
    """Active stars, their share with its Wilson interval, and for the plain rule the share without the noise of EW.

    draw: whether that share gets an error, by bootstrap.
    """
    import numpy as np
    from mstarhash.common.intervals import wilson
    from mstarhash.stars.deconvolution import Deconvolution

    total, found = int(chosen.sum()), int((stars[rule][chosen] == 1).sum())
    fraction, low, high = wilson(found, total, args.confidence)
    width, error = stars["ewha"][chosen], stars["ewha_err"][chosen]
    row = {"rule": {"active": "g19", "active_west": "west"}[rule], "active": found, "total": total}
    row |= {"fraction": fraction, "low": low, "high": high, "corrected": np.nan, "corrected_err": np.nan}
    row["ew_err"] = np.median(error) if total else np.nan
    if rule == "active" and total:
        found = Deconvolution(width, error, args.min_ew)
        row["corrected"] = found.share()
        if draw:
            row["corrected_err"] = found.error(args.bootstrap, np.random.default_rng(args.seed))
    return row


if __name__ == "__main__":
    sys.exit(exit_code(main))
