"""Files of the mock survey, written by several processes over fixed blocks, and its list and truth."""

import csv
import multiprocessing

import numpy as np

from mstarhash.common.progress import Progress
from mstarhash.mock.spectra import make_file

TRUTH = (
    "file", "lmjd", "planid", "spid", "fiberid", "obsid", "role", "is_m", "class", "subclass", "kind", "luminosity",
    "subtype", "m", "feh", "active", "ewha", "rv", "z", "snr", "ra", "dec", "l", "b", "distance", "ebv", "pop",
    "u", "v", "w", "pmra", "pmdec", "mag_g", "mag_r", "mag_i", "form", "gaia_source_id", "star",
)  # fmt: skip
_shared = {}


def write_files(library, sample, keys, seeds, folder, block):
    """Write every spectrum that is kept under `folder`; a dict a spectrum: file (relative), size, kept and facts, in the
    sample's order.

    Each block of spectra has its own seed, so that the bytes do not depend on the number of processes.
    """
    count = len(sample["role"])
    starts = range(0, count, block)
    _shared.update(library=library, sample=sample, keys=keys, folder=folder, block=block)
    for planid in sorted(set(sample["planid"])):
        (folder / planid).mkdir(parents=True)
    jobs = list(zip(starts, seeds.spawn(len(starts)), strict=True))
    progress, made = Progress("survey", count), []
    try:
        if keys.threads <= 1:
            results = map(_write_block, jobs)
            for part in results:
                made += part
                progress.step(len(part))
        else:
            with multiprocessing.get_context("fork").Pool(keys.threads) as pool:
                for part in pool.imap(_write_block, jobs):
                    made += part
                    progress.step(len(part))
    finally:
        _shared.clear()
    return made


def _write_block(job):
    start, seed = job
    sample, keys, folder = (_shared[key] for key in ("sample", "keys", "folder"))
    rng = np.random.default_rng(seed)
    out = []
    for i in range(start, min(start + _shared["block"], len(sample["role"]))):
        row = {key: values[i] for key, values in sample.items()}
        name, data, facts = make_file(_shared["library"], row, keys, rng)
        path = folder / row["planid"] / name
        if row["kept"]:
            path.write_bytes(data)
        out.append({"file": f"{row['planid']}/{name}", "size": len(data), "kept": row["kept"], **facts})
    return out


def write_list(name, folder, made):
    """files.tsv: path and size, sorted by path."""
    rows = sorted((f"{folder}/{facts['file']}", facts["size"]) for facts in made if facts["kept"])
    with open(name, "w") as out:
        out.write("file\tsize\n")
        out.writelines(f"{file}\t{size}\n" for file, size in rows)


def write_truth(name, folder, sample, made, stars, identifiers):
    """truth.csv: what each spectrum is; a number that is missing is empty. `stars`: row of the sample of each source."""
    source = dict(zip(stars.tolist(), identifiers.tolist(), strict=True))
    with open(name, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(TRUTH)
        for i, facts in enumerate(made):
            if not facts["kept"]:
                continue
            row = {key: values[i] for key, values in sample.items()} | facts
            star = int(row["repeat_of"]) if row["repeat_of"] >= 0 else i
            m_star = bool(row["is_m"])
            row |= {
                "file": f"{folder}/{facts['file']}",
                "is_m": int(m_star),
                "class": row["true_class"],
                "subclass": row["true_subclass"],
                "subtype": row["place"] if row["luminosity"] in ("dwarf", "giant") and row["kind"] != "sky" else np.nan,
                "m": row["m"] if row["kind"] == "dwarf" else np.nan,
                "active": int(row["active"]) if row["kind"] == "dwarf" else "",
                "gaia_source_id": source.get(star, ""),
                "star": star,
            }
            if not row["stellar"] or row["kind"] == "sky":
                row |= dict.fromkeys(("rv", "distance", "u", "v", "w", "pmra", "pmdec", "pop", "feh"), "")
            writer.writerow([_text(row[key]) for key in TRUTH])


def _text(value):
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.9g}" if abs(value) < 1e4 else f"{value:.6f}"
    return str(value)
