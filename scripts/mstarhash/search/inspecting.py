"""The page to look at candidates: which rows it shows, what they are expected to hold, small spectra as SVG."""

import csv
import html
import json

import numpy as np

LOW, HIGH, STEP = 4600.0, 9000.0, 10.0  # shown, and width of a bin of a curve [vacuum Angstrom]
WIDTH, HEIGHT = 880, 150  # of a picture; a bin is two units wide
CURVES = ("seen", "other", "wanted", "smooth")  # drawn in this order
EVIDENCE = (  # column of candidates.csv, its name on the page, what it is
    ("snr_r", "S/N", "S/N a pixel in 6200-7000 A"),
    ("votes", "votes", "queries that have the spectrum among their nearest tenth (Guo et al. 2019)"),
    ("min_distance", "nearest query", "smallest Hamming distance to a query [bits]"),
    ("union_share", "union share", "smallest share of the sample at which the list of a sure query holds the spectrum"),
    ("votes_narrow", "narrow votes", "sure queries whose narrow list holds the spectrum"),
    (
        "median_share",
        "rank share",
        "share of the sample at which half of the lists of sure queries hold the spectrum",
    ),
    ("class_score", "class score", "log odds by the outputs of the network"),
    ("template_score", "template score", "score of what the mean spectra of all classes tell"),
    ("likelihood_score", "likelihood", "log odds of the released spectra of the class against the others"),
    ("stability", "stability", "share of five networks with other random units that put it among the best"),
    ("difference", "difference", "log of the evidence for a mean spectrum of the wanted class over that for another"),
    ("chi2", "chi2", "reduced chi-square of the best fit of all"),
    ("best_wanted", "best wanted mean", "mean spectrum of the wanted class that fits best"),
    ("best_other", "best other mean", "mean spectrum of another class that fits best"),
    ("good_pixels", "good pixels", "share of usable pixels in the window of the fits"),
    ("nearest", "nearest", "ten nearest labelled spectra, subclass:S/N:distance in bits; U: unclassified"),
)


def read_candidates(path, labelled, most):
    """(first `most` rows of the narrow union without a label, as dicts; (n,) P(M) of all of it without a label; counts).

    path: candidates.csv; labelled: files of the ledger. counts: rows searched, and those of the ledger among them.
    """
    rows, chances, searched, known = [], [], 0, 0
    with open(path, newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            searched += 1
            known += row["file"] in labelled
            if row["file"] not in labelled and row["in_narrow_union"] == "1":
                chances.append(float(row["p_m"]))
                if len(rows) < most:
                    rows.append(row)
    return rows, np.array(chances), {"searched": searched, "labelled": known}


def expected_next(chances, count):
    """(n + 1,) wanted stars expected among the next `count` rows after the first 0, 1, ... n; chances: (n,) P(M)."""
    total = np.concatenate([[0.0], np.cumsum(chances, dtype="f8")])
    return total[np.minimum(np.arange(len(total)) + count, len(chances))] - total


def stop_after(chances, count, rate):
    """Number of rows after which the next `count` are expected to hold fewer than `rate` of wanted stars each.

    Where fewer than `count` are left, the rate is of those. All rows if the expected share never falls so low.
    """
    left = np.minimum(count, len(chances) - np.arange(len(chances)))
    below = expected_next(chances, count)[:-1] < rate * left
    return int(np.argmax(below)) if below.any() else len(chances)


def table(chances, count, stop):
    """Rows of the table of what is to be found: (looked at, stars among them, share of all, stars in the next `count`)."""
    total = np.concatenate([[0.0], np.cumsum(chances, dtype="f8")])
    ahead = expected_next(chances, count)
    at = sorted(
        {stop, *range(0, min(len(chances), stop + 3 * count) + 1, max(count, -(-stop // (10 * count)) * count))}
    )
    return [(k, total[k], total[k] / max(total[-1], 1e-30), ahead[k]) for k in at]


def binned(wave, curve):
    """(440,) means of a curve in bins of STEP; NaN where a bin has nothing."""
    place = np.floor((wave - LOW) / STEP).astype(int)
    count = round((HIGH - LOW) / STEP)
    good = np.isfinite(curve) & (place >= 0) & (place < count)
    number = np.bincount(place[good], minlength=count)
    total = np.bincount(place[good], curve[good], count)
    return np.divide(total, number, out=np.full(count, np.nan), where=number > 0)


def line(values, low, high):
    """The `d` of an SVG path: values scaled so that low is the foot and high the head of the picture; gaps stay open."""
    y = np.clip((high - values) / (high - low), -0.05, 1.05) * HEIGHT
    words, last = [], None
    for k, place in enumerate(np.where(np.isfinite(y), np.round(y), np.nan).tolist()):
        if place != place:
            last = None
            continue
        words.append(f"M{2 * k} {place:.0f}l" if last is None else f"2 {place - last:.0f}")
        last = place
    return " ".join(words).replace("l 2", "l2").replace(" -", "-")


def picture(wave, curves):
    """An SVG of the curves, a dict of CURVES: (p,) arrays; limits follow the smoothed one."""
    parts = {name: binned(wave, curves[name]) for name in CURVES}
    known = parts["smooth"][np.isfinite(parts["smooth"])]
    low, high = np.quantile(known, [0.005, 0.995]) if len(known) else (0.0, 1.0)
    low = min(0.0, low)
    high = max(high, low + 1e-6)
    room = 0.12 * (high - low)
    lines = [f'<path class="{name}" d="{line(parts[name], low - room, high + room)}"/>' for name in CURVES]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><use href="#frame"/>{"".join(lines)}</svg>'


def frame(bands, lines):
    """What stands behind every picture: bands as shades with their names, lines, ticks of wavelength.

    bands: (name, from, to); lines: (name, wavelength) [vacuum Angstrom].
    """

    def x(wave):
        return (wave - LOW) / STEP * 2

    parts = []
    for name, first, last in bands:
        parts.append(
            f'<rect class="{name}" x="{x(first):.0f}" y="0" width="{x(last) - x(first):.0f}" height="{HEIGHT}"/>'
        )
        if last - first > 90:
            parts.append(f'<text x="{x((first + last) / 2):.0f}" y="9">{name}</text>')
    for name, wave in lines:
        parts.append(f'<path class="mark" d="M{x(wave):.0f} 12V{HEIGHT}"/><text x="{x(wave):.0f}" y="9">{name}</text>')
    for wave in range(5000, int(HIGH), 500):
        parts.append(f'<path class="tick" d="M{x(wave):.0f} {HEIGHT}v-5"/>')
        parts.append(f'<text class="tick" x="{x(wave):.0f}" y="{HEIGHT - 7}">{wave}</text>')
    return (
        f'<svg width="0" height="0"><symbol id="frame" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</symbol></svg>'
    )


def shorter(text):
    """A cell with at most four digits of a number; "?" for an empty one."""
    try:
        return f"{float(text):.4g}" if not text.isdigit() else text
    except ValueError:
        return text or "?"


def article(row, place, ahead, count, drawn):
    """A candidate on the page. place: its number among those shown, from 1; ahead: stars expected in the next `count`."""
    short = html.escape(row["file"].rsplit("/", 1)[-1])
    facts = "".join(
        f'<span title="{html.escape(title)}">{name} <b>{html.escape(shorter(row[key]))}</b></span>'
        for key, name, title in EVIDENCE
        if key in row
    )
    return (
        f'<article id="c{place}" data-file="{html.escape(row["file"])}" data-p="{row["p_m"]}">'
        f'<h2><i>{row["rank"]}</i> P(M) = {float(row["p_m"]):.3f} <small title="{html.escape(row["file"])}">{short}'
        f"{' &middot; obsid ' + html.escape(row['obsid']) if row.get('obsid') else ''}</small></h2>"
        f'<div class="side"><button class="m">M</button><button class="o">other</button><output></output></div>'
        f'{drawn}<p class="facts">{facts}<span>expected in the next {count}: <b class="ahead">{ahead:.1f}</b></span></p></article>\n'
    )


def end(shown, count, stop):
    """The line under the candidates; count: candidates without a label."""
    if not shown:
        return "There is no candidate to look at."
    if shown < stop:
        return f"{count - shown:,} candidates are not on this page; the place to stop is {stop - shown:,} further on."
    return f"Stop here. {count - shown:,} candidates of lower probability are not on this page."


def data(ledger, count):
    """What the page's script needs, as JSON that may stand in HTML."""
    labels = {file: "M" if wanted else "other" for file, wanted in ledger.items()}
    return json.dumps({"ledger": labels, "count": count}).replace("<", "\\u003c")


def summary(chances, counts, shown, stop, rate, count):
    """What is above the candidates: how many stars are expected, where to stop, what the curves and keys are.

    chances: (n,) P(M) of the candidates without a label; counts: of `read_candidates`; shown: rows on the page.
    """
    total = float(chances.sum())
    first = expected_next(chances, count)
    held = total - float(chances[stop:].sum())
    where = f"after rank {stop} of this page" if stop else "at once"
    lines = [
        f"<p>{counts['searched']:,} unclassified spectra were searched; {counts['labelled']:,} of them have a label already "
        f"and are not shown. Among the other {len(chances):,}, <b>{total:.1f}</b> M stars are expected by P(M).</p>",
        f"<p><b>Stop {where}.</b> The first {stop:,} are expected to hold {held:.1f} M stars "
        f"({held / max(total, 1e-30):.0%} of all), the {count} after them {first[stop]:.1f}: fewer than {rate:g} a spectrum "
        "(config inspect.min_yield).</p>",
    ]
    if shown < stop:
        lines.append(
            f"<p>This page shows the first {shown:,} (config inspect.rows). Label them, name the exported file in "
            "input.labels and run again: the page then goes on with the next ones.</p>"
        )
    cells = "".join(
        f"<tr{' class=stop' if k == stop else ''}><td>{k:,}</td><td>{sure:.1f}</td><td>{share:.0%}</td><td>{next_:.1f}</td></tr>"
        for k, sure, share, next_ in table(chances, count, stop)
    )
    names = {"seen": "observed", "smooth": "smoothed", "wanted": "best mean of M stars", "other": "best mean of others"}
    key = "".join(
        f'<span><svg viewBox="0 0 34 10"><path class="{one}" d="M0 5h34"/></svg>{text}</span>'
        for one, text in names.items()
    )
    keys = {"m": "M", "o": "other", "u": "no label", "j k": "next, previous", "n": "next without a label",
            "c": "best mean of others off, on", "e": "export"}  # fmt: skip
    words = " &nbsp; ".join(
        "".join(f"<kbd>{one}</kbd>" for one in name.split()) + f" {text}" for name, text in keys.items()
    )
    return (
        f'<div class="columns"><div>{"".join(lines)}<p id="key">{key}</p><p>{words}</p></div><table><tr><th>looked at</th>'
        f"<th>M stars expected</th><th>of all</th><th>in the next {count}</th></tr>{cells}</table></div>"
    )
