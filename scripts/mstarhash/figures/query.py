"""One spectrum above its nearest labelled and its nearest unclassified spectra."""

import numpy as np

from mstarhash.figures.spectra import HIGH, LOW, for_the_eye, mark_bands
from mstarhash.figures.style import BLACK, BLUE, LIGHT, RED, no_data, start

STEP, HEIGHT = 1.0, 0.62  # between two spectra; of the tallest part of one
SMOOTH = 3.0  # pixels


def draw(wave, own, title, labelled, unlabelled):
    """A figure of two stacks. own: (flux, ivar); each neighbour: (text, wanted or None, (flux, ivar) or None)."""
    plt = start()
    rows = 1 + max(len(labelled), len(unlabelled), 1)
    figure, axes = plt.subplots(1, 2, figsize=(13, 1.4 + 0.85 * rows))
    for panel, name, found in zip(axes, ("labelled", "unclassified"), (labelled, unlabelled), strict=True):
        stack(panel, wave, own, title, found)
        panel.set_title(f"nearest {name} spectra", pad=15)
        panel.set_xlabel(r"vacuum wavelength [$\mathrm{\AA}$]")
        if not found:
            no_data(panel, f"no {name} spectra in these results")
    figure.tight_layout(w_pad=2)
    return figure


def stack(axes, wave, own, title, found):
    """The query on top, its neighbours below, each divided by its top."""
    mark_bands(axes, names=True)
    shown = (wave >= LOW) & (wave <= HIGH)
    lines = [(title, "query", own), *found]
    for place, (text, wanted, pixels) in enumerate(lines):
        base = -place * STEP
        style = {"query": (BLACK, 1.3), True: (RED, 0.9), False: (BLUE, 0.9), None: ("#555555", 0.9)}[wanted]
        axes.axhline(base, color=LIGHT, lw=0.5, zorder=1)
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
        weight = "bold" if place == 0 else "normal"
        axes.text(LOW + 25, base + 0.8, text, fontsize=8, va="center", weight=weight, bbox=box, zorder=6)
        if pixels is None:
            continue
        curve = for_the_eye(pixels[0][None], pixels[1][None], SMOOTH)[0]
        curve = HEIGHT * np.clip(curve / top_of(wave, curve), -0.4, 1.25)
        axes.plot(wave[shown], base + curve[shown], color=style[0], lw=style[1], zorder=4)
    axes.set_xlim(LOW, HIGH)
    axes.set_ylim(-STEP * (len(lines) - 1) - 0.15, 1.05)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def top_of(wave, curve):
    """The flux that a smoothed spectrum hardly exceeds redwards of 6000 A; 1 if that is not above 0."""
    part = curve[(wave > 6000) & (wave < 8950) & np.isfinite(curve)]
    top = np.quantile(part, 0.97) if len(part) else np.nan
    return top if top > 0 else 1.0
