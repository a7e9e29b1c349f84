"""One look at all methods: average precision, and the share of the list that holds 95 % of the wanted class."""

from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, BLUE, GREY, LIGHT, RED, Numbers, no_data

OURS = "this search"
DRAWN = ("score", "neighbours")  # ways to score that are drawn; lists are left to the table but for
PAPER = "search of G19", "votes"
HEAD = {
    "search": "others, preprocessing of this search",
    "published": "published preprocessing (min-max; spectra as they are)",
}


def draw(plt, path):
    """Figure and its numbers, from peers.csv: a line a method, the best on top."""
    numbers = Numbers()
    found = {}
    for row in rows_of(path):
        method, scored_by = row["method"], row["scored_by"]
        if row["ap"] and (scored_by in DRAWN or (method, scored_by) == PAPER or method.startswith(OURS)):
            found.setdefault(method, {})[row["preprocessing"]] = row
    names = sorted(found, key=lambda name: float(found[name].get("search", found[name].get("published"))["ap"]))
    figure, panels = plt.subplots(1, 2, figsize=(9.6, 1.5 + 0.31 * max(len(names), 4)), sharey=True)
    if not names:
        for panel in panels:
            no_data(panel, "no truth of the unclassified spectra")
        return figure, numbers.rows
    measures = (("ap", "average precision"), ("share_95", "share of the list to inspect for 95 % of the M stars"))
    for panel, (key, label) in zip(panels, measures, strict=True):
        for y, name in enumerate(names):
            panel.axhline(y, color=LIGHT, lw=0.5, zorder=0)
            for kind, row in found[name].items():
                x, low, high = (float(row[column]) for column in (key, f"{key}_low", f"{key}_high"))
                colour = RED if name.startswith(OURS) else BLUE if kind == "search" else GREY
                fill = colour if kind == "search" else "white"
                panel.plot([min(low, x), max(high, x)], [y, y], color=colour, lw=1.4, zorder=2)
                panel.plot(x, y, "o" if kind == "search" else "s", color=colour, mfc=fill, ms=6, zorder=3)
                numbers.add(key, f"{name}, {kind}", [name], [x], [low], [high])
        panel.set_xlabel(label)
    best = float(found[names[-1]]["search"]["ap"])
    panels[0].set_xlim(0, 1)
    panels[0].set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    panels[0].axvline(best, color=RED, lw=0.6, ls=(0, (2, 2)), zorder=1)
    panels[0].set_title("better →", loc="right", color=BLACK, fontsize=8.5)
    panels[1].set_xscale("log")
    panels[1].set_xlim(0.015, 1)
    ticks = [0.02, 0.05, 0.1, 0.2, 0.5, 1]
    panels[1].set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    panels[1].minorticks_off()
    panels[1].set_title("← better", loc="left", color=BLACK, fontsize=8.5)
    panels[0].set_yticks(range(len(names)), names)
    for label in panels[0].get_yticklabels():
        if label.get_text().startswith(OURS):
            label.set(color=RED, weight="bold")
    handles = [plt.Line2D([], [], marker="o", color=RED, ms=6, lw=1.4, label="this search")]
    handles += [
        plt.Line2D([], [], marker="o" if kind == "search" else "s", color=colour, mfc=fill, ms=6, lw=1.4, label=text)
        for (kind, text), colour, fill in zip(HEAD.items(), (BLUE, GREY), (BLUE, "white"), strict=True)
    ]
    figure.legend(handles=handles, loc="lower center", ncols=3)
    figure.tight_layout(rect=(0, 0.4 / figure.get_figheight(), 1, 1), w_pad=2)
    return figure, numbers.rows
