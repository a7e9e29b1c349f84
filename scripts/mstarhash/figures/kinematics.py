"""Mean space motions and velocity dispersions of active and inactive dwarfs by height above the plane (as G19 Fig. 18)."""

import numpy as np

from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLUE, RED, Numbers, no_data
from mstarhash.stars import trends

GROUPS = (("inactive", BLUE, "o", 6.0), ("active", RED, "^", -6.0))  # name, colour, marker, shift [pc]
NONE = "no dwarf with velocity,\nparallax and activity; it takes\ninput.gaia, and enough stars a bin"
COLUMNS = (("mean", "mean {} [km/s]", "raw_mean"), ("dispersion", r"$\sigma_{}$ [km/s]", "raw_dispersion"))


def draw(plt, args):
    """Figure and its numbers, from dispersions.csv of kinematics."""
    numbers = Numbers()
    rows = [row for row in rows_of(args.dispersions) if row["dispersion"]]
    figure, axes = plt.subplots(3, 2, figsize=(9.6, 8.6), sharex=bool(rows))
    for line, component in zip(axes, "UVW", strict=True):
        mine = [row for row in rows if row["component"] == component]
        for panel, (key, label, raw) in zip(line, COLUMNS, strict=True):
            if not rows:
                no_data(panel, NONE if component == "V" else "")
                continue
            one_panel(panel, mine, component, key, raw, numbers)
            panel.set_ylabel(label.format(component))
    if rows:
        counts(axes[0], rows)
        signs(axes, trends.of_dispersions(rows), numbers)
        for panel in axes[-1]:
            panel.set_xlabel("|Z|, mean of the bin [pc]")
        axes[0, 1].plot([], [], "o", mfc="none", mec="#555555", mew=0.7, ms=4, label="errors left in, 3 sigma clipped")
        handles, labels = axes[0, 1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper center", ncols=3)
        for panel in axes[:, 1]:
            panel.set_ylim(0, 1.08 * panel.get_ylim()[1])
        figure.align_ylabels()
    figure.tight_layout(rect=(0, 0, 1, 0.96), w_pad=1.5)
    return figure, numbers.rows


def one_panel(panel, rows, component, key, raw, numbers):
    """Means or dispersions of a component, most likely ones with bootstrap errors, and raw ones."""
    for group, colour, marker, shift in GROUPS:
        part = [row for row in rows if row["group"] == group]
        x, y, error, plain = (
            np.array([float(row[name] or "nan") for row in part]) for name in ("h_mean", key, f"{key}_err", raw)
        )
        panel.errorbar(x + shift, y, error, fmt=marker, color=colour, ms=5, lw=1.2, capsize=2, label=group, zorder=4)
        panel.plot(x + shift, plain, marker, mfc="none", mec=colour, mew=0.7, ms=4, alpha=0.7, zorder=3)
        numbers.add(f"{key} {component}", group, x, y, y - error, y + error)
        numbers.add(f"{key} {component}", f"{group}, raw", x, plain)
    panel.set_xlim(0, 1.12 * max((float(row["h_mean"]) for row in rows), default=100.0))
    if key == "mean":
        panel.axhline(0, color="#999999", lw=0.6, zorder=1)


def counts(axes, rows):
    """Stars of each bin above the panels, in thousands where they are many: the bins are narrow."""
    for panel in axes:
        for group, colour, _, _ in GROUPS:
            height = 1.03 if group == "inactive" else 1.10
            for row in rows:
                if row["component"] == "U" and row["group"] == group:
                    total = int(row["total"])
                    text = f"{total:,}" if total < 10_000 else f"{total / 1000:.0f}k"
                    panel.text(float(row["h_mean"]), height, text, color=colour, fontsize=7,
                               ha="center", transform=panel.get_xaxis_transform())  # fmt: skip
            panel.text(0, height, "n", color=colour, fontsize=7, ha="right", transform=panel.transAxes)


def signs(axes, found, numbers):
    """Active minus inactive, of samples made alike where there are any, in each panel where it is known."""
    for line, component in zip(axes, "uvw", strict=True):
        for panel, key in zip(line, ("mean", "dispersion"), strict=True):
            value, error = found[f"{key}_{component}_active"]
            if np.isfinite(value):
                low, high = panel.get_ylim()
                if key == "mean":  # room for the text
                    panel.set_ylim(low - 0.15 * (high - low), high)
                text = f"active - inactive: {value:+.1f} $\\pm$ {error:.1f} km/s"
                panel.text(0.98, 0.05, text, transform=panel.transAxes, ha="right", fontsize=8, zorder=6)
                numbers.add(f"{key} {component.upper()}", "active - inactive", ["all heights"], [value], [value - error],
                            [value + error])  # fmt: skip
