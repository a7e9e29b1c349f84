"""What a run has to say to the paper's claims: {name: (value, error)} for the ledger, NaN where it cannot tell.

An error that does not apply (a count) is NaN. Nothing here reads the truth of the mock survey: what is judged by it
is read from the tables of `evaluate`.
"""

import csv
import math
from array import array
from collections import Counter

import numpy as np
from scipy.stats import chi2

from mstarhash.common.snr_bins import TABLE1
from mstarhash.common.texttables import rows_of
from mstarhash.search.codes import unpack
from mstarhash.spectra.hdf5 import open_h5, read_columns
from mstarhash.stars.kinematics import combined
from mstarhash.stars.measured import read_aligned, read_measured
from mstarhash.stars.photometry import BANDS, magnitude
from mstarhash.stars.trends import NOTHING, difference

INDICES = ("tio1", "tio2", "tio3", "tio4", "tio5", "cah1", "cah2", "cah3", "caoh")
LIKELY = 0.5  # P(M) of a candidate that counts as found
LATE = 5  # subtypes beyond this one are late
MANY = 20_000  # codes of a set that are looked at, about


def exact(value):
    """A quantity without an error."""
    return float(value), math.nan


def share(count, total, factor=1.0):
    """A fraction with its binomial error (that of one more of each, so that it is never 0)."""
    if not total:
        return NOTHING
    p = (count + 1) / (total + 2)
    return factor * count / total, factor * math.sqrt(p * (1 - p) / total)


def median(values):
    """Median with the error that a normal distribution would give it; NaN under two values."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return NOTHING
    return float(np.median(values)), 1.2533 * float(values.std(ddof=1)) / math.sqrt(len(values))


def of_lists(paths):
    """Files that were kept, of the status tables."""
    kept = total = 0
    for path in paths:
        with open(path, newline="", encoding="utf-8") as source:
            for row in csv.DictReader(source, delimiter="\t"):
                total += 1
                kept += row["status"] == "ok"
    return {"n_listed": exact(total), "n_spectra": exact(kept)}


def of_ingest(paths):
    """Wavelengths, and numbers of spectrographs and fibres, of the files' headers."""
    first, last, spectrographs, fibres = [], [], set(), set()
    for path in paths:
        with open_h5(path) as source:
            table = read_columns(source, ["coeff0", "coeff1", "npix", "spid", "fiberid"])
        first.append(10 ** table["coeff0"])
        last.append(10 ** (table["coeff0"] + table["coeff1"] * (table["npix"] - 1)))
        spectrographs |= set(table["spid"].tolist()) - {""}
        fibres |= {text.lstrip("0") for text in table["fiberid"].tolist()} - {""}
    wave = [np.concatenate(part) if part else np.array([]) for part in (first, last)]
    numbers = [
        max((int(text) for text in part if text.isdigit()), default=math.nan) for part in (spectrographs, fibres)
    ]
    return {
        "wave_first": exact(np.nanmedian(wave[0])) if np.isfinite(wave[0]).any() else NOTHING,
        "wave_last": exact(np.nanmedian(wave[1])) if np.isfinite(wave[1]).any() else NOTHING,
        "spectrographs": exact(numbers[0]),
        "fibres": exact(numbers[0] * numbers[1]),
    }


def of_candidates(path, queries):
    """Counts and shares of the searched spectra; streamed, since there may be very many. queries: number of them."""
    total = union = narrow = votes = 0
    snr, likely = array("f"), []
    with open(path, newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            total += 1
            union += row["in_union"] == "1"
            narrow += row["in_narrow_union"] == "1"
            votes += int(row["votes"])
            snr.append(float(row["snr_r"] or "nan"))
            if float(row["p_m"]) >= LIKELY:
                likely.append(row["file"])
    snr = np.array(snr, "f4")  # not a list: there may be 10^8
    known = snr[np.isfinite(snr)]
    found = {
        "n_unknown": exact(total),
        "unknown_snr": median(known),
        "unknown_noisy_share": share(int((known < 5).sum()), len(known), 100),
        "union_share": share(union, total, 100) if total else NOTHING,
        "narrow_union_share": share(narrow, total, 100) if total else NOTHING,
        "kept_share": (100 * votes / (queries * total), 100 / total) if queries and total else NOTHING,
        "found_share": share(len(likely), total, 100),
    }
    return found, set(likely)


def of_colours(paths, likely):
    """Share of the likely M stars that are redder than the median unclassified spectrum in both colours."""
    all_g_r, all_r_i, mine = [], [], []
    for path in paths:
        with open_h5(path) as source:
            table = read_columns(source, ["file", "class", "magtype", *BANDS])
        unknown = np.array([text.strip().upper() in ("", "UNKNOWN") for text in table["class"]], bool)
        g, r, i = (magnitude(table, band) for band in "gri")
        known = np.isfinite(g - r) & np.isfinite(r - i) & unknown
        all_g_r.append((g - r)[known].astype("f4"))
        all_r_i.append((r - i)[known].astype("f4"))
        mine.append(np.array([file in likely for file in table["file"][known]], bool))
    g_r, r_i, mine = (np.concatenate(part) if part else np.zeros(0) for part in (all_g_r, all_r_i, mine))
    if not mine.any():
        return {"red_share": NOTHING}
    corner = (g_r > np.median(g_r)) & (r_i > np.median(r_i))
    return {"red_share": share(int((corner & mine).sum()), int(mine.sum()), 100)}


def of_model(path, encoded):
    """Length, balance and independence of the codes of this search."""
    with open_h5(path) as source:
        bits = len(source["network/thresholds"])
        layers = len([name for name in source["network"] if name[0] == "w" and name[1:].isdigit()])
        pixels = len(source["wave"])
        step = max(1, len(source["labelled/codes"]) // MANY)
        training = unpack(source["labelled/codes"][::step], bits).astype("f4")
    unknown = []
    for name in encoded:
        with open_h5(name) as source:
            step = max(1, len(source["codes"]) * len(encoded) // MANY)
            unknown.append(unpack(source["codes"][::step], bits).astype("f4"))
    unknown = np.concatenate(unknown) if unknown else np.zeros((0, bits), "f4")
    out = {
        "bits": exact(bits),
        "hidden_layers": exact(layers),
        "code_ratio": exact(pixels * 4 / (bits / 8)),
        "imbalance_training": exact(np.abs(training.mean(0) - 0.5).mean()),
        "imbalance_unknown": exact(np.abs(unknown.mean(0) - 0.5).mean()) if len(unknown) else NOTHING,
    }
    spread = training.std(0)
    live = training[:, spread > 0]
    size = np.abs(np.corrcoef(live.T))
    count = size.shape[0]
    return out | {"correlation": exact((size.sum() - count) / (count * (count - 1)))}


def of_positives(table1, clusters, defects, positives, negatives):
    """The training sets; nothing where a trained model was given."""
    names = ("clusters", "clusters_of_giants", "clusters_rejected", "birch_groups", "most_subclusters", "rejected_share", "positives_drawn", "positives_templates", "positives_giants",
             "positives_noisy_share", "positives_kinds", "negatives_unknown", "negatives_known")  # fmt: skip
    if not positives:
        return dict.fromkeys(names, NOTHING)
    rows = rows_of(clusters)
    bad = sum(row["what"] == "cluster" and row["rejected"] == "1" for row in rows_of(defects))
    table = rows_of(table1)
    sizes = [sum(int(row[key]) for key in TABLE1) for row in table]
    giants = sum(size for size, row in zip(sizes, table, strict=True) if row["luminosity"] == "g")
    noisy = sum(int(row[TABLE1[0]]) for row in table)
    groups = Counter(row["group"] for row in rows if row["group"])
    kinds = []
    for path in (positives, negatives):
        with open_h5(path) as source:
            kinds.append(source["kind"].asstr()[:])
    yes, no = kinds
    return {
        "clusters": exact(len(rows)),
        "clusters_of_giants": exact(sum(row["luminosity"] == "giant" for row in rows)),
        "birch_groups": exact(len(groups)),
        "most_subclusters": exact(max(groups.values(), default=0)),
        "clusters_rejected": exact(bad),
        "rejected_share": share(bad, len(rows), 100),
        "positives_drawn": exact((yes == "drawn").sum()),
        "positives_templates": exact((yes == "template").sum()),
        "positives_giants": share(giants, sum(sizes), 100),
        "positives_noisy_share": share(noisy, sum(sizes), 100),
        "positives_kinds": exact(sum(size > 0 for size in sizes)),
        "negatives_unknown": exact(np.isin(no, ("presumed", "inspected")).sum()),
        "negatives_known": exact((no == "known").sum()),
    }


def of_evaluate(ranking, area=(), properties=()):
    """How well the rankings do, judged by the truth; area, properties: rows of accuracy_area and hash_properties."""
    ap = {
        row["method"]: (float(row["ap"]), (float(row["ap_high"]) - float(row["ap_low"])) / 2)
        for row in ranking
        if row["sample"] == "unclassified"
    }
    mine = [row for row in area if (row["method"], row["preprocessing"]) == ("ML-PIL of G19", "published")]
    mine = [row for row in mine if (row["split"], row["prior"], row["by"]) == ("family", "as labelled", "rank")]
    areas = {int(row["bits"]): (float(row["area"]), (float(row["high"]) - float(row["low"])) / 2) for row in mine}
    of_g19 = {
        row["sample"]: row
        for row in properties
        if (row["method"], row["preprocessing"]) == ("ML-PIL of G19", "published")
    }

    def both(table, first, second):
        return difference(table[first], table[second]) if first in table and second in table else NOTHING

    def number(sample, key):
        return exact(of_g19[sample][key]) if sample in of_g19 and of_g19[sample][key] else NOTHING

    return {
        "ap_default": ap.get("default", NOTHING),
        "ap_g19": ap.get("G19 votes", NOTHING),
        "ap_over_templates": both(ap, "G19 votes", "template difference alone"),
        "area_32": areas.get(32, NOTHING),
        "area_256": areas.get(256, NOTHING),
        "area_gain": both(areas, 256, 32),
        "area_gain_last": both(areas, 256, 128),
        "area_gain_first": both(areas, 64, 32),
        "g19_imbalance_training": number("training", "imbalance"),
        "g19_imbalance_unknown": number("unclassified", "imbalance"),
        "g19_correlation": number("training", "correlation"),
        "g19_closer": number("training", "closer"),
    }


def of_stars(measured, crossmatch, luminosity, activity):
    """The measured M stars, new and released."""
    names = ["source", "subtype", "snr_r", "snr_ha", "ewha", "ewha_err", "magtype", *INDICES, *BANDS]
    table = read_measured(measured, names)
    matched = read_aligned(crossmatch, table, ["object", "parallax", "gaia_source_id"])
    giant = read_aligned(luminosity, table, ["giant"])["giant"]
    active = read_aligned(activity, table, ["active"])["active"]
    new = table["source"] == "new"
    whole, r = np.floor(table["subtype"] + 0.5), magnitude(table, "r")
    typed = np.isfinite(whole)
    late = [share(int((mine & (whole > LATE)).sum()), int((mine & typed).sum()), 100) for mine in (new, ~new)]
    told = np.isfinite(active)
    sources = int((matched["gaia_source_id"] != "").sum())
    cool, warm = (told & part for part in (whole > LATE, (whole >= 0) & (whole <= 2)))
    return {
        "n_new": exact(new.sum()),
        "n_new_objects": exact(len(np.unique(matched["object"][new]))),
        "n_new_dwarfs": exact((giant[new] == 0).sum()),
        "n_new_giants": exact((giant[new] == 1).sum()),
        "new_giant_share": share(int((giant[new] == 1).sum()), int(np.isfinite(giant[new]).sum()), 100),
        "n_new_late": exact((new & (whole > LATE)).sum()),
        "n_released": exact((~new).sum()),
        "n_released_dwarfs": exact((giant[~new] == 0).sum()),
        "new_late_share": late[0],
        "late_gain": difference(*late),
        "new_snr": median(table["snr_r"][new]),
        "snr_gain": difference(median(table["snr_r"][new]), median(table["snr_r"][~new])),
        "r_gain": difference(median(r[new]), median(r[~new])),
        "matched_share": share(sources, len(new), 100) if sources else NOTHING,
        "indices": exact(sum(np.isfinite(table[key]).mean() > 0.5 for key in INDICES)) if len(new) else NOTHING,
        "told_snr": exact(table["snr_ha"][told].min()) if told.any() else NOTHING,
        "active_gain": difference(*(share(int(active[part].sum()), int(part.sum()), 100) for part in (cool, warm))),
        "ew_gain": difference(*(median(table["ewha"][part]) for part in (cool, warm))),
        "varying_share": varying(matched["object"], table["ewha"], table["ewha_err"], told),
    }


def varying(group, width, error, told):
    """Share of the objects seen more than once whose H-alpha differs between visits (chi-square, 1 %), in per cent."""
    if not len(group):
        return NOTHING
    use = [np.where(told, values, np.nan) for values in (width, error)]
    _, _, chi, visits = combined(group, *use, int(group.max()) + 1)
    seen = visits > 1
    return share(int((chi2.sf(chi[seen], visits[seen] - 1) < 0.01).sum()), int(seen.sum()), 100)


def of_boundaries(rows):
    """How well the planes part giants from dwarfs."""

    def rate(plane, record, subtypes=("all",), snr="all"):
        part = [row for row in rows if (row["plane"], row["record"], row["snr"]) == (plane, record, snr)]
        part = [row for row in part if row["subtype"] in subtypes]
        return share(sum(int(row["count"]) for row in part), sum(int(row["total"]) for row in part), 100)

    early = ("M0", "M1", "M2")
    accuracy = [
        float(row["value"]) for row in rows if (row["plane"], row["record"]) == ("caoh_cah1", "balanced_accuracy")
    ]
    return {
        "early_giants_caoh": rate("caoh_cah1", "completeness", early),
        "early_giants_zhong": rate("tio5_cah23", "completeness", early),
        "early_gain": difference(
            rate("caoh_cah1", "completeness", early), rate("tio5_cah23", "completeness", early)
        ),
        "good_gain": difference(
            rate("caoh_cah1", "completeness", snr=">30"), rate("tio5_cah23", "completeness", snr=">30")
        ),
        "early_missed_zhong": difference((100.0, 0.0), rate("tio5_cah23", "completeness", early)),
        "zhong_contamination": rate("w12_jk", "contamination"),
        "jk_contamination": rate("jk_h", "contamination"),
        "contamination_gain": difference(rate("jk_h", "contamination"), rate("w12_jk", "contamination")),
        "index_accuracy": exact(100 * max(accuracy)) if accuracy else NOTHING,
    }  # fmt: skip


def of_benchmark(path):
    """Wall-clock seconds of a rule."""
    if not path:
        return {"train_s": NOTHING}
    with open(path, encoding="utf-8") as source:
        return {"train_s": exact(next(csv.DictReader(source, delimiter="\t"))["s"])}
