"""Tell giants from dwarfs: by Gaia's absolute magnitude, by H against J - K, by CaH1 against CaOH.

The boundaries of the last two are learned from the stars that Gaia tells (FIELD 5.3); the planes of Zhong 2015 and
J - H against H - K, reduced proper motion and Mg2 against g - r are learned and rated beside them.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code

MEASURED = ("subtype", "snr_r", "caoh", "caoh_err", "cah1", "cah1_err", "tio5", "cah2", "cah3", "mg2", "magtype",
            *(f"mag{k}" for k in range(1, 8)))  # fmt: skip
MATCHED = ("object", "primary", "g", "parallax_used", "parallax_error", "a_g", "ruwe", "excess_noise", "bp_rp", "pmra",
           "pmdec", "j", "h", "k", "tmass_qual", "w1", "w2", "wise_qual")  # fmt: skip
FIELDS = ("plane", "record", "name", "x", "y", "subtype", "snr", "value", "low", "high", "count", "total")


def build_parser():
    parser = section_parser(__doc__, "luminosity")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--crossmatch", required=True, help="HDF5 from crossmatch.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    parser.add_argument("--boundaries", required=True, help="CSV to write: boundaries and how well they do")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.common.texttables import write_rows
    from mstarhash.stars import boundaries, separators, star_flags, voices
    from mstarhash.stars.measured import read_aligned, read_measured, write_aligned
    from scipy.special import expit

    with replacing(args.output) as name, replacing(args.boundaries) as name_boundaries:
        table = read_measured(args.measure, MEASURED)
        matched = read_aligned(args.crossmatch, table, MATCHED)
        columns, label, flags = voices.by_gaia(
            matched,
            args.max_ruwe,
            args.max_excess_noise,
            args.giant_m_g,
            args.dwarf_m_g,
            args.min_plx_snr,
            args.limit_sigma,
        )
        axes = separators.features(table | matched)
        first = matched["primary"] == 1  # stars are counted, not spectra
        chances, blind, how = {}, {}, (args.min_labels, args.folds, args.ridge)
        rows = [
            dict(plane="gaia", record="labels", name=title, value=(first & (label == kind)).sum(), total=first.sum(),
                 count=(first & (label == kind) & np.isnan(columns["m_g"])).sum())  # by a limit on the parallax alone
            for kind, title in enumerate(("dwarf", "giant"))
        ]  # fmt: skip
        for plane, names in separators.PLANES.items():
            values = np.stack([axes[key] for key in names], axis=1)
            boundary, records, blind[plane] = boundaries.learn(plane, values, label, table | matched, *how)
            rows += records
            if boundary is not None:
                chances[plane] = expit(boundary.logit(values)), boundary.outside(values)
                say(f"luminosity: {plane} learned, degree {boundary.degree}")
            else:
                say(f"luminosity: {plane}: under {args.min_labels} giants or dwarfs with a Gaia class; not learned")
        columns |= voices.decide(table, chances, label, flags)
        rows += boundaries.rates_without_gaia(table | matched, label, blind)
        giant, differ = columns["giant"], star_flags.has(columns["flags"], "giant_conflict").sum()
        say(
            f"luminosity: {(giant == 1).sum():,} giants, {(giant == 0).sum():,} dwarfs, "
            f"{np.isnan(giant).sum():,} open; the voices differ on {differ:,}"
        )
        write_aligned(name, "luminosity", config_hash(args), table, columns)
        write_rows(name_boundaries, FIELDS, rows)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
