"""Spectra of the positive set: examples of defects that are left out (as G19 Fig. 6) and of positives (as Fig. 7)."""

from pathlib import Path, PurePath

import numpy as np

from mstarhash.common.texttables import rows_of
from mstarhash.figures.spectra import LOW, draw_spectrum, for_the_eye, level_of, mark_bands
from mstarhash.figures.style import RED, Numbers, no_data
from mstarhash.learn.defects import REASONS
from mstarhash.spectra.hdf5 import open_h5, read_text
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.targets import split_subclass

MOST = 6  # defective spectra shown
WORDS = {
    "gap": "gap: 30 or more unusable or constant pixels in a row",
    "unusable": "over 5 % of 6000-8500 $\\mathrm{\\AA}$ unusable",
    "negative": "over 20 % of 6500-8500 $\\mathrm{\\AA}$ not above 0",
    "arm_step": "step where the arms meet",
    "spike": "cosmic rays left in",
}
EXAMPLES = (  # label, luminosity, lowest and highest subtype, lowest and highest S/N r
    ("early giant, high S/N", "g", 0, 2.5, 30, np.inf),
    ("late giant, high S/N", "g", 4, 9.5, 30, np.inf),
    ("early dwarf, high S/N", "d", 0, 2.5, 30, np.inf),
    ("early dwarf, low S/N", "d", 0, 2.5, 0, 5),
)
NO_SET = "a trained model was given: no positives of this run"


def draw_defects(plt, args):
    """Figure and its numbers: up to MOST defective spectra, of each reason where there are."""
    numbers = Numbers()
    known = bool(args.defects) and Path(args.defects).is_file()
    rows = [row for row in rows_of(args.defects) if row["rejected"] == "1"]
    spectra = [row for row in rows if row["what"] == "spectrum"]
    clusters = sum(row["what"] == "cluster" for row in rows)
    with Sample(args.spectra) as sample:
        wave = sample.fixed("wave")
        shown = chosen(sample, spectra)
        figure, axes = plt.subplots(max(1, len(shown)), 1, figsize=(8.4, 1.4 + 1.6 * max(1, len(shown))), squeeze=False)
        for panel, (row, place, snr) in zip(axes[:, 0], shown, strict=False):
            flux, ivar = (sample.rows(key, [place]) for key in ("flux", "ivar"))
            one_defect(panel, wave, flux, ivar, row, snr, numbers)
    if not shown:
        no_data(axes[0, 0], "no spectrum of this run was rejected" if known else NO_SET)
    else:
        total = len(spectra) + sum(int(row["members"]) for row in rows_of(args.clusters))
        axes[0, 0].set_title(
            f"left out: {len(spectra):,} of {total:,} released spectra, "
            f"{clusters:,} of {len(rows_of(args.clusters)):,} mean spectra",
            pad=16,
        )
        mark_bands(axes[0, 0], names=True)
        axes[0, 0].plot([], [], "|", color=RED, ms=5, label="unusable pixel")
        axes[0, 0].legend(loc="upper right", bbox_to_anchor=(1.0, 0.92), handletextpad=0.2)
        axes[-1, 0].set_xlabel(r"vacuum wavelength [$\mathrm{\AA}$]")
        figure.supylabel("flux / median of 6500-8500 $\\mathrm{\\AA}$", fontsize=9)
    figure.tight_layout()
    return figure, numbers.rows


def chosen(sample, spectra):
    """[(row of defects.csv, row of the sample, S/N)]: reasons in turn, the best S/N of each first."""
    reasons = {row["file"]: row for row in spectra}
    found = {}
    for shard, first in zip(sample.files, sample.start, strict=False):
        snr = shard["snr_r"][:] if "snr_r" in shard else np.full(len(shard["file"]), np.nan)
        for row, file in enumerate(read_text(shard["file"]).tolist()):
            if file in reasons:
                found[file] = int(first) + row, float(snr[row])
    order = sorted(found, key=lambda file: (-np.nan_to_num(found[file][1]), file))
    queues = [[file for file in order if reasons[file]["reasons"].split()[0] == reason] for reason in REASONS]
    out = []
    for turn in range(MOST):
        out += [queue[turn] for queue in queues if turn < len(queue)]
    return [(reasons[file], *found[file]) for file in out[:MOST]]


def one_defect(axes, wave, flux, ivar, row, snr, numbers):
    """A defective spectrum as observed; pixels that cannot be used are marked below it."""
    curve = for_the_eye(flux, ivar, 2.0)[0]
    level = level_of(wave, curve)
    mark_bands(axes)
    draw_spectrum(axes, wave, flux[0] / level, curve / level, room=0.35)
    bad = np.flatnonzero((ivar[0] <= 0) & (wave > LOW))
    axes.plot(wave[bad], np.full(len(bad), 0.05), "|", transform=axes.get_xaxis_transform(), color=RED, ms=5, mew=0.6)
    reasons = "; ".join(WORDS[reason] for reason in row["reasons"].split())
    text = f"{reasons}    S/N r = {snr:.1f}"
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.2}
    axes.text(0.008, 0.95, text, transform=axes.transAxes, va="top", fontsize=8, weight="bold", bbox=box, zorder=6)
    name = PurePath(row["file"]).name
    axes.text(0.008, 0.78, name, transform=axes.transAxes, va="top", fontsize=6.5, color="#555555", bbox=box, zorder=6)
    seen = np.where(ivar[0] > 0, flux[0] / level, np.nan)
    numbers.add(f"{row['reasons']}: {name}", "observed; empty where unusable", wave, seen)


def draw_examples(plt, args):
    """Figure and its numbers: one positive of each of EXAMPLES."""
    numbers = Numbers()
    figure, axes = plt.subplots(len(EXAMPLES), 1, figsize=(8.4, 1.2 + 1.75 * len(EXAMPLES)))
    if not args.positives:
        for panel in axes:
            no_data(panel, NO_SET)
        figure.tight_layout()
        return figure, numbers.rows
    with open_h5(args.positives) as source:
        wave, snr = source["wave"][:], source["snr_r"][:]
        kind, subclass = read_text(source["kind"]), read_text(source["subclass"])
        parts = [split_subclass(text) for text in subclass]
        letter = np.array([part[0] or "d" for part in parts], "U4")
        number = np.array([part[2] for part in parts], float)
        for panel, (label, luminosity, first, last, low, high) in zip(axes, EXAMPLES, strict=True):
            with np.errstate(invalid="ignore"):
                mine = (kind == "drawn") & (letter == luminosity) & (number >= first) & (number <= last)
                mine = np.flatnonzero(mine & (snr >= low) & (snr < high))
            mark_bands(panel)
            if not len(mine):
                no_data(panel, f"no {label.replace(', ', ' of ')} among the positives drawn")
                continue
            row = mine[np.argsort(snr[mine], kind="stable")[len(mine) // 2]]
            flux, ivar = (source[key][row : row + 1] for key in ("flux", "ivar"))
            curve = for_the_eye(flux, ivar, args.smooth)[0]
            level = level_of(wave, curve)
            seen = np.where(ivar[0] > 0, flux[0] / level, np.nan)
            draw_spectrum(panel, wave, seen, curve / level, room=0.3)
            text = f"{subclass[row]}    {label}: S/N r = {snr[row]:.1f}    (the middle one of {len(mine):,})"
            panel.text(0.008, 0.95, text, transform=panel.transAxes, va="top", fontsize=8.5, weight="bold", zorder=6,
                       bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.2})  # fmt: skip
            numbers.add(f"{label}: {subclass[row]}, S/N r {snr[row]:.2f}", "observed", wave, seen)
            numbers.add(f"{label}: {subclass[row]}, S/N r {snr[row]:.2f}", "smoothed", wave, curve / level)
    mark_bands(axes[0], names=True)
    axes[-1].set_xlabel(r"vacuum wavelength [$\mathrm{\AA}$, rest frame]")
    figure.supylabel("flux / median of 6500-8500 $\\mathrm{\\AA}$", fontsize=9)
    figure.tight_layout()
    return figure, numbers.rows
