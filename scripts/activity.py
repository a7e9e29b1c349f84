"""Classify magnetic activity by H-alpha, and count active stars by subtype and S/N."""

import sys

from mstarhash import threads
from mstarhash.configuration import config_hash, section_parser
from mstarhash.errors import exit_code
from mstarhash.snr_bins import WITH_ALL

FIELDS = ("sample", "rule", "subtype", "snr", "active", "total", "fraction", "low", "high", "corrected",
          "corrected_err", "ew_err", "untold")  # fmt: skip
MEASURED = ("subtype", "subtype_zero", "ewha", "ewha_err", "snr_ha", "ha_peak_snr")


def build_parser():
    parser = section_parser(__doc__, "activity")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--luminosity", required=True, help="HDF5 from luminosity.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    parser.add_argument("--fractions", required=True, help="CSV to write: active stars by subtype and S/N")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from mstarhash import activity_rules
    from mstarhash.files import replacing
    from mstarhash.measured import read_aligned, read_measured, write_aligned
    from mstarhash.progress import say

    with replacing(args.output) as name, replacing(args.fractions) as name_fractions:
        table = read_measured(args.measure, [*MEASURED, "source"])
        table |= read_aligned(args.luminosity, table, ["giant"])
        width, error = table["ewha"], table["ewha_err"]
        usable = activity_rules.told(width, error, table["snr_ha"], table["giant"], args.min_snr)
        columns = {
            "active": activity_rules.guo(width, usable, args.min_ew),
            "active_west": activity_rules.west(
                width, error, table["ha_peak_snr"], usable, args.west_ew, args.west_peak
            ),
        }
        on_templates = table["subtype"] - table["subtype_zero"]  # the scale of the types by which chi is tabulated
        ratio = activity_rules.luminosity(width, error, on_templates)
        for key, values in zip(("lha_lbol", "lha_lbol_err"), ratio, strict=True):
            columns[key] = values.copy()
            columns[key][columns["active"] != 1] = float("nan")
        active = columns["active"]
        say(f"activity: {(active == 1).sum():,} active, {(active == 0).sum():,} inactive, {(~usable).sum():,} not told")
        write_aligned(name, "activity", config_hash(args), table, columns)
        write_fractions(name_fractions, args, table, columns, usable)
    return 0


def write_fractions(name, args, table, columns, usable):
    """fractions.csv: a row a sample, rule, subtype and bin of S/N at H-alpha."""
    import csv

    import numpy as np
    from mstarhash.textnumbers import number

    whole = np.floor(table["subtype"] + 0.5)
    kinds = [("all", np.isfinite(whole))] + [(f"M{k}", whole == k) for k in range(10)]
    with open(name, "w", newline="") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        for sample in ("all", "released", "new"):
            mine = (table["source"] == sample) | (sample == "all")
            dwarf = mine & (table["giant"] != 1)
            for kind, inside in kinds:
                for bin_name, (low, high) in WITH_ALL.items():
                    snr = (table["snr_ha"] >= low) & (table["snr_ha"] < high)
                    chosen = dwarf & inside & usable & snr
                    untold = (dwarf & inside & ~usable).sum() if bin_name == "all" else 0
                    for rule in ("active", "active_west"):
                        row = count(args, table, columns[rule], chosen, rule, "all" in (kind, bin_name))
                        row |= {"sample": sample, "subtype": kind, "snr": bin_name, "untold": int(untold)}
                        writer.writerow({key: number(value) for key, value in row.items()})


def count(args, table, active, chosen, rule, draw):
    """Active stars, their share with its Wilson interval, and for the plain rule the share without the noise of EW.

    draw: whether that share gets an error, by bootstrap.
    """
    import numpy as np
    from mstarhash.deconvolution import Deconvolution
    from mstarhash.intervals import wilson

    total, found = int(chosen.sum()), int((active[chosen] == 1).sum())
    fraction, low, high = wilson(found, total, args.confidence)
    width, error = table["ewha"][chosen], table["ewha_err"][chosen]
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
