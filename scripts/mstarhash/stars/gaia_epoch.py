"""The epoch of the positions of a Gaia table: by its values, not by the name of a column alone."""

import numpy as np

from mstarhash.stars.source_columns import OF_2000

RELEASES = {"DR1": 2015.0, "DR2": 2015.5, "DR3": 2016.0, "DR4": 2017.5}  # Julian years of the catalogues' positions
NAMES = {"ref_epoch", "refepoch"}  # Gaia's own; in any case
GENERAL = {"epoch", "ep"}  # may be of anything: a visit, the uploaded targets, a period
LOW, HIGH = 1990.0, 2050.0  # years of which a Gaia table's positions can be


def column_and_epoch(table, ra, told, configured):
    """(name of the column of epochs or None, epoch [yr] where it has none, words for the log).

    table: TableFile; ra: name of the column of right ascension; told: release that the ids tell, or None; configured:
    that of `input.gaia_release`.
    """
    if ra.lstrip("_").upper() in OF_2000:
        return None, 2000.0, f"2000.0 (positions {ra} are of 2000)"
    remarks = []
    for name in table.names:
        key = name.lower().replace(" ", "_")
        if key not in NAMES | GENERAL:
            continue
        values = table.column(name)
        if not values.count():
            continue
        if values.dtype.kind not in "iuf":
            remarks.append(f"; {name} is not taken, it holds no numbers ('{values.compressed()[0]}')")
            continue
        years = np.asarray(values.compressed(), float)
        seen = years[(years > LOW) & (years < HIGH)]
        of_release = next((label for label, year in RELEASES.items() if (np.abs(years - year) < 1e-3).all()), None)
        if key in NAMES and len(seen) or of_release:
            middle = float(np.median(seen))
            words = f"{seen.min():g}" if seen.min() == seen.max() else f"{seen.min():g} to {seen.max():g}"
            return name, middle, f"{words} (from {name})"
        remarks.append(f"; {name} is not taken, with values like {years[0]:g} it is not of Gaia's positions")
    release, why = (told, "as its ids tell") if told else (configured, "input.gaia_release; the table tells none")
    return None, RELEASES[release], f"{RELEASES[release]} ({release}, {why}){''.join(remarks)}"
