"""The M stars that were found: subtypes, S/N and magnitudes, beside those that were released (as G19 Figs. 11-14)."""

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, BLUE, GREY, LIGHT, ORANGE, RED, Numbers, no_data
from mstarhash.mock.truth import read_truth
from mstarhash.stars.measured import read_aligned, read_measured
from mstarhash.stars.photometry import BANDS, magnitude

CONFIDENCE = 0.6827
TYPES = np.arange(-2, 10)
NAMES = ["K5", "K7", *(f"M{k}" for k in range(10))]
SNR = np.geomspace(0.25, 64, 25)
MAGNITUDE = np.arange(9.0, 24.01, 0.5)
LATE = 5  # subtypes beyond this one are late
NOTHING = "no M star was found among the unclassified spectra"


def read(args):
    """Columns (n,) of the measured stars: `new`, whole `type` (NaN: none), `giant`, `snr_r`, `r`, `p_m`."""
    table = read_measured(args.measure, ["source", "subtype", "snr_r", "p_m", "magtype", *BANDS])
    nothing = np.full(len(table["file"]), np.nan)
    giant = read_aligned(args.luminosity, table, ["giant"])["giant"] if args.luminosity else nothing
    return {
        "new": table["source"] == "new",
        "type": np.floor(table["subtype"] + 0.5),
        "giant": giant,
        "snr_r": table["snr_r"],
        "r": magnitude(table, "r"),
        "p_m": table["p_m"],
    }


def truth_of(args):
    """True subtype (k,) and measured S/N (k,) of the M stars among the searched spectra of the mock survey."""
    subtype = {file: row["subtype"] for file, row in read_truth(args.truth, args.target).items() if row["wanted"]}
    rows = [(subtype[row["file"]], row["snr_r"]) for row in rows_of(args.candidates) if row["file"] in subtype]
    return np.array([[float(value or "nan") for value in row] for row in rows]).reshape(-1, 2).T


def shares(count, total):
    """Share of each count, with the ends of its Wilson interval."""
    return wilson(count, np.full(len(count), total), CONFIDENCE)


def draw_types(plt, args):
    """Subtypes of the new M stars (Fig. 11)."""
    numbers = Numbers()
    figure, axes = plt.subplots(figsize=(7.2, 4.4))
    stars = read(args)
    new = {key: values[stars["new"]] for key, values in stars.items()}
    count = len(new["type"])
    if not count:
        no_data(axes, NOTHING)
        return figure, numbers.rows
    bottom = np.zeros(len(TYPES))
    for word, mine, colour, hatch in (
        ("dwarfs", new["giant"] == 0, BLUE, ""),
        ("giants", new["giant"] == 1, ORANGE, "///"),
        ("undecided", np.isnan(new["giant"]), LIGHT, "..."),
    ):
        number = np.array([(mine & (new["type"] == k)).sum() for k in TYPES])
        axes.bar(TYPES, number, 0.8, bottom, color=colour, hatch=hatch, edgecolor="white", lw=0.5,
                 label=f"{mine.sum():,} {word}")  # fmt: skip
        numbers.add("new M stars", word, NAMES, number)
        bottom += number
    axes.errorbar(TYPES, bottom, np.sqrt(bottom), fmt="none", color=BLACK, lw=1, capsize=2, label="square root of n")
    numbers.add("new M stars", "all", NAMES, bottom, bottom - np.sqrt(bottom), bottom + np.sqrt(bottom))
    if args.truth:
        subtype, _ = truth_of(args)
        true = np.array([(np.floor(subtype + 0.5) == k).sum() for k in TYPES])
        axes.plot(
            TYPES[true > 0],
            true[true > 0],
            "D",
            mfc="white",
            mec=BLACK,
            ms=5,
            label=f"truth: {len(subtype):,} among the unclassified",
        )
        numbers.add("new M stars", "truth", NAMES, true)
    untyped = int(np.isnan(new["type"]).sum())
    axes.set_title(f"{count:,} new M stars, sum of P(M) {np.nansum(new['p_m']):.0f}; {untyped:,} without a subtype")
    axes.set_xticks(TYPES, NAMES)
    axes.set(xlabel="subtype", ylabel="spectra", ylim=(0, None))
    axes.legend()
    figure.tight_layout()
    return figure, numbers.rows


def draw_noise(plt, args):
    """S/N of the new M stars (Fig. 12)."""
    numbers = Numbers()
    figure, axes = plt.subplots(figsize=(7.2, 4.4))
    stars = read(args)
    snr = stars["snr_r"][stars["new"]]
    snr = snr[np.isfinite(snr)]
    if not len(snr):
        no_data(axes, NOTHING)
        return figure, numbers.rows
    count, centre = np.histogram(np.clip(snr, SNR[0], SNR[-1]), SNR)[0], np.sqrt(SNR[1:] * SNR[:-1])
    axes.stairs(count, SNR, fill=True, color=LIGHT)
    axes.stairs(count, SNR, color=BLUE, lw=1.4, label=f"{len(snr):,} new M stars, median {np.median(snr):.2g}")
    axes.errorbar(centre, count, np.sqrt(count), fmt="none", color=BLUE, lw=1, capsize=2)
    numbers.add("S/N", "new M stars", centre, count, count - np.sqrt(count), count + np.sqrt(count))
    if args.truth:
        _, true = truth_of(args)
        number = np.histogram(np.clip(true, SNR[0], SNR[-1]), SNR)[0]
        axes.stairs(number, SNR, color=BLACK, lw=1.3, ls="--", label=f"truth: {len(true):,} M stars, found or not")
        numbers.add("S/N", "truth", centre, number)
    axes.set(
        xscale="log",
        xlim=(SNR[0], SNR[-1]),
        xlabel="S/N a pixel, 6200-7000 $\\mathrm{\\AA}$",
        ylabel="spectra a bin of 0.1 dex",
        ylim=(0, None),
    )
    axes.set_xticks([0.3, 1, 3, 10, 30], ["0.3", "1", "3", "10", "30"])
    axes.minorticks_off()
    axes.legend()
    figure.tight_layout()
    return figure, numbers.rows


def draw_magnitudes(plt, args):
    """Magnitudes r of released and new M stars, each as shares of its own sample (Fig. 13)."""
    numbers = Numbers()
    figure, axes = plt.subplots(figsize=(7.2, 4.4))
    stars = read(args)
    shown = stars["r"][np.isfinite(stars["r"])]
    for word, mine, colour, line in (("released", ~stars["new"], BLUE, "-"), ("new", stars["new"], RED, "--")):
        r = stars["r"][mine]
        r = r[np.isfinite(r)]
        if not len(r):
            continue
        count = np.histogram(np.clip(r, MAGNITUDE[0], MAGNITUDE[-1]), MAGNITUDE)[0]
        share, low, high = shares(count, len(r))
        centre = (MAGNITUDE[1:] + MAGNITUDE[:-1]) / 2
        axes.stairs(share, MAGNITUDE, color=colour, lw=1.6, ls=line,
                    label=f"{word}: {len(r):,} of {mine.sum():,} with r, median {np.median(r):.1f}")  # fmt: skip
        drawn = count > 0
        axes.errorbar(centre[drawn], share[drawn], np.maximum([share - low, high - share], 0)[:, drawn], fmt="none",
                      color=colour, lw=1, capsize=2)  # fmt: skip
        numbers.add("r", word, centre, share, low, high)
    if not len(shown):
        no_data(axes, "no r magnitude in the headers of the M stars")
        return figure, numbers.rows
    axes.set_xlim(shown.min() - 1, shown.max() + 1)
    axes.set(xlabel="r [mag, input catalogue]", ylabel="share of the sample a bin of 0.5 mag", ylim=(0, None))
    axes.legend(loc="upper left")
    figure.tight_layout()
    return figure, numbers.rows


def draw_types_beside(plt, args):
    """Subtypes of released and new M stars, each as shares of its own sample (Fig. 14)."""
    numbers = Numbers()
    figure, axes = plt.subplots(figsize=(7.2, 4.4))
    stars = read(args)
    typed = np.isfinite(stars["type"])
    lines = []
    for word, mine, colour, hatch, shift in (
        ("released", ~stars["new"] & typed, BLUE, "", -0.2),
        ("new", stars["new"] & typed, ORANGE, "///", 0.2),
    ):
        total = int(mine.sum())
        if not total:
            continue
        count = np.array([(mine & (stars["type"] == k)).sum() for k in TYPES])
        share, low, high = shares(count, total)
        late = shares([(mine & (stars["type"] > LATE)).sum()], total)
        text = f"{word}: {total:,}; {100 * late[0][0]:.1f} % ({100 * late[1][0]:.1f}-{100 * late[2][0]:.1f}) later than M{LATE}"
        axes.bar(TYPES + shift, share, 0.38, color=colour, hatch=hatch, edgecolor="white", lw=0.5, label=text)
        axes.errorbar(TYPES + shift, share, np.maximum([share - low, high - share], 0), fmt="none", color=BLACK, lw=0.9,
                      capsize=2)  # fmt: skip
        numbers.add("subtype", word, NAMES, share, low, high)
        numbers.add(f"later than M{LATE}", word, ["all"], *late)
        lines.append(word)
    if not lines:
        no_data(axes, "no M star with a subtype")
        return figure, numbers.rows
    if "new" not in lines:
        axes.plot([], [], ls="none", label=NOTHING)
    axes.set_xticks(TYPES, NAMES)
    axes.set(xlabel="subtype", ylabel="share of the sample", ylim=(0, None))
    axes.set_ylim(0, 1.28 * axes.get_ylim()[1])
    axes.axvline(LATE + 0.5, ymax=0.78, color=GREY, lw=0.8, ls=(0, (2, 2)))
    axes.legend()
    figure.tight_layout()
    return figure, numbers.rows
