"""Write docs/formats.md: every file of the chain with its datasets or columns, and what they mean.

Meanings, units and shapes in words are those of config/formats.csv; types are those of a finished run, against which
names and shapes are checked as well.

    python scripts/format_reference.py --results results
"""

import argparse
import csv
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from mstarhash.common import status
from mstarhash.common.configuration import Parser
from mstarhash.common.errors import InputError, exit_code
from mstarhash.measure import measure_flags
from mstarhash.stars import star_flags

HEAD = """# Files of a run

Every path is under the folder of the config key `results`; NNNN is the number of a shard. This page is made by
`python scripts/format_reference.py` from `config/formats.csv` and a finished run. The products and columns of
`catalogue/` are in [catalogue.md](catalogue.md).

HDF5: rows are spectra unless said otherwise, in one order for the whole run: by hash of the identity, then by file.
Texts are UTF-8 of fixed length. A missing number is NaN, a missing text is empty. Sizes: n rows, w the widest spectrum
of the shard, p pixels of the common grid, d features, q queries, s shards, bits the length of a code, t averages, m labelled
spectra with copies, e scores, i values of class evidence, j indices that tell a subtype, r stars of these, g code targets, h hidden units, x released spectra of the likelihood score, c
bins of their fit, k modes of left-over sky, o objects.
"""

FILES = (  # heading, pattern, a sentence
    ("templates/templates.h5", "templates/templates.h5", "A group a template, named after it; attributes: what it is."),
    ("survey/files.tsv", "survey/files.tsv", "Files of the mock survey."),
    ("survey/truth.csv", "survey/truth.csv", "What each spectrum of the mock survey really is."),
    ("manifest/NNNN.tsv", "manifest/*.tsv", "The files of a shard."),
    ("ingest/NNNN.h5", "ingest/*.h5", "The spectra of a shard as observed."),
    ("ingest/NNNN.status.tsv", "ingest/*.status.tsv", "What became of each listed file."),
    ("rebin/NNNN.h5", "rebin/*.h5", "The spectra of a shard on the common grid."),
    ("positives/positives.h5", "positives/positives.h5", "Positive set: a spectrum, then its degraded copies."),
    ("positives/averages.h5", "positives/averages.h5", "Mean spectra of the clusters of the wanted class."),
    ("positives/clusters.csv", "positives/clusters.csv", "The clusters."),
    ("positives/defects.csv", "positives/defects.csv", "Defective spectra and clusters."),
    ("positives/table1.csv", "positives/table1.csv", "Positives by subtype and S/N."),
    ("negatives/negatives.h5", "negatives/negatives.h5", "Negative set: a spectrum, then its degraded copies."),
    ("train/model.h5", "train/model.h5", "All that scoring needs."),
    ("encode/NNNN.h5", "encode/*.h5", "Codes of the unclassified spectra of a shard."),
    ("retrieve/NNNN.counts.h5", "retrieve/*.counts.h5", "Distances counted in a shard."),
    ("retrieve/cuts.h5", "retrieve/cuts.h5", "Where the lists of each query end."),
    (
        "retrieve/NNNN.h5",
        "retrieve/[0-9]*[0-9].h5",
        "Votes, rank shares and nearest labelled spectra of the unclassified spectra of a shard.",
    ),
    ("match/NNNN.h5", "match/*.h5", "Fits of averages to the unclassified spectra of a shard."),
    ("candidates/candidates.csv", "candidates/candidates.csv", "Every unclassified spectrum, best first."),
    ("candidates/summary.csv", "candidates/summary.csv", "Counts of the search."),
    ("candidates/calibration.csv", "candidates/calibration.csv", "P by the log odds of the fusion."),
    (
        "inspect/index.html",
        "inspect/index.html",
        "The best candidates with small spectra, keys that label them, and where to stop.",
    ),
    ("measure/NNNN.released.h5, NNNN.candidates.h5", "measure/*.h5", "Measured stars of a shard."),
    ("crossmatch/crossmatch.h5", "crossmatch/crossmatch.h5", "Measured stars of all shards, with their sources."),
    ("luminosity/luminosity.h5", "luminosity/luminosity.h5", "The same rows: giant or dwarf."),
    ("luminosity/boundaries.csv", "luminosity/boundaries.csv", "Boundaries and how well they do."),
    ("activity/activity.h5", "activity/activity.h5", "The same rows: magnetic activity."),
    ("activity/fractions.csv", "activity/fractions.csv", "Active stars counted."),
    ("kinematics/kinematics.h5", "kinematics/kinematics.h5", "The same rows: space motions; `objects/`: of objects."),
    ("kinematics/dispersions.csv", "kinematics/dispersions.csv", "Velocity dispersions by height."),
    (
        "catalogue/changes.csv",
        "catalogue/changes.csv",
        "Spectra that are new, changed or removed since an earlier release.",
    ),
    ("evaluate/ranking.csv", "evaluate/ranking.csv", "How good each ranking is."),
    ("evaluate/curves.csv", "evaluate/curves.csv", "Recall and precision along each ranking."),
    ("evaluate/reliability.csv", "evaluate/reliability.csv", "Probabilities against what is true."),
    (
        "evaluate/union.csv",
        "evaluate/union.csv",
        "Size and completeness of the union of all lists, by the share of each.",
    ),
    ("evaluate/peers.csv", "evaluate/peers.csv", "Other methods on the same spectra (`snakemake full`)."),
    ("evaluate/peers_bins.csv", "evaluate/peers_bins.csv", "The same by S/N, subtype and luminosity class."),
    ("evaluate/bits.csv", "evaluate/bits.csv", "The bits of the codes of each hash method (`snakemake full`)."),
    ("evaluate/hash_properties.csv", "evaluate/hash_properties.csv", "What a good hash should be, in numbers."),
    (
        "evaluate/accuracy_recall.csv",
        "evaluate/accuracy_recall.csv",
        "Accuracy against recall of single queries (`snakemake full`).",
    ),
    ("evaluate/accuracy_area.csv", "evaluate/accuracy_area.csv", "Areas under these curves."),
    ("trial/ROW-SEED.csv", "trial/*-*.csv", "The search of another mock survey, best first (`snakemake full`)."),
    ("trial/real.csv", "trial/real.csv", "The search of real spectra by the model of the mock survey, likewise."),
    (
        "evaluate/robustness.csv",
        "evaluate/robustness.csv",
        "The ranking on worse surveys, and on real spectra (`snakemake full`).",
    ),
    ("evaluate/pooled.csv", "evaluate/pooled.csv", "Mock surveys of several seeds taken together (`snakemake full`)."),
    ("evaluate/aside.csv", "evaluate/aside.csv", "Surveys of real spectra and templates (`snakemake full`)."),
    (
        "evaluate/pooled_reliability.csv",
        "evaluate/pooled_reliability.csv",
        "P(M) of all these surveys against what is true (`snakemake full`).",
    ),
    ("pulls/pulls.csv", "pulls/pulls.csv", "Deviations over errors, by injection and by repeats (`snakemake full`)."),
    (
        "completeness/completeness.csv",
        "completeness/completeness.csv",
        "Injected M stars recovered (`snakemake full`).",
    ),
    ("completeness/purity.csv", "completeness/purity.csv", "Impostors that enter the list (`snakemake full`)."),
    (
        "completeness/check.csv",
        "completeness/check.csv",
        "The table against the mock survey's M stars (`snakemake full`).",
    ),
    ("claims/claims.csv", "claims/*.csv", "The paper's numbers and statements, and ours."),
    ("figures/figNN.csv", "figures/fig[01]*.csv", "Numbers behind a figure."),
    ("bench/bench.csv", "bench/bench.csv", "Timings beside those of other software (`snakemake bench`)."),
)
ROWS = (  # `rows` in the table: files with a row a spectrum, which begins with its identity
    "ingest/*.h5 rebin/*.h5 positives/positives.h5 negatives/*.h5 encode/*.h5 retrieve/[0-9]*[0-9].h5 match/*.h5 "
    "measure/*.h5 crossmatch/*.h5 luminosity/*.h5 activity/*.h5 kinematics/*.h5"
)
ROOT = {"schema_version", "config_hash", "step"}


def read_meanings(path="config/formats.csv"):
    """The rows of the table of meanings as dicts; `files`: patterns of paths; `name`: of a dataset, column or @attribute."""
    with open(path, newline="", encoding="utf-8") as source:
        return [row | {"files": row["files"].replace("rows", ROWS).split()} for row in csv.DictReader(source)]


def meanings_of(path, meanings):
    """Those of a relative path (or of a pattern of FILES), in their order."""
    return [row for row in meanings if any(path == one or fnmatchcase(path, one) for one in row["files"])]


def contents(path):
    """{name: (type, shape)} of the datasets of an HDF5 file, and of its root attributes, these with @."""
    import h5py
    from mstarhash.spectra.hdf5 import open_h5

    with open_h5(path) as source:
        found = {f"@{name}": (_type(value), ()) for name, value in source.attrs.items()}

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                text = h5py.check_string_dtype(item.dtype) is not None
                found[name] = ("text" if text else item.dtype.name, item.shape)

        source.visititems(visit)
    return found


def _type(value):
    return "text" if isinstance(value, str) else getattr(getattr(value, "dtype", None), "name", type(value).__name__)


def shape_faults(words):
    """Sentences on shapes that are not as told in words; words: [(name, "n, p", (3, 7))]."""
    faults, later, sizes = [], [], {}
    for name, text, shape in words:
        parts = text.split(", ") if text else []
        if len(parts) != len(shape):
            faults.append(f"{name}: {shape}, told as ({text})")
            continue
        for part, size in zip(parts, shape, strict=True):
            if " " in part:  # such as bits / 64: when all sizes are known
                later.append((name, part, size))
            elif size != (int(part) if part.isdigit() else sizes.setdefault(part, size)):
                faults.append(f"{name}: {part} is {sizes.get(part, part)}, here {size}")
    for name, part, size in later:
        symbol, sign, number = part.split()
        if symbol in sizes:
            told = sizes[symbol] + int(number) if sign == "+" else -(-sizes[symbol] // int(number))
            if told != size:
                faults.append(f"{name}: {part} is {told}, here {size}")
    return faults


def check(folder, meanings):
    """({pattern: {name: type}}, [fault]) of all files of a finished run."""
    types, faults = {}, []
    for path in sorted(path for path in Path(folder).glob("*/*") if path.suffix in (".h5", ".csv", ".tsv")):
        name = path.relative_to(folder).as_posix()
        entry = next((entry for entry in FILES if fnmatchcase(name, entry[1])), None)
        if entry is None:
            if path.suffix == ".h5":
                faults.append(f"{name}: no such file is told of")
            continue
        known = meanings_of(name, meanings)
        if path.suffix == ".h5":
            found = contents(path)
            faults += [f"{name}: no root attribute {key}" for key in sorted(ROOT) if f"@{key}" not in found]
        else:
            with open(path, newline="", encoding="utf-8") as source:
                head = source.readline().rstrip("\n").split("\t" if path.suffix == ".tsv" else ",")
            found = {column: ("", ()) for column in head}
        matched, words = {}, []
        for key, (kind, shape) in found.items():
            row = next((row for row in known if fnmatchcase(key, row["name"])), None)
            if row is None:
                faults.append(f"{name}: {key} has no meaning in config/formats.csv")
                continue
            matched[row["name"]] = kind
            if "*" not in row["name"] and path.suffix == ".h5":
                words.append((f"{name}: {key}", row["shape"], shape))
        missing = [row["name"] for row in known if row["name"] not in matched]
        faults += [f"{name}: {key} is told of, and not there" for key in missing]
        faults += shape_faults(words)
        types.setdefault(entry[1], {}).update(matched)
    return types, faults


def page(types, meanings):
    """The page as text. types: from `check`."""
    lines = [HEAD]
    for heading, pattern, sentence in FILES:
        lines += [f"## {heading}", "", sentence, ""]
        rows = [
            row for row in meanings if pattern in row["files"] or any(fnmatchcase(pattern, p) for p in row["files"])
        ]
        found = types.get(pattern, {})
        if not rows:
            continue
        if pattern.endswith(".h5"):
            lines += ["| dataset | shape | type | unit | meaning |", "|---|---|---|---|---|"]
            for row in rows:
                kind = found.get(row["name"], "")
                lines.append(f"| `{row['name']}` | {row['shape']} | {kind} | {row['unit']} | {row['meaning']} |")
        else:
            lines += ["| column | unit | meaning |", "|---|---|---|"]
            lines += [f"| `{row['name']}` | {row['unit']} | {row['meaning']} |" for row in rows]
        lines.append("")
    lines += ["## Bits of flags and mask", ""]
    for title, bits in (
        ("`flags` of ingest and rebin, `flags_ingest` of measure", dict(enumerate(status.FLAGS.items()))),
        ("`mask` of ingest", dict(enumerate(status.MASK.items()))),
        (
            "`flags` of measure and of the steps after it",
            {bit: (name, text) for name, (bit, text) in (measure_flags.BITS | star_flags.BITS).items()},
        ),
    ):
        lines += [f"{title}:", "", "| value | name | meaning |", "|---|---|---|"]
        lines += [f"| {1 << bit} | {name} | {text.replace('|', '&#124;')} |" for bit, (name, text) in bits.items()]
        lines.append("")
    return "\n".join(lines)


def main(argv=None):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", default="results", help="folder of a finished run (default: %(default)s)")
    parser.add_argument("--meanings", default="config/formats.csv", help="table of meanings (default: %(default)s)")
    parser.add_argument("--output", default="docs/formats.md", help="page to write (default: %(default)s)")
    args = parser.parse_args(argv)
    meanings = read_meanings(args.meanings)
    types, faults = check(args.results, meanings)
    missing = [heading for heading, pattern, _ in FILES if pattern.endswith(".h5") and pattern not in types]
    if missing:
        raise InputError(f"{args.results}: no {', '.join(missing)}; a finished run is needed")
    if faults:
        raise InputError("\n".join(faults))
    Path(args.output).write_text(page(types, meanings), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
