"""Damaged files are set aside with a reason and the run goes on; what a user must mend is one line that names its key."""

import os
import shutil

import h5py
import make_data
import pytest
import yaml
from project import CANDIDATES, FITS, TEMPLATES, copy_project, dry_runs, link_project, listed, rows, run


@pytest.fixture(scope="module")
def damaged(lamost, tmp_path_factory):
    """`lamost` with a folder bad/ of damaged and odd files beside the good ones; file: (status, words or flags)."""
    folder = link_project(lamost, tmp_path_factory.mktemp("bad") / "damaged", fits=True)
    bad, expected = folder / "bad", {}
    bad.mkdir()
    expected |= {path: (status, words) for path, (status, words) in make_data.write_faults(bad).items()}
    (folder / "odd").mkdir()
    expected |= {path: ("ok", flags) for path, flags in make_data.write_flagged(folder / "odd").items()}
    good = folder / listed(lamost, "0001")[3]
    twin = shutil.copy(good, bad / good.name)
    expected |= {twin: ("ok", set()), good: ("duplicate", "same bytes")}  # bad/ comes before results/
    if os.getuid():
        closed = shutil.copy(folder / listed(lamost, "0001")[4], bad / "spec-55555-CLOSED_sp01-001.fits")
        closed.chmod(0)
        expected[closed] = ("unreadable", "permission")
    config = yaml.safe_load((folder / "mine.yaml").read_text())
    config["input"]["spectra"] += ["bad/*", "odd/*"]
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    run(folder, CANDIDATES, "--configfile", "mine.yaml")
    return folder, {str(path.relative_to(folder)): what for path, what in expected.items()}


def tables(folder, kind, name, **form):
    return [row for shard in ("0000", "0001") for row in rows(folder / f"results/{kind}/{shard}{name}", **form)]


def test_every_fault_has_its_status_and_reason(damaged):
    folder, expected = damaged
    found = {row["file"]: row for row in tables(folder, "ingest", ".status.tsv", delimiter="\t")}
    for file, (status, words) in expected.items():
        row = found[file]
        assert row["status"] == status, row
        if status == "ok":
            assert words <= set(row["flags"].split(",")), row
        else:
            assert words in row["reason"], row
    others = [row for file, row in found.items() if file not in expected]
    assert len(others) > 180 and {row["status"] for row in others} == {"ok"}


def test_totals_agree(damaged):
    folder, expected = damaged
    files = [str(path.relative_to(folder)) for part in (FITS, "bad", "odd") for path in (folder / part).rglob("*.fit*")]
    lists = tables(folder, "manifest", ".tsv", delimiter="\t")
    status = tables(folder, "ingest", ".status.tsv", delimiter="\t")
    assert sorted(files) == sorted(row["file"] for row in lists) == sorted(row["file"] for row in status)
    kept, classes = [], []
    for shard in ("0000", "0001"):
        with h5py.File(folder / f"results/ingest/{shard}.h5") as source:
            kept += source["file"].asstr()[:].tolist()
            classes += source["class"].asstr()[:].tolist()
    assert kept == [row["file"] for row in status if row["status"] == "ok"]
    unknown = [file for file, name in zip(kept, classes, strict=True) if name.lower() == "unknown"]
    assert sorted(unknown) == sorted(row["file"] for row in rows(folder / CANDIDATES))
    assert {"odd/" + make_data.file_name(fiberid=59)} < set(unknown)


@pytest.fixture(scope="module")
def empty(tiny, tmp_path_factory):
    """A project in which nothing has run, with damaged files in bad/ and some good ones in released/ and unknown/."""
    folder = copy_project(tmp_path_factory.mktemp("bad") / "empty", tiny)
    (folder / TEMPLATES).parent.mkdir(parents=True)
    os.link(tiny / TEMPLATES, folder / TEMPLATES)
    for part in ("bad", "released", "unknown", "others"):
        (folder / part).mkdir()
    make_data.write_faults(folder / "bad")
    for row in rows(tiny / "results/survey/truth.csv"):
        part = {"unknown": "unknown", "other": "others"}.get(row["role"], "released")
        os.link(tiny / row["file"], folder / part / os.path.basename(row["file"]))
    return folder


MISTAKES = {  # overlay: words of the one line
    'input: {kind: lamost, spectra: ["nowhere/*.fits"]}': "input.spectra: no file matches 'nowhere/*.fits'",
    "input: {kind: lamost}": "input.spectra is empty",
    'input: {kind: lamost, spectra: ["bad/*"], catalogue: no.csv}': "input.catalogue: no.csv: no such file",
    "input: {gaia: no.fits}": "input.gaia: no.fits: no such file",
    "input: {labels: no.csv}": "input.labels: no.csv: no such file",
    "train: {model: no.h5}": "train.model: no.h5: no such file",
    "catalogue: {earlier: no.fits}": "catalogue.earlier: no.fits: no such file",
    "catalogue: {earlier: results/catalogue/../catalogue/spectra.fits}": "is what this run writes; copy the earlier",
    "templates: no.whl": "no template spectra: no.whl is not there; run `make setup`, or set `templates`",
    "rebin: {stepp: 2.0e-4}": "unknown key 'rebin.stepp'; did you mean 'rebin.step'?",
    "survye: {seed: 2}": "unknown key 'survye'; did you mean 'survey'?",
    "rebin: {step: wide}": "rebin.step: 'wide' is not of type 'number'",
    "manifest: {shards: 2.5}": "manifest.shards: 2.5 is not of type 'integer'",
    "rebin: {step: -1}": "rebin.step: -1 is less than or equal to the minimum of 0",
    "rebin: {wave_min: 9500.0}": "rebin.wave_min must be below rebin.wave_max",
    "candidates: {ranking: vote}": "candidates.ranking: 'vote' is not one of",
    "train: {bits: 64}\nmatch: {bins: 2}\ntrain: {seed: 2}": "line 3: key 'train' stands twice",
    'input: {kind: lamost, spectra: ["bad/*"]}\nresults: /proc/none': "results: /proc/none",
}


@pytest.fixture(scope="module")
def answers(empty, tmp_path_factory):
    """{overlay: (exit code, output)}."""
    folder, cases = tmp_path_factory.mktemp("mistakes"), []
    for number, text in enumerate(MISTAKES):
        (folder / f"{number}.yaml").write_text(text)
        cases.append((empty, "--configfile", folder / f"{number}.yaml"))
    return dict(zip(MISTAKES, dry_runs(cases), strict=True))


@pytest.mark.parametrize("overlay", MISTAKES)
def test_mistake_in_the_config_is_the_last_line_that_is_said(answers, overlay):
    code, output = answers[overlay]
    last = output.strip().splitlines()[-1]
    assert code != 0 and last.startswith("error: ") and MISTAKES[overlay] in last
    assert "Traceback" not in output and "Building DAG" not in output


LACKING = {
    "bad": "none of the files of input.spectra holds a spectrum that can be used",
    "others unknown": "only 0 released spectra of class 'M', 5 are needed: give their classes by input.catalogue",
    "released unknown": "only 0 spectra of other classes than 'M', 5 are needed: give their classes by input.catalogue",
    "others released": "no unclassified spectrum (CLASS Unknown or empty) to search: give input.spectra",
}


@pytest.mark.parametrize("parts", LACKING)
def test_what_the_sample_lacks_is_one_line(empty, tmp_path, parts):
    config = {
        "results": str(tmp_path / "results"),
        "input": {"kind": "lamost", "spectra": [f"{part}/*" for part in parts.split()]},
        "manifest": {"shards": 1},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    target = f"{tmp_path}/results/positives/positives.h5", f"{tmp_path}/results/negatives/negatives.h5"
    target = target[parts.startswith(("released", "others released"))]
    (tmp_path / "results/templates").mkdir(parents=True)
    os.link(empty / TEMPLATES, tmp_path / TEMPLATES)
    done = run(empty, target, "--configfile", tmp_path / "mine.yaml", check=False)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and LACKING[parts] in lines[0]
    assert "Traceback" not in done.stderr and not (tmp_path / "results/candidates").exists()
