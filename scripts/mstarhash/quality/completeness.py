"""Completeness of the search by subtype, S/N and luminosity: its table, and the function that reads it."""

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.common.texttables import read_rows
from mstarhash.quality.fakes import SUBTYPES

CRITERIA = ("p_m", "first_3", "first_5")  # P(M) at or above the limit; within the first 3 %, 5 % of the list
SHARES = {"first_3": 0.03, "first_5": 0.05}


def recovered(p_m, score, min_p, scores):
    """{criterion: (n,) bool} of injected spectra.

    p_m, score: (n,) of theirs; min_p: least P(M) of a recovered one; scores: (m,) of the real list, in which a spectrum
    would stand at the place of the first one that it beats or equals.
    """
    best = np.sort(np.asarray(scores, float))[::-1]
    out = {"p_m": np.asarray(p_m) >= min_p}
    for name, share in SHARES.items():
        last = best[min(int(np.ceil(share * len(best))), len(best)) - 1]
        out[name] = np.asarray(score, float) >= last
    return out


def fractions(found, rows, confidence):
    """{name: number} of one row of a table: n, and of each criterion found, fraction and its Wilson interval."""
    out = {"n": int(np.sum(rows))}
    for name in CRITERIA:
        count = int(np.sum(found[name][rows]))
        share, low, high = wilson(count, out["n"], confidence)
        out |= {f"{name}_found": count, name: float(share), f"{name}_low": float(low), f"{name}_high": float(high)}
    return out


def table_rows(found, stars, sources, edges, confidence):
    """Rows of completeness.csv: every subtype, luminosity and bin of S/N, also those into which nothing was put.

    found: {criterion: (n,) bool}; stars: fakes.Cells; sources: (n,) number of the spectrum that each was made from.
    """
    out = []
    for luminosity, subtypes in SUBTYPES.items():
        for subtype in subtypes:
            for k in range(len(edges) - 1):
                rows = (stars.luminosity == luminosity) & (stars.subtype == subtype) & (stars.bin == k)
                row = {"luminosity": luminosity, "subtype": subtype, "snr_low": edges[k], "snr_high": edges[k + 1]}
                row |= {"stars": len(np.unique(sources[rows])), "donors": len(np.unique(stars.donor[rows]))}
                out.append(row | fractions(found, rows, confidence))
    return out


def check_rows(listed, known, table, edges, min_p, confidence):
    """Rows of check.csv: the true unclassified M stars of the mock survey, what was found and what the table tells.

    listed: rows of candidates.csv as dicts; known: as from `read_truth`; table: as from `read_table`; edges: of the bins of
    S/N r; min_p: least P(M) of what counts as found.
    """
    known = {file: row for file, row in known.items() if row["wanted"]}
    rows = [(row, known[row["file"]]) for row in listed if row["file"] in known]
    numbers = {key: np.array([float(row[key] or "nan") for row, _ in rows]) for key in ("p_m", "score", "snr_r")}
    subtype = np.array([float(true["subtype"]) for _, true in rows])
    luminosity = np.array([true["luminosity"] for _, true in rows], "U6")
    found = recovered(numbers["p_m"], numbers["score"], min_p, [float(row["score"]) for row in listed])
    told = {name: completeness(subtype, numbers["snr_r"], luminosity, table, name) for name in CRITERIA}
    inside = np.isfinite(told["p_m"]) & (numbers["snr_r"] <= edges[-1])
    bins = np.digitize(numbers["snr_r"], edges) - 1
    out = []
    for k in [*range(len(edges) - 1), "all"]:
        rows = inside & ((bins == k) if k != "all" else True)
        low, high = (edges[0], edges[-1]) if k == "all" else (edges[k], edges[k + 1])
        row = {"snr_low": low, "snr_high": high} | fractions(found, rows, confidence)
        out.append(
            row | {f"{name}_told": float(told[name][rows].mean()) if rows.any() else np.nan for name in CRITERIA}
        )
    return out


def read_table(path):
    """completeness.csv as a dict of arrays."""
    rows = read_rows(path)
    texts = {key: [row[key] for row in rows] for key in rows[0]}
    return {
        key: np.array(values) if key == "luminosity" else np.array([float(v) if v else np.nan for v in values])
        for key, values in texts.items()
    }


def completeness(subtype, snr, luminosity, table="results/completeness/completeness.csv", what="p_m"):
    """Fraction of the unclassified M stars that the search recovers.

    subtype: 0 = M0 ... 9 = M9, or "M3"; snr: S/N a pixel in r (column snr_r of candidates.csv); luminosity: "dwarf" or
    "giant"; numbers and texts or arrays of one shape. table: completeness.csv of a run, or from `read_table`; what: one of
    CRITERIA.

    Linear in subtype and in the logarithm of S/N between the middles of the table's cells, constant from there to
    the edges of the outermost cells and for brighter spectra; NaN for fainter ones, for other subtypes, and where nothing was
    injected. Raises ValueError for another luminosity or criterion, and for what is no subtype.
    """
    table = table if isinstance(table, dict) else read_table(table)
    if what not in CRITERIA:
        raise ValueError(f"{what} is none of {', '.join(CRITERIA)}")
    if unknown := sorted(set(np.atleast_1d(luminosity)) - set(SUBTYPES)):
        raise ValueError(f"luminosity {unknown[0]} is neither of {', '.join(SUBTYPES)}")
    subtype = np.char.lstrip(np.asarray(subtype, str), "M").astype(float)
    subtype, snr, luminosity = np.broadcast_arrays(subtype, np.asarray(snr, float), luminosity)
    out = np.full(subtype.shape, np.nan)
    for kind in np.unique(table["luminosity"]):
        mine = table["luminosity"] == kind
        rows, columns = np.unique(table["subtype"][mine]), np.unique(table["snr_low"][mine])
        grid = np.full((len(rows), len(columns)), np.nan)
        i, j = np.searchsorted(rows, table["subtype"][mine]), np.searchsorted(columns, table["snr_low"][mine])
        grid[i, j] = table[what][mine]
        upper = table["snr_high"][mine].max()
        middles = (np.log(columns) + np.log(np.append(columns[1:], upper))) / 2
        inside = (luminosity == kind) & (snr >= columns[0])
        inside &= (subtype >= rows[0] - 0.5) & (subtype <= rows[-1] + 0.5)
        out[inside] = _bilinear(grid, rows, middles, subtype[inside], np.log(snr[inside]))
    return out[()]


def _bilinear(grid, x, y, at_x, at_y):
    """grid (nx, ny) at points; the outermost values go on outside. NaN where a value that counts is NaN."""
    (i, a), (j, b) = _place(x, at_x), _place(y, at_y)
    out = np.zeros(len(at_x))
    for row, weight in ((i, 1 - a), (np.minimum(i + 1, len(x) - 1), a)):
        for column, share in ((j, 1 - b), (np.minimum(j + 1, len(y) - 1), b)):
            part = weight * share
            out += np.where(part > 0, part * grid[row, column], 0)
    return out


def _place(knots, at):
    """Index of the knot below each point, and how far it is to the next one (0 to 1)."""
    at = np.clip(at, knots[0], knots[-1])
    index = np.clip(np.searchsorted(knots, at, "right") - 1, 0, max(len(knots) - 2, 0))
    if len(knots) == 1:
        return index, np.zeros(len(at))
    return index, (at - knots[index]) / (knots[index + 1] - knots[index])
