"""What the search finds, by subtype and S/N, and what else enters its list."""

import numpy as np

from mstarhash.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, RED, no_data

GROUPS = (  # label, luminosity, subtypes, colour, marker, line
    ("M0-M1 dwarfs", "dwarf", (0, 1), ORANGE, "s", "--"),
    ("M2-M4 dwarfs", "dwarf", (2, 3, 4), BLUE, "o", "-"),
    ("M5-M9 dwarfs", "dwarf", (5, 6, 7, 8, 9), GREEN, "D", "-."),
    ("giants", "giant", range(7), RED, "^", ":"),
)
LISTS = (("p_m", r"$P(M)$ above the limit", BLACK, "o"), ("first_3", "in the first 3 % of the list", GREY, "s"))


def draw(plt, table, null, check):
    """The figure. table: from completeness.read_table; null, check: rows of purity.csv and check.csv."""
    figure, axes = plt.subplots(2, 2, figsize=(10.4, 8.2), width_ratios=[1, 1.12])
    for ax, luminosity in ((axes[0, 0], "dwarf"), (axes[1, 0], "giant")):
        cells(ax, table, luminosity)
    by_snr(axes[0, 1], table, check)
    entering(axes[1, 1], null)
    figure.tight_layout(w_pad=2.5, h_pad=2.0)
    return figure


def middles(table):
    return np.sqrt(np.unique(table["snr_low"]) * np.unique(table["snr_high"]))


def cells(ax, table, luminosity):
    """Fraction with P(M) above the limit in each cell, as a number on grey."""
    mine = table["luminosity"] == luminosity
    subtypes, low = np.unique(table["subtype"][mine]), np.unique(table["snr_low"][mine])
    grid = table["p_m"][mine].reshape(len(subtypes), len(low))
    ax.imshow(grid, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1.35)
    for (i, j), value in np.ndenumerate(grid):
        text = "" if np.isnan(value) else f"{100 * value:.0f}"
        ax.text(j, i, text, ha="center", va="center", color="white" if value > 0.75 else "black", fontsize=8)
    high = np.unique(table["snr_high"][mine])
    ax.set_xticks(range(len(low)), [f"{a:g}-{b:g}" for a, b in zip(low, high, strict=True)])
    ax.set_yticks(range(len(subtypes)), [f"{'g' if luminosity == 'giant' else ''}M{int(s)}" for s in subtypes])
    ax.set(xlabel="S/N r", title=f"{luminosity}s: recovered, P(M) above the limit [%]")


def by_snr(ax, table, check):
    """Recovered fraction against S/N, and the real unclassified M stars of the mock survey."""
    x = middles(table)
    for label, luminosity, subtypes, colour, marker, line in GROUPS:
        rows = (table["luminosity"] == luminosity) & np.isin(table["subtype"], list(subtypes))
        counts = [rows & (table["snr_low"] == low) for low in np.unique(table["snr_low"])]
        n, found = (np.array([table[key][part].sum() for part in counts]) for key in ("n", "p_m_found"))
        share = np.divide(found, n, out=np.full(len(n), np.nan), where=n > 0)
        ax.plot(x, share, color=colour, marker=marker, ms=5, ls=line, label=label)
    bins = [row for row in check[:-1] if row["n"]]
    if bins:
        at = [np.sqrt(row["snr_low"] * row["snr_high"]) for row in bins]
        y = np.array([row["p_m"] for row in bins])
        bars = np.abs([[row["p_m_low"], row["p_m_high"]] for row in bins] - y[:, None]).T
        label = f"the survey's own {check[-1]['n']} M stars"
        ax.errorbar(at, y, bars, fmt="*", color=BLACK, ms=10, capsize=2, lw=0.9, label=label, zorder=5)
        told = [row["p_m_told"] for row in bins]
        ax.plot(at, told, "_", color=BLACK, ms=18, mew=1.6, label="told for these by the table", zorder=6)
    ax.set_xscale("log")
    ticks = np.append(np.unique(table["snr_low"]), table["snr_high"].max())
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set(xlabel="S/N r", ylabel="fraction recovered, P(M) above the limit", ylim=(0, 1.03))
    ax.legend(loc="lower right")


def entering(ax, null):
    """Rate at which each kind of impostor enters the list."""
    if not null:
        no_data(ax)
        return
    y = np.arange(len(null))[::-1]
    for shift, (name, label, colour, marker) in zip((0.14, -0.14), LISTS, strict=True):
        share = np.array([row[name] for row in null])
        bars = np.abs([[row[f"{name}_low"], row[f"{name}_high"]] for row in null] - share[:, None]).T
        ax.errorbar(
            100 * share, y + shift, xerr=100 * bars, fmt=marker, color=colour, ms=5, capsize=2, lw=1, label=label
        )
    ax.set_yticks(y, [row["kind"] for row in null])
    ax.set_xscale("symlog", linthresh=1, linscale=0.7)
    ticks = [0, 0.5, 1, 3, 10, 30, 100]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set(xlabel=f"of {null[0]['n']:,} injected of each kind enter the list [%]", xlim=(-0.08, 100))
    ax.grid(axis="x", color="#dddddd", lw=0.6)
    ax.set_axisbelow(True)
    ax.legend(loc="upper right")
