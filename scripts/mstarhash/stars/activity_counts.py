"""Activity of the objects, and the shares of active dwarfs by subtype and S/N (FIELD 6)."""

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.common.snr_bins import WITH_ALL
from mstarhash.stars import activity_rules
from mstarhash.stars.deconvolution import Deconvolution
from mstarhash.stars.kinematics import combined
from mstarhash.stars.measured import n_new, primaries, source_of


def light(table, active, width, error):
    """L_Halpha / L_bol and its error, of active stars."""
    on_templates = table["subtype"] - table["subtype_zero"]  # the scale of the types by which chi is tabulated
    ratio = activity_rules.luminosity(width, error, on_templates)
    return {
        key: np.where(active == 1, values, np.nan)
        for key, values in zip(("lha_lbol", "lha_lbol_err"), ratio, strict=True)
    }


def of_objects(table, columns, usable, min_ew, west_ew, west_peak):
    """Columns of the objects: the mean width of all their spectra and the class that it tells, where one of the spectra
    tells it; all else is the primary spectrum's.

    table, columns: of the spectra; usable: (n,) bool; min_ew, west_ew, west_peak: as for `guo` and `west`.
    """
    best = primaries(table)
    stars = {key: values[best] for key, values in (table | columns).items()}
    once = np.where(table["duplicate_of"] == "", table["ewha"], np.nan)  # other files of one exposure tell nothing new
    keys = ("ewha", "ewha_err", "ewha_chi2", "n_ew")
    stars |= dict(zip(keys, combined(table["object"], once, table["ewha_err"], len(best)), strict=True))
    told = np.bincount(table["object"], usable & np.isfinite(once), len(best)) > 0
    stars["told"] = told & (stars["giant"] != 1)
    stars["active"] = activity_rules.guo(stars["ewha"], stars["told"], min_ew)
    stars["active_west"] = activity_rules.west(
        stars["ewha"], stars["ewha_err"], stars["ha_peak_snr"], stars["told"], west_ew, west_peak
    )
    stars["source"] = source_of(n_new(table, len(best)), np.bincount(table["object"]))
    return stars | light(stars, stars["active"], stars["ewha"], stars["ewha_err"])


def fractions(stars, usable, number, min_ew, confidence, bootstrap, seed):
    """Yield rows of fractions.csv, one a sample, rule, subtype and bin of S/N at H-alpha. Stars are counted, beside them the
    spectra that tell of them.

    stars: as from `of_objects`; usable: (n,) bool, spectra that tell; number: (n,) their objects; confidence: of the Wilson
    intervals; bootstrap: draws for the error of the share without noise, where all subtypes or all S/N are together.
    """
    whole = np.floor(stars["subtype"] + 0.5)
    spectra = np.bincount(number, usable, len(whole)).astype(int)
    kinds = [("all", np.isfinite(whole))] + [(f"M{k}", whole == k) for k in range(10)]
    for sample in ("all", "released", "new"):
        dwarf = ((stars["source"] == sample) | (sample == "all")) & (stars["giant"] != 1)
        for kind, inside in kinds:
            for bin_name, (low, high) in WITH_ALL.items():
                chosen = dwarf & inside & stars["told"] & (stars["snr_ha"] >= low) & (stars["snr_ha"] < high)
                untold = (dwarf & inside & ~stars["told"]).sum() if bin_name == "all" else 0
                draws = bootstrap if "all" in (kind, bin_name) else 0
                for rule in ("active", "active_west"):
                    row = count(stars, rule, chosen, min_ew, confidence, draws, seed)
                    row |= {"sample": sample, "subtype": kind, "snr": bin_name, "untold": int(untold)}
                    yield row | {"spectra": spectra[chosen].sum()}


def count(stars, rule, chosen, min_ew, confidence, bootstrap, seed):
    """Active stars, their share with its Wilson interval, and for the plain rule the share without the noise of EW.

    chosen: (n,) bool; bootstrap: draws for the error of that share, 0: none.
    """
    total, found = int(chosen.sum()), int((stars[rule][chosen] == 1).sum())
    fraction, low, high = wilson(found, total, confidence)
    width, error = stars["ewha"][chosen], stars["ewha_err"][chosen]
    row = {"rule": {"active": "g19", "active_west": "west"}[rule], "active": found, "total": total}
    row |= {"fraction": fraction, "low": low, "high": high, "corrected": np.nan, "corrected_err": np.nan}
    row["ew_err"] = np.median(error) if total else np.nan
    if rule == "active" and total:
        found = Deconvolution(width, error, min_ew)
        row["corrected"] = found.share()
        if bootstrap:
            row["corrected_err"] = found.error(bootstrap, np.random.default_rng(seed))
    return row
