"""The workflow run in a folder of its own, and what its candidates.csv tells beside the truth."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.texttables import read_rows, write_rows
from mstarhash.mock.truth import read_truth
from mstarhash.peers.baselines import logistic_scores
from mstarhash.quality import kept_aside
from mstarhash.quality.unions import network_lists
from mstarhash.search.model import read_model, rows_of
from mstarhash.search.retrieval import Cuts
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.shards import identity_of_name, order_key
from mstarhash.spectra.targets import unknown_rows

OWN = (
    "score",
    "median_share",
    "union_share",
    "votes_narrow",
    "in_narrow_union",
    "in_union",
    "votes",
    "snr_r",
    "p_m",
)  # columns of candidates.csv that are kept
BESIDE = ("logistic", "logistic_plain")  # PCA and logistic regression, on degraded copies too and without them
BESIDE += ("network_median_share", "network_votes_narrow", "network_votes")  # as of OWN, by the network's own bits
MOCK = ("file", "wanted", "source", *OWN, *BESIDE)
REAL = ("file", "wanted", "half", *OWN)
NO_INPUT = dict.fromkeys(("catalogue", "gaia", "twomass", "wise", "labels"))


def fresh(folder):
    """An empty folder in which the workflow can run: its scripts and config are links to those of this one."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in ("scripts", "config"):
        (folder / part).symlink_to(Path(part).resolve())
    return folder


def search(args, folder, changes):
    """Run the workflow to candidates.csv in a folder, on one core; returns the rows of that table as dicts.

    changes: laid over the config, as a dict.
    """
    own = {
        "results": "results",
        "templates": str(Path(args.source).resolve()),
        "catalogue": {"earlier": None},
        "manifest": {"shards": 1},
    }
    (folder / "settings.yaml").write_text(args.settings)
    (folder / "changes.yaml").write_text(json.dumps(own | changes, indent=1))
    configs = [folder / "settings.yaml", *([args.overlay] if args.overlay else []), folder / "changes.yaml"]
    words = ["snakemake", "--snakefile", Path("Snakefile").resolve(), "--directory", folder, "--cores", "1"]
    words += ["--profile", "none", "--workflow-profile", "none", "--show-failed-logs", *shlex.split(args.software)]
    words += ["--configfile", *(Path(path).resolve() for path in configs), "--", "results/candidates/candidates.csv"]
    if shutil.which(words[0]) is None:
        raise InputError("no command snakemake on the path")
    if subprocess.run(list(map(str, words)), stdout=sys.stderr).returncode:
        raise InputError(f"the workflow in {folder} failed; its words are above")
    return read_rows(folder / "results/candidates/candidates.csv")


def mock(args):
    """Rows of MOCK of a mock survey, in the order of candidates.csv."""
    folder = fresh(args.folder)
    results = with_templates(folder, args.templates)
    changes = {"input": {"kind": "mock", "spectra": []} | NO_INPUT}
    changes["survey"] = {"seed": args.survey_seed, "gzip_fraction": 0.0}  # packing takes time and changes no number
    return judged(search(args, folder, changes), results, args)


def own(args):
    """Rows of MOCK of the run itself, its files called as a trial calls them."""
    results = Path(args.results)
    rows = judged(read_rows(results / "candidates/candidates.csv"), results, args)
    return [row | {"file": row["file"].replace(f"{args.results}/", "results/", 1).removesuffix(".gz")} for row in rows]


def aside(args):
    """The same of a survey kept aside, as many spectra as the mock survey's, with its share of wanted ones and its S/N."""
    folder = fresh(args.folder)
    results = with_templates(folder, args.templates)
    survey = json.loads(args.settings)["survey"]
    numbers = (survey[key] for key in ("n_unknown", "m_fraction", "snr_median", "snr_sigma"))
    copied = kept_aside.make(args.real, (folder / "files").resolve(), args.survey_seed, *numbers)
    wanted = {file: one.wanted for file, one in copied.items()}
    given = NO_INPUT | {"kind": "lamost", "spectra": [str((folder / "files").resolve() / "*.fits")]}
    rows = beside_others(search(args, folder, {"input": given}), wanted, results, args)
    # files are called the same wherever the folder is
    return [row | {"file": Path(row["file"]).name, "source": copied[row["file"]].name} for row in rows]


def with_templates(folder, templates):
    """The folder of a run's results, with the template spectra that are there already."""
    results = folder / "results"
    (results / "templates").mkdir(parents=True)
    (results / "templates/templates.h5").symlink_to(Path(templates).resolve())
    return results


def judged(rows, results, args):
    """Rows of MOCK of those of candidates.csv, by the truth of a mock survey."""
    truth = read_truth(results / "survey/truth.csv", args.target)
    return beside_others(rows, {file: told["wanted"] for file, told in truth.items()}, results, args)


def beside_others(rows, wanted, results, args):
    """Rows of MOCK of those of candidates.csv; wanted: {file: bool}."""
    scores = of_files(results, args.seed)
    for row in rows:
        row |= {"wanted": int(wanted[row["file"]]), "source": ""}
        row |= {key: f"{value:.6g}" for key, value in zip(BESIDE, scores[row["file"]], strict=True)}
    return [{key: row[key] for key in MOCK} for row in rows]


def of_files(results, seed):
    """{file: scores, as BESIDE} of the unclassified spectra of a run."""
    sets = results / "positives/positives.h5", results / "negatives/negatives.h5"
    model, cuts = read_model(results / "train/model.h5"), Cuts.read(results / "retrieve/cuts.h5")
    with Sample(sorted((results / "rebin").glob("*.h5"))) as sample:
        rows = unknown_rows(sample)
        identities = sample.columns(["file", "order"])
        files, order = (identities[key][rows] for key in ("file", "order"))
        x = sample.rows("features", rows)
    codes = model.network_codes(x, rows_of(model.labelled, (files, order)))
    lists = network_lists(model, cuts, codes)
    scores = [*logistic_scores(*sets, x, seed), *(lists[key.removeprefix("network_")] for key in BESIDE[2:])]
    return dict(zip(files.tolist(), np.transpose(scores).tolist(), strict=True))


def real(args):
    """Rows of REAL: spectra listed in labels.csv, all of them unclassified for the search.

    half: quoted or tuning, by the hash of the file's name, so that what was tuned on is never what is quoted.
    """
    source, folder = Path(args.real).resolve(), fresh(args.folder)
    known = {str(source / row["file"]): row for row in read_rows(source / "labels.csv")}
    lines = ["lmjd,planid,spid,fiberid,class,subclass"]
    lines += [",".join([*identity_of_name(file), "Unknown", "Non"]) for file in known]
    hidden = folder.resolve() / "hidden.csv"
    hidden.write_text("\n".join(lines) + "\n")
    globs = sorted({str(Path(file).parent / "*.fits*") for file in known})
    given = NO_INPUT | {"kind": "lamost", "spectra": globs, "catalogue": str(hidden)}
    rows = search(args, folder, {"input": given, "train": {"model": str(Path(args.model).resolve())}})
    rows = [row for row in rows if row["file"] in known and known[row["file"]]["is_m"]]  # where it can be told
    for row in rows:
        told = known[row["file"]]
        row |= {"file": told["file"], "wanted": told["is_m"], "snr_r": told["snr_r"], "half": half_of(told["file"])}
    return [{key: row[key] for key in REAL} for row in rows]


def half_of(file):
    """`quoted` for an even 64-bit blake2b of the file's name, `tuning` for an odd one."""
    return "tuning" if order_key(Path(file).name) % 2 else "quoted"


def write(path, rows):
    """A CSV of dicts with the same keys."""
    if not rows:
        raise InputError("no unclassified spectrum was searched")
    write_rows(path, list(rows[0]), rows)
