"""Tell giants from dwarfs: by Gaia's absolute magnitude, by H against J - K, by CaH1 against CaOH.

The boundaries of the last two are learned from the stars that Gaia tells (FIELD 5.3); the planes of Zhong 2015 and
J - H against H - K, reduced proper motion and Mg2 against g - r are learned and rated beside them.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code
from mstarhash.common.snr_bins import SNR_BINS

MEASURED = ("subtype", "snr_r", "caoh", "caoh_err", "cah1", "cah1_err", "tio5", "cah2", "cah3", "mg2", "magtype",
            *(f"mag{k}" for k in range(1, 8)))  # fmt: skip
MATCHED = ("object", "primary", "g", "parallax_used", "parallax_error", "a_g", "ruwe", "excess_noise", "bp_rp", "pmra",
           "pmdec", "j", "h", "k", "tmass_qual", "w1", "w2", "wise_qual")  # fmt: skip
COARSE = ((0, 1), (2, 3), (4, 6), (7, 9))  # first and last subtype of the bins that are crossed with those of S/N
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
    from mstarhash.stars import separators, star_flags
    from mstarhash.stars.measured import read_aligned, read_measured, write_aligned
    from scipy.special import expit

    with replacing(args.output) as name, replacing(args.boundaries) as name_boundaries:
        table = read_measured(args.measure, MEASURED)
        matched = read_aligned(args.crossmatch, table, MATCHED)
        columns, label, flags = by_gaia(args, matched)
        axes = separators.features(table | matched)
        first = matched["primary"] == 1  # stars are counted, not spectra
        chances, blind = {}, {}
        rows = [
            dict(plane="gaia", record="labels", name=title, value=(first & (label == kind)).sum(), total=first.sum(),
                 count=(first & (label == kind) & np.isnan(columns["m_g"])).sum())  # by a limit on the parallax alone
            for kind, title in enumerate(("dwarf", "giant"))
        ]  # fmt: skip
        for plane, names in separators.PLANES.items():
            values = np.stack([axes[key] for key in names], axis=1)
            boundary, records, blind[plane] = learn(args, plane, values, label, table | matched)
            rows += records
            if boundary is not None:
                chances[plane] = expit(boundary.logit(values)), boundary.outside(values)
                say(f"luminosity: {plane} learned, degree {boundary.degree}")
            else:
                say(f"luminosity: {plane}: under {args.min_labels} giants or dwarfs with a Gaia class; not learned")
        columns |= decide(table, chances, label, flags)
        rows += rates_without_gaia(table | matched, label, blind)
        giant, differ = columns["giant"], star_flags.has(columns["flags"], "giant_conflict").sum()
        say(
            f"luminosity: {(giant == 1).sum():,} giants, {(giant == 0).sum():,} dwarfs, "
            f"{np.isnan(giant).sum():,} open; the voices differ on {differ:,}"
        )
        write_aligned(name, "luminosity", config_hash(args), table, columns)
        write_rows(name_boundaries, rows)
    return 0


def by_gaia(args, matched):
    """Columns of the astrometric voice, its class (1, 0, NaN), and its flags."""
    import numpy as np
    from mstarhash.stars import gaia_class

    poor = np.where(
        np.isfinite(matched["ruwe"]),
        matched["ruwe"] > args.max_ruwe,
        np.isfinite(matched["excess_noise"]) & (matched["excess_noise"] > args.max_excess_noise),
    )
    poor |= gaia_class.impossible(matched["parallax_used"], matched["parallax_error"])
    known = np.isfinite(matched["a_g"])
    m_g, label, chance = gaia_class.by_gaia(
        *(matched[key] for key in ("g", "parallax_used", "parallax_error")),
        np.where(known, matched["a_g"], 0.0),
        ~poor,
        args.giant_m_g,
        args.dwarf_m_g,
        args.min_plx_snr,
        args.limit_sigma,
    )
    columns = {"m_g": m_g, "giant_gaia": label, "p_giant_gaia": chance}
    return columns, label, {"extinction_unknown": np.isfinite(chance) & ~known, "astrometry_poor": poor}


def learn(args, plane, values, label, stars):
    """The Boundary of a plane (None with too few labels), its rows of boundaries.csv, its logit out of fold (n,)."""
    import numpy as np
    from mstarhash.stars import logistic, separators

    usable, group = separators.learnable(values, label), stars["object"]
    counts = [len(np.unique(group[usable & (label == kind)])) for kind in (0, 1)]
    rows = [
        dict(plane=plane, record="labels", name=kind, value=count, total=len(np.unique(group)))
        for kind, count in zip(("dwarf", "giant"), counts, strict=True)
    ]
    if min(counts) < args.min_labels:
        x = np.linspace(separators.CAOH_RANGE[0], separators.CAOH_SURE, 10)
        name = ", ".join(separators.PLANES[plane])
        curve = zip(x, separators.provisional_curve(x), strict=True) if plane == separators.SPECTRA else ()
        rows += [dict(plane=plane, record="provisional", name=name, x=one, y=two) for one, two in curve]
        return None, rows, np.full(len(label), np.nan)
    x, y, mine = values[usable], label[usable] == 1, group[usable]
    part = logistic.folds(y, mine, args.folds)
    tried = {degree: logistic.cross_validated(x, y, part, degree, args.ridge) for degree in (1, 2)}
    accuracy = {degree: logistic.balanced_accuracy(y, z > 0) for degree, z in tried.items()}
    rows += [
        dict(plane=plane, record="balanced_accuracy", name=f"degree {degree}", value=value)
        for degree, value in accuracy.items()
    ]
    straight = logistic.discriminated(x, y, part)
    rows.append(
        dict(
            plane=plane,
            record="balanced_accuracy",
            name="linear discriminant",
            value=logistic.balanced_accuracy(y, straight > 0),
        )
    )
    degree = 2 if accuracy[2] > accuracy[1] else 1
    boundary = logistic.fit(x, y, degree, args.ridge)
    first, second = separators.PLANES[plane]
    for (a, b), value in zip(logistic.POWERS[degree], boundary.coefficients, strict=True):
        words = [w for k, w in ((a, first), (b, second)) for _ in range(k)]
        rows.append(dict(plane=plane, record="coefficient", name=" * ".join(words) or "1", value=value))
    for word, low, high in zip((first, second), boundary.low, boundary.high, strict=True):
        rows.append(dict(plane=plane, record="range", name=word, low=low, high=high))
    abscissae = np.linspace(*np.quantile(x[:, 0], [0.02, 0.98]), 10)
    rows += [
        dict(plane=plane, record="curve", name=f"{first}, {second}", x=one, y=two)
        for one, two in boundary.curve(abscissae)
    ]
    blind = np.full(len(label), np.nan)
    blind[usable] = tried[degree]
    return boundary, rows + rates(plane, stars, usable, label, blind > 0), blind


def rates_without_gaia(stars, label, blind):
    """Rates of the consensus of photometry and spectra alone, for the stars that Gaia tells, told out of fold."""
    import numpy as np
    from mstarhash.stars import separators
    from scipy.special import expit

    voices = [expit(blind[plane]) for plane in (separators.PHOTOMETRY, separators.SPECTRA)]
    said, _ = separators.consensus(np.full(len(label), np.nan), *voices, np.isfinite(voices[1]))
    both = np.isfinite(label) & np.isfinite(said)
    if not both.any():
        return []
    return rates("consensus", stars, both, label, said == 1)


def rates(plane, stars, told, label, said):
    """Completeness and contamination of the giants, told out of fold: all, by S/N, by subtype, and by both crossed.

    stars: columns of the spectra, of which the primary ones count, so that a star counts once; told, (n,) bool: which
    spectra have a class by Gaia (label: 1, 0) and by the plane (said: True for a giant).
    """
    import numpy as np
    from mstarhash.common.intervals import wilson

    told = told & (stars["primary"] == 1)
    label, said, snr = label[told] == 1, said[told], stars["snr_r"][told]
    whole = np.floor(stars["subtype"][told] + 0.5)
    every = np.ones(len(label), bool)
    single = {f"M{k}": whole == k for k in range(10)}
    coarse = {f"M{first}-M{last}": (whole >= first) & (whole <= last) for first, last in COARSE}
    of_snr = {text: (snr >= low) & (snr < high) for text, (low, high) in SNR_BINS.items()}
    cells = [("all", "all", every)] + [("all", text, inside) for text, inside in of_snr.items()]
    cells += [(kind, "all", inside) for kind, inside in single.items()]
    cells += [(kind, text, a & b) for kind, a in coarse.items() for text, b in of_snr.items()]
    rows = []
    for kind, text, mine in cells:
        both = (mine & label & said).sum()
        for record, total in (("completeness", (mine & label).sum()), ("contamination", (mine & said).sum())):
            count = both if record == "completeness" else total - both
            value, least, most = wilson(count, total, 0.6827)
            rows.append(
                dict(plane=plane, record=record, name="giants", subtype=kind, snr=text, value=value, low=least,
                     high=most, count=count, total=total)
            )  # fmt: skip
    return rows


def decide(table, chances, label, flags):
    """Probabilities of both planes, those of Zhong 2015, the consensus and the flags."""
    import numpy as np
    from mstarhash.stars import separators, star_flags

    nothing = np.full(len(label), np.nan), np.zeros(len(label), bool)
    learned = separators.SPECTRA in chances
    if learned:
        spectra, beyond = chances[separators.SPECTRA]
        sure = np.isfinite(spectra)
    else:
        spectra = separators.provisional(*(table[key] for key in ("caoh", "cah1", "caoh_err", "cah1_err")))
        beyond, sure = nothing[1], table["caoh"] <= separators.CAOH_SURE
    photometry, outside = chances.get(separators.PHOTOMETRY, nothing)
    giant, conflict = separators.consensus(label, photometry, spectra, sure)
    by_spectra = np.isnan(label) & np.isnan(photometry) & np.isfinite(giant)
    return {
        "p_giant_phot": photometry,
        "p_giant_spec": spectra,
        "p_giant_zhong_spec": chances.get("tio5_cah23", nothing)[0],
        "p_giant_zhong_phot": chances.get("w12_jk", nothing)[0],
        "giant": giant,
        "flags": star_flags.combine(
            giant_conflict=conflict,
            giant_provisional=by_spectra & (not learned),
            giant_undecided=np.isnan(giant),
            giant_extrapolated=np.where(by_spectra, beyond, np.isnan(label) & outside),
            **flags,
        ),
    }


def write_rows(name, rows):
    """boundaries.csv: one record a row, empty where a field does not apply."""
    import csv

    from mstarhash.common.texttables import number

    with open(name, "w", newline="") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: number(value) for key, value in row.items()} for row in rows)


if __name__ == "__main__":
    sys.exit(exit_code(main))
