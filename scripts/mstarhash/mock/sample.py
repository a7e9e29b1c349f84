"""Who is in the mock survey: role, kind, place on the sequences, metallicity, luminosity, S/N of every spectrum."""

import numpy as np

from mstarhash.mock.library import type_text

# G19 Table 1 has S/N r bins of its positives: up to 5, 10, 30, above
SNR_BINS = ((2.0, 5.0, 0.26), (5.0, 10.0, 0.17), (10.0, 30.0, 0.23), (30.0, 120.0, 0.34))
RELEASED_DWARFS = np.array([0.20, 0.19, 0.22, 0.20, 0.10, 0.05, 0.02, 0.01, 0.006, 0.004])  # M0 ... M9
UNKNOWN_DWARFS = np.array([0.10, 0.12, 0.15, 0.18, 0.16, 0.12, 0.08, 0.05, 0.03, 0.01])  # later: faint and red
LABEL_ERROR = 0.4  # subtypes, of the pipeline
GIANTS = np.array([0.30, 0.22, 0.18, 0.13, 0.09, 0.05, 0.03])  # gM0 ... gM6
KINDS = {  # of the unknown that are no M stars; K stars late_k, in the config, comes on top
    "star": 0.66, "sky": 0.10, "galaxy": 0.09, "quasar": 0.05, "carbon": 0.01, "wd": 0.02, "step": 0.03, "reddened": 0.04,
}  # fmt: skip
OTHER_KINDS = {"star": 0.80, "reddened": 0.06, "galaxy": 0.05, "quasar": 0.03, "carbon": 0.02, "wd": 0.04}


def places(rng, count, shares):
    """Subtypes from M0 on: a whole one by its share, then evenly within half of it."""
    return rng.choice(len(shares), count, p=shares / shares.sum()) + rng.uniform(-0.5, 0.5, count)


def star_places(rng, count, late):
    """Places of A to K stars; `late` is the share of K5 and K7, which look most like M stars."""
    out = np.empty(count)
    kind = rng.choice(4, count, p=np.array([late, 0.35 * (1 - late), 0.4 * (1 - late), 0.25 * (1 - late)]))
    out[kind == 0] = rng.uniform(-2.5, -0.55, (kind == 0).sum())  # K5 - K7
    out[kind == 1] = rng.uniform(-7.5, -2.5, (kind == 1).sum())  # K0 - K4
    out[kind == 2] = rng.uniform(-22, -7.5, (kind == 2).sum())  # F5 - G9
    out[kind == 3] = rng.uniform(-37, -22, (kind == 3).sum())  # A0 - F4
    return out


def released_snr(rng, count):
    """S/N r of released spectra, by the bins of G19 Table 1, evenly in the logarithm."""
    chosen = np.array(SNR_BINS)[rng.choice(len(SNR_BINS), count, p=[b[2] for b in SNR_BINS])]
    return np.exp(rng.uniform(np.log(chosen[:, 0]), np.log(chosen[:, 1])))


def draw(keys, rng):
    """The sample as a dict of arrays: role, kind, place, m, feh, luminosity, snr, ebv_extra, share, repeat_of, same."""
    m_unknown = int(round(keys.m_fraction * keys.n_unknown))
    m_giants = int(round(m_unknown * keys.giant_fraction))
    parts = [
        ("unknown", "dwarf", m_unknown - m_giants),
        ("unknown", "giant", m_giants),
        ("dwarf", "dwarf", keys.n_dwarfs),
        ("giant", "giant", keys.n_giants),
    ]
    for role, total, kinds in (("unknown", keys.n_unknown - m_unknown, KINDS), ("other", keys.n_others, OTHER_KINDS)):
        counts = np.floor(np.array(list(kinds.values())) / sum(kinds.values()) * total).astype(int)
        counts[0] += total - counts.sum()
        parts += [(role, kind, count) for kind, count in zip(kinds, counts, strict=True)]
    columns = [_part(keys, rng, *part) for part in parts]
    out = {key: np.concatenate([c[key] for c in columns]) for key in columns[0]}
    out["luminosity"] = out["luminosity"].astype("U8")
    _repeats(out, keys, rng)
    n = len(out["role"])
    shuffled = rng.permutation(n)
    rank = np.empty(n, int)
    rank[shuffled] = np.arange(n)
    out = {key: values[shuffled] for key, values in out.items()}
    out["repeat_of"] = np.where(out["repeat_of"] >= 0, rank[out["repeat_of"]], -1)
    given = out["place"] + np.where(out["place"] > -0.5, rng.normal(0, LABEL_ERROR, n), 0)  # as the pipeline types it
    for prefix, place in (("true_", out["place"]), ("", given)):
        names = [label(*row) for row in zip(out["kind"], place, out["m"], strict=True)]
        out[f"{prefix}class"], out[f"{prefix}subclass"] = (np.array(column) for column in zip(*names, strict=True))
    unknown = out["role"] == "unknown"
    out["class"] = np.where(unknown, "Unknown", out["class"])
    out["subclass"] = np.where(unknown, "Non", out["subclass"])
    out["is_m"] = np.isin(out["kind"], ["dwarf", "giant"])
    return out


def _part(keys, rng, role, kind, count):
    place, m, feh = np.zeros((3, count))
    luminosity = np.full(count, "dwarf", "U8")
    ebv = np.zeros(count)
    unknown = role == "unknown"
    if kind == "dwarf":
        place = places(rng, count, UNKNOWN_DWARFS if unknown else RELEASED_DWARFS)
        m = np.clip(rng.normal(0, 0.10, count), -0.2, 0.3)
        pick = rng.random(count)
        for low, high, centre, sigma in ((0.97, 0.985, 0.5, 0.08), (0.985, 0.994, 1.0, 0.12), (0.994, 1.0, 1.8, 0.15)):
            mine = (pick >= low) & (pick < high)
            m[mine] = rng.normal(centre, sigma, mine.sum())
            place[mine] = np.minimum(place[mine], 5.5)
        feh = np.interp(m, [-0.2, 0, 0.5, 1, 2], [0.3, 0, -0.9, -1.4, -1.9])
    elif kind == "giant":
        place = places(rng, count, GIANTS)
        luminosity[:] = "giant"
        feh = rng.normal(-0.3, 0.3, count)
    elif kind in ("star", "step", "sky"):
        place = star_places(rng, count, keys.late_k)
        giant = (place > -8) & (rng.random(count) < 0.35)
        luminosity[giant] = "giant"
        feh = np.clip(rng.normal(-0.2, 0.35, count), -2, 0.5)
    elif kind in ("reddened", "carbon"):
        place = rng.uniform(-6, -0.6, count)
        luminosity[(rng.random(count) < 0.6) | (kind == "carbon")] = "giant"
        feh = np.clip(rng.normal(-0.2, 0.3, count), -1.5, 0.5)
        ebv = rng.uniform(0.4, 1.5, count) if kind == "reddened" else ebv
    elif kind in ("galaxy", "quasar"):
        luminosity[:] = ""
        feh[:] = np.nan
    elif kind == "wd":
        luminosity[:] = "wd"
        feh[:] = np.nan
    snr = rng.lognormal(np.log(keys.snr_median), keys.snr_sigma, count) if unknown else released_snr(rng, count)
    return {
        "role": np.full(count, role, "U8"),
        "kind": np.full(count, kind, "U8"),
        "place": place,
        "m": m,
        "feh": feh,
        "luminosity": luminosity,
        "snr": np.clip(snr, 0.3, 300),
        "ebv_extra": ebv,
        "share": rng.random(count),
        "repeat_of": np.full(count, -1),
        "same": np.full(count, -1),
    }


def _repeats(out, keys, rng):
    """Some released M dwarfs are further visits of a star of the list: same star, another night and S/N."""
    mine = np.flatnonzero(out["role"] == "dwarf")
    count = int(round(keys.repeats * len(mine)))
    chosen = rng.permutation(mine)[: 2 * count]
    for visit, star in zip(chosen[:count], chosen[count:], strict=False):
        for key in ("place", "m", "feh", "share"):
            out[key][visit] = out[key][star]
        out["same"][visit] = out["same"][star] = star
        out["repeat_of"][visit] = star


def mislabel(sample, share, rng):
    """Give a share of the released spectra a wrong CLASS and SUBCLASS, in place: M stars that of one of the others."""
    released = sample["role"] != "unknown"
    sides = [np.flatnonzero(released & (sample["is_m"] == side)) for side in (True, False)]
    given = {key: sample[key].copy() for key in ("class", "subclass")}
    for mine, others in (sides, sides[::-1]):
        wrong = rng.permutation(mine)[: round(share * len(mine))] if len(others) else []
        source = rng.choice(others, len(wrong)) if len(wrong) else []
        for key, values in given.items():
            sample[key][wrong] = values[source]


def kept(role, share, rng):
    """(n,) bool: all unclassified spectra, and a share of the released ones of each role."""
    out = role == "unknown"
    for name in ("dwarf", "giant", "other"):
        mine = np.flatnonzero(role == name)
        out[rng.permutation(mine)[: round(share * len(mine))]] = True
    return out


def label(kind, place, m):
    """CLASS and SUBCLASS of a kind at a place."""
    if kind == "dwarf":
        prefix = "d" if m < 0.35 else "sd" if m < 0.75 else "esd" if m < 1.5 else "usd"
        return "STAR", prefix + type_text(max(place, 0))
    if kind == "giant":
        return "STAR", "g" + type_text(max(place, 0))
    if kind in ("star", "reddened", "step"):
        return "STAR", type_text(min(place, -0.6))
    return {
        "carbon": ("STAR", "Carbon"),
        "wd": ("STAR", "WD"),
        "galaxy": ("GALAXY", "Non"),
        "quasar": ("QSO", "Non"),
        "sky": ("Unknown", "Non"),
    }[kind]
