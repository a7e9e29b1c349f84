"""The best candidates: their spectra, and the mean spectrum of the wanted class that fits each best."""

import csv
from pathlib import PurePath

import numpy as np

from mstarhash.common.wording import is_m
from mstarhash.figures.spectra import draw_spectrum, fitted, fitting_of, for_the_eye, level_of, mark_bands
from mstarhash.figures.style import BLACK, LIGHT, RED, no_data
from mstarhash.spectra.hdf5 import open_h5, read_text
from mstarhash.spectra.sample import Sample


def draw(plt, args):
    """Figure and its numbers: the first `args.best` rows of candidates.csv."""
    with open(args.candidates, newline="") as source:
        best = [row for _, row in zip(range(args.best), csv.DictReader(source), strict=False)]
    truth, bands = read_truth(args.truth), is_m(args.target)
    lines = max(1, -(-len(best) // 2))
    figure, axes = plt.subplots(lines, 2, figsize=(12, 1.0 + 1.95 * lines), squeeze=False)
    rows = [("rank", "file", "wave", "flux", "smoothed", "fitted_mean", "mean")]
    if not best:
        no_data(axes[0, 0], "no candidates")
    with Sample(args.spectra) as sample, open_h5(args.model) as model:
        wave, keys = sample.fixed("wave"), fitting_of(model)
        place = places_of(sample, [row["file"] for row in best])
        names = read_text(model["averages/name"]).tolist()
        for panel, row in zip(axes.T.ravel(), best, strict=False):
            flux, ivar = (sample.rows(key, [place[row["file"]]]) for key in ("flux", "ivar"))
            mean = model["averages/flux"][names.index(row["best_wanted"])]
            fit = fitted(flux[0], ivar[0], mean, **keys)
            curve, seen = for_the_eye(flux, ivar, args.smooth)[0], np.where(ivar[0] > 0, flux[0], np.nan)
            level = level_of(wave, curve)
            if bands:
                mark_bands(panel)
            one_panel(panel, wave, seen / level, curve / level, fit / level, row, truth)
            numbers = zip(wave, seen / level, curve / level, fit / level, strict=True)
            rows += [(int(row["rank"]), PurePath(row["file"]).name, *four, row["best_wanted"]) for four in numbers]
    for panel in axes.T.ravel()[len(best) :]:
        panel.set_visible(panel is axes[0, 0])
    for column in axes.T if best else []:
        if bands:
            mark_bands(column[0], names=True)
        lowest = column[(len(best) - 1 if column is axes.T[0] else len(best) - lines - 1) % lines]
        lowest.set_xlabel(r"vacuum wavelength [$\mathrm{\AA}$]")
    legend(figure, plt, args.smooth)
    figure.supylabel("flux / median of 6500-8500 $\\mathrm{\\AA}$", fontsize=9, x=0.008)
    figure.subplots_adjust(left=0.05, right=0.985, bottom=0.5 / (1 + 1.95 * lines), top=1 - 0.6 / (1 + 1.95 * lines))
    figure.subplots_adjust(hspace=0.2, wspace=0.08)
    return figure, rows


def places_of(sample, files):
    """{file: row of the sample}, looked up shard by shard."""
    wanted, found = set(files), {}
    for shard, first in zip(sample.files, sample.start, strict=False):
        for row, file in enumerate(read_text(shard["file"]).tolist()):
            if file in wanted:
                found[file] = int(first) + row
    return found


def one_panel(axes, wave, flux, curve, fit, row, truth):
    """A candidate with its label."""
    draw_spectrum(axes, wave, flux, curve, [(fit, {"color": RED, "lw": 1.4})], room=0.3)
    snr = f"{float(row['snr_r']):.1f}" if row["snr_r"] else "?"
    text = f"{row['rank']}    P(M) = {float(row['p_m']):.3f}    S/N = {snr}"
    kind = truth.get(row["file"])
    if kind:
        text += f"    truth: {kind}"
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.2}
    axes.text(0.008, 0.95, text, transform=axes.transAxes, va="top", fontsize=9, weight="bold", bbox=box, zorder=6)
    name = PurePath(row["file"]).name.removesuffix(".gz").removesuffix(".fits")
    axes.text(0.008, 0.81, name, transform=axes.transAxes, va="top", fontsize=7, color="#555555", bbox=box, zorder=6)


def legend(figure, plt, smooth):
    """What the three curves are, above all panels."""
    lines = [
        plt.Line2D([], [], color=LIGHT, lw=1.0, label="observed"),
        plt.Line2D([], [], color=BLACK, lw=1.2, label=f"smoothed ({smooth:g} pixels)"),
        plt.Line2D([], [], color=RED, lw=1.8, label="best mean spectrum of known M stars, times a smooth response"),
    ]
    figure.legend(handles=lines, loc="upper center", ncols=3, fontsize=9, bbox_to_anchor=(0.5, 1.0))


def read_truth(path):
    """{file: subclass} of the mock survey; {} where there is no truth."""
    if not path:
        return {}
    with open(path, newline="") as source:
        return {
            row["file"]: row["subclass"] if row["class"] == "STAR" else row["class"].lower()
            for row in csv.DictReader(source)
        }
