"""What became of the released spectra, as tables: clusters.csv, defects.csv, table1.csv (G19 Table 1)."""

import csv

import numpy as np

from mstarhash.common.snr_bins import SNR_BINS, TABLE1
from mstarhash.common.wording import is_m
from mstarhash.learn.defects import REASONS
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import split_subclass


def write_tables(clusters, drawn, released, target, name):
    """clusters.csv, defects.csv and table1.csv (the counts of G19 Table 1)."""
    number_drawn = np.bincount(clusters.label[drawn], minlength=len(clusters.members))
    kept, rejected = clusters.kept, clusters.rejected
    with open(name["clusters"], "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["cluster", "luminosity", "group", "members", "drawn", "kept"])
        for k in range(len(clusters.members)):
            luminosity = "giant" if clusters.giant[k] else "dwarf"
            group = "" if clusters.giant[k] else clusters.birch[k]
            writer.writerow([k, luminosity, group, clusters.members[k], number_drawn[k], int(kept[k])])
    with open(name["defects"], "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*IDENTITY, "what", "cluster", "rejected", "reasons"])
        for row in np.flatnonzero(clusters.bad.any(1)):
            reasons = " ".join(np.array(REASONS)[clusters.bad[row]])
            identity = [released.columns[key][row] for key in IDENTITY]
            writer.writerow([*identity, "spectrum", clusters.label[row], int(rejected[row]), reasons])
        for k in np.flatnonzero(clusters.bad_mean.any(1)):
            reasons = " ".join(np.array(REASONS)[clusters.bad_mean[k]])
            writer.writerow([""] * len(IDENTITY) + ["cluster", k, int(not kept[k]), reasons])
    with open(name["table1"], "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["subtype", "luminosity", *TABLE1, "snr_unknown"])
        subtypes = np.array([_subtype(text) for text in released.columns["subclass"][drawn]], "U16")
        snr, giant = released.columns["snr_r"][drawn], released.giant[drawn]
        for subtype in [f"M{k}" for k in range(10)] if is_m(target) else sorted(set(subtypes)):
            for label, luminosity in (("g", True), ("d", False)):
                mine = (subtypes == subtype) & (giant == luminosity)
                counts = [int((mine & (snr >= low) & (snr < high)).sum()) for low, high in SNR_BINS.values()]
                writer.writerow([subtype, label, *counts, int((mine & np.isnan(snr)).sum())])


def _subtype(text):
    """Subclass without prefix and fraction: M3, WD."""
    _, letters, number = split_subclass(text)
    return letters if np.isnan(number) else f"{letters}{int(number)}"
