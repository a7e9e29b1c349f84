"""The same seed gives the same bytes, whatever the cores and without the truth; another number of shards changes next to nothing."""

import h5py
import numpy as np
import pytest
from mstarhash.search.metrics import average_precision
from project import CANDIDATES, SHARDED, TO_CATALOGUE, link_project, rows, run, same

CATALOGUE = [f"results/catalogue/{name}" for name in ("spectra.fits", "spectra.csv", "objects.fits")]


def test_one_core_and_no_truth_give_the_same_bytes(tiny, tmp_path):
    folder = link_project(tiny, tmp_path / "again", fits=True)
    (folder / "results/survey/truth.csv").unlink()
    run(folder, *TO_CATALOGUE, "--cores", "1", "--forcerun", "manifest", "--configfile", "tiny.yaml")
    assert not (folder / "results/survey/truth.csv").exists()
    for path in (CANDIDATES, *CATALOGUE, *SHARDED):
        assert (folder / path).stat().st_ino != (tiny / path).stat().st_ino, path
    assert same(folder, tiny, [CANDIDATES, *CATALOGUE, *SHARDED]) == []


def test_only_judges_read_the_truth(tiny):
    done = run(tiny, "--configfile", "tiny.yaml", "--dry-run", "--forceall", "--printshellcmds")
    commands = [line for line in done.stdout.splitlines() + done.stderr.splitlines() if "truth.csv" in line]
    commands = {line.split("scripts/")[1].split(".py")[0] for line in commands if "scripts/" in line}
    assert commands == {"survey", "evaluate", "figures"}


def test_another_seed_gives_other_candidates(tiny, reseeded):
    first, second = (rows(folder / CANDIDATES) for folder in (tiny, reseeded))
    assert {row["file"] for row in first} == {row["file"] for row in second}
    assert [row["p_m"] for row in first] != [row["p_m"] for row in second]
    assert same(tiny, reseeded, ["results/positives/positives.h5"]) == []


@pytest.fixture(scope="module")
def one_shard(finished, tmp_path_factory):
    """`finished`, whose sample is in three shards, again in one."""
    folder = link_project(finished, tmp_path_factory.mktemp("seeds") / "one", fits=True)
    (folder / "one.yaml").write_text("manifest: {shards: 1}")
    run(folder, CANDIDATES, "--configfile", "config/small.yaml", "one.yaml")
    return folder


def codes(folder, shards):
    """Files and codes of all shards, in order."""
    files, words = [], []
    for number in range(shards):
        with h5py.File(folder / f"results/encode/{number:04d}.h5") as source:
            files += source["file"].asstr()[:].tolist()
            words.append(source["codes"][:])
    return files, np.concatenate(words)


def test_number_of_shards_changes_next_to_no_bit(finished, one_shard):
    (files, three), (again, one) = codes(finished, 3), codes(one_shard, 1)
    assert files == again and three.shape == one.shape
    other = np.unpackbits((three ^ one).view("u1")).mean()
    assert other < 1e-4


def precision(folder):
    truth = {row["file"]: row["is_m"] == "1" for row in rows(folder / "results/survey/truth.csv")}
    found = rows(folder / CANDIDATES)
    return average_precision([-int(row["rank"]) for row in found], [truth[row["file"]] for row in found])


def test_number_of_shards_changes_the_ranking_by_next_to_nothing(finished, one_shard):
    assert abs(precision(finished) - precision(one_shard)) < 0.002
