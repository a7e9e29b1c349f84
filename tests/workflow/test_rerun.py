"""What an edit reruns: its own step and what follows, and nothing else."""

import os
from functools import partial

import pytest
import yaml
from project import link_project, scheduled_each

SHARDS = 3  # of config/small.yaml
A_JOB_A_SHARD = ["ingest", "rebin", "encode", "retrieve_count", "retrieve", "match", "measure_released", "measure"]


def jobs(words):
    """{rule: jobs} of rules named in a text."""
    return {name: SHARDS if name in A_JOB_A_SHARD else 1 for name in words.split()}


# What follows, from the end to the start of the chain.
FIGURES = "figures claims report all"  # the ledger reads the numbers of Figs. 9 and 10
CATALOGUE = "catalogue report all"
KINEMATICS = "kinematics catalogue figures claims report all"
ACTIVITY = f"activity {KINEMATICS}"
LUMINOSITY = f"luminosity {ACTIVITY}"
CROSSMATCH = f"crossmatch {LUMINOSITY}"
MEASURE = f"measure_released measure {CROSSMATCH}"
CANDIDATES = f"candidates inspect evaluate measure {CROSSMATCH}"
MODEL = f"train encode retrieve_count retrieve_cut retrieve match {CANDIDATES}"
REBIN = f"rebin positives negatives measure_released {MODEL}"  # velocities by averages of the positives
INGEST = f"ingest {REBIN}"
SURVEY = f"survey manifest {INGEST}"

EDITS = {  # text laid over the config: rules that it reruns
    "survey: {seed: 2}": SURVEY,
    "ingest: {min_good: 0.6}": INGEST,
    "ingest: {zero_run: 5}": INGEST,
    "rebin: {step: 2.0e-4}": REBIN,
    "rebin: {smooth: 5.0}": REBIN,
    "positives: {seed: 2}": f"positives measure_released {MODEL}",
    "negatives: {seed: 2}": f"negatives {MODEL}",
    "train: {bits: 128}": MODEL,
    "retrieve: {narrow: 0.03}": f"retrieve_count retrieve_cut retrieve {CANDIDATES}",
    "match: {floor: 0.1}": MODEL,  # the regressions learn from such fits
    "candidates: {ranking: votes}": CANDIDATES,
    "candidates: {prior: 0.05}": CANDIDATES,
    "inspect: {next: 40}": "inspect report all",
    "measure: {rv_floor: 5.0}": MEASURE,
    "crossmatch: {radius: 4.0}": CROSSMATCH,
    "luminosity: {dwarf_m_g: 6.0}": LUMINOSITY,
    "activity: {min_ew: 0.8}": ACTIVITY,
    "kinematics: {bin: 50.0}": KINEMATICS,
    "catalogue: {etable_values: g19}": CATALOGUE,
    "figures: {dpi: 90}": FIGURES,
    "target: WD": "positives negatives train encode retrieve_count retrieve_cut retrieve match "
    "candidates inspect evaluate figures report all",
    "evaluate: {seed: 2}": "evaluate figures claims report all",
    "rebin: {step: 2.0e-4}\nfigures: {dpi: 90}": REBIN,
    "{}": "",
    "survey: {zero_tail: 0.50, n_unknown: 600, zero_blocks: 3.0e-2}": "",  # the same numbers
    "crossmatch: {radius: 5, spectra_epoch: 2000}\nmeasure: {rv_large: 600}": "",  # 5 for 5.0
}


FILES = {
    "scripts/mstarhash/stars/separators.py": LUMINOSITY,
    "scripts/mstarhash/measure/velocity.py": MEASURE,
    "scripts/mstarhash/measure/zeta.py": MEASURE,
    "scripts/mstarhash/search/metrics.py": "evaluate figures claims report all",
    "scripts/mstarhash/figures/neighbours.py": FIGURES,
    "scripts/train.py": MODEL,
    "scripts/inspection.html": "inspect report all",
    "config/catalogue.schema.json": CATALOGUE,
    "config/field_values.csv": FIGURES,
    "config/claims.csv": "claims report all",
    "scripts/mstarhash/figures/captions.py": "report all",
    "config/templates.csv": f"templates {SURVEY}",
}


def overlay(text, finished, folder):
    """An overlay beside the finished run, as users edit the config."""
    folder.with_suffix(".yaml").write_text(text)
    return finished, folder.with_suffix(".yaml")


def longer(path, finished, folder):
    """A copy with a blank line more in one file."""
    with open(link_project(finished, folder) / path, "a") as file:
        file.write("\n")
    return (folder,)


def turned(finished, folder):
    """A copy with all sections and keys in the opposite order, and new times of all scripts."""
    path = link_project(finished, folder) / "config/config.yaml"
    parts = reversed(yaml.safe_load(path.read_text()).items())
    config = {name: dict(reversed(part.items())) if isinstance(part, dict) else part for name, part in parts}
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    for script in (folder / "scripts").rglob("*.py"):
        os.utime(script)
    return (folder,)


CASES = {text: (partial(overlay, text), rules) for text, rules in EDITS.items()}
CASES |= {path: (partial(longer, path), rules) for path, rules in FILES.items()}
CASES["keys in another order, scripts touched"] = turned, ""


@pytest.fixture(scope="module")
def plans(finished, tmp_path_factory):
    """{case: {rule: jobs}} by dry runs."""
    cases = []
    for number, (change, _) in enumerate(CASES.values()):
        folder, *more = change(finished, tmp_path_factory.mktemp("rerun") / str(number))
        cases.append((folder, "--configfile", "config/small.yaml", *more))
    return dict(zip(CASES, scheduled_each(cases), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_edit_reruns_its_step_and_what_follows(plans, case):
    assert plans[case] == jobs(CASES[case][1])
