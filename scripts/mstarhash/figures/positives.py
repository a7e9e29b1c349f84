"""The positive set: mean spectra of the clusters, and how many positives were drawn by subtype and S/N."""

from pathlib import Path

import numpy as np

from mstarhash.common.snr_bins import TABLE1
from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import Numbers, no_data
from mstarhash.spectra.hdf5 import open_h5

BINS = tuple(zip(TABLE1, ("< 5", "5-10", "10-30", "> 30"), strict=True))
SHADES = ("#d4e6f1", "#7fb8d8", "#2f7fb5", "#0b3c66")
COOL, WARM = (7042.0, 7048.0), (7128.0, 7137.0)  # vacuum [Angstrom]: beside and in the TiO band that types M stars
SHOWN = 4.0  # pixels of the grid averaged in the picture


def draw(plt, args):
    """Figure and its numbers, from averages.h5 and table1.csv of positives."""
    numbers = Numbers()
    figure = plt.figure(figsize=(10.5, 6.4))
    pictures = figure.add_gridspec(
        2, 1, left=0.06, right=0.58, top=0.95, bottom=0.17, hspace=0.4, height_ratios=[3, 1.3]
    )
    bars = figure.add_gridspec(2, 1, left=0.67, right=0.99, top=0.95, bottom=0.07, hspace=0.3)
    dwarfs, giants, *counts = (figure.add_subplot(part) for part in (*pictures, *bars))
    bar = figure.add_axes((0.17, 0.06, 0.3, 0.018))
    image = None
    if args.averages and Path(args.averages).is_file():
        with open_h5(args.averages) as source:
            wave, flux, giant = source["wave"][:], source["flux"][:], source["giant"][:].astype(bool)
        for axes, mine, name in ((dwarfs, ~giant, "dwarfs"), (giants, giant, "giants")):
            image = averages(axes, wave, flux[mine], name, numbers) or image
    else:
        for axes in (dwarfs, giants):
            no_data(axes, "a trained model was given: no positives of this run")
    if image:
        figure.colorbar(image, cax=bar, orientation="horizontal", extend="max")
        bar.tick_params(labelsize=7)
        bar.set_xlabel("flux, mean of 6000-8500 $\\mathrm{\\AA}$ = 1", fontsize=8, labelpad=1)
    else:
        bar.set_visible(False)
    table = rows_of(args.table1)
    for axes, letter, name in zip(counts, "dg", ("dwarfs", "giants"), strict=True):
        drawn(axes, [row for row in table if row["luminosity"] == letter], name, numbers)
    if table:
        counts[0].legend(title="S/N r", fontsize=7.5, title_fontsize=8)
    return figure, numbers.rows


def depth(wave, flux):
    """(n,) flux in a TiO band over that beside it: falls from M0 to M7."""
    inside, beside = ((wave > low) & (wave < high) for low, high in (WARM, COOL))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(flux[:, inside].mean(1) / flux[:, beside].mean(1), nan=1.0)


def averages(axes, wave, flux, name, numbers):
    """Mean spectra as rows of an image, shallow TiO at the top. Returns the image, None where there is none."""
    axes.set_title(f"{len(flux)} clusters of {name}: mean spectra, one a row, by depth of TiO")
    if not len(flux):
        no_data(axes, f"no cluster of {name}")
        return None
    strength = depth(wave, flux)
    order = np.argsort(-strength, kind="stable")
    shown = (wave > 4000) & (wave < 9000)
    step = int(SHOWN)
    width = shown.sum() // step * step
    rows = flux[order][:, shown][:, :width].reshape(len(flux), -1, step).mean(2)
    nodes = wave[shown][:width].reshape(-1, step).mean(1)
    edges = np.concatenate([nodes[:1], np.sqrt(nodes[1:] * nodes[:-1]), nodes[-1:]])
    image = axes.pcolormesh(edges, np.arange(len(rows) + 1), rows, cmap="cividis", vmin=0, vmax=2.2, rasterized=True)
    axes.invert_yaxis()
    axes.set_ylabel("cluster")
    if name == "giants":
        axes.set_xlabel(r"vacuum wavelength [$\mathrm{\AA}$]", labelpad=1)
    parts = np.array_split(rows, min(5, len(rows)))
    for number, part in enumerate(parts, 1):
        low, mean, high = np.nanquantile(part, [0.16, 0.5, 0.84], axis=0)
        numbers.add(name, f"rows {number} of {len(parts)}", nodes, mean, low, high)
    return image


def drawn(axes, table, name, numbers):
    """Stacked bars of the positives by subtype and S/N (G19 Table 1)."""
    total = sum(int(row[key]) for row in table for key, _ in BINS)
    axes.set_title(f"{total:,} {name} drawn as positives")
    if not total:
        no_data(axes, f"no {name} drawn" if table else "no positives of this run")
        return
    last = max(k for k, row in enumerate(table) if any(int(row[key]) for key, _ in BINS))
    x = [row["subtype"] for row in table][: max(last + 1, 7)]
    bottom = np.zeros(len(x))
    for (key, label), shade in zip(BINS, SHADES, strict=True):
        y = np.array([int(row[key]) for row in table][: len(x)])
        axes.bar(x, y, 0.8, bottom, color=shade, edgecolor="black", lw=0.4, label=label)
        numbers.add(f"{name} drawn", f"S/N r {label}", x, y)
        bottom += y
    axes.set_ylabel("spectra")
