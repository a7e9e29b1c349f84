"""Velocity dispersions of active and inactive dwarfs by height above the plane."""

import numpy as np

from mstarhash.plots_ranking import rows_of
from mstarhash.plots_style import BLUE, RED, Numbers, no_data

GROUPS = (("inactive", BLUE, "o"), ("active", RED, "^"))
NONE = "no dwarf with velocity,\nparallax and activity;\nit takes input.gaia, and\nenough stars a bin"


def draw(plt, args):
    """Figure and its numbers, from dispersions.csv of kinematics."""
    numbers = Numbers()
    rows = [row for row in rows_of(args.dispersions) if row["dispersion"]]
    figure, axes = plt.subplots(1, 3, figsize=(11, 4.0), sharey=bool(rows))
    for panel, component in zip(axes, "UVW", strict=True):
        mine = [row for row in rows if row["component"] == component]
        panel.set_title(rf"$\sigma_{component}$")
        if not rows:
            no_data(panel, NONE if component == "V" else "")
            continue
        for group, colour, marker in GROUPS:
            part = [row for row in mine if row["group"] == group]
            x, y, error, raw = (
                np.array([float(row[key] or "nan") for row in part])
                for key in ("h_mean", "dispersion", "dispersion_err", "raw_dispersion")
            )
            panel.errorbar(x, y, error, fmt=marker, color=colour, ms=5, lw=1.2, capsize=2, label=group, zorder=4)
            panel.plot(x, raw, marker, mfc="none", mec=colour, mew=0.7, ms=4, alpha=0.6, zorder=3)
            numbers.add(component, group, x, y, y - error, y + error)
            numbers.add(component, f"{group}, raw", x, raw)
        panel.set_xlabel("height |Z| [pc]")
        panel.set_xlim(0, 1.08 * panel.get_xlim()[1])
    if rows:
        axes[0].set_ylabel("dispersion [km/s]")
        panel = axes[0]
        panel.set_ylim(0, 1.02 * panel.get_ylim()[1])
        panel.plot([], [], "o", mfc="none", mec="#555555", mew=0.7, ms=4, label="errors left in, 3 sigma clipped")
        panel.legend(loc="best")
    figure.tight_layout(w_pad=1.5)
    return figure, numbers.rows
