"""scripts/query.py on a finished run."""

import csv
import subprocess
import sys


def rows_of(path):
    with open(path, newline="") as source:
        return list(csv.DictReader(source))


def test_neighbours_of_the_best_candidate_are_m_stars(finished):
    best = rows_of(finished / "results/candidates/candidates.csv")[0]["file"]
    command = [sys.executable, "scripts/query.py", best, "--nearest", "7", "--output", "found/near.png"]
    done = subprocess.run(command, cwd=finished, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = rows_of(finished / "found/near.csv")
    for kind in ("labelled", "unclassified"):
        part = [row for row in rows if row["set"] == kind]
        assert [row["nearest"] for row in part] == [str(k) for k in range(1, 8)]
        distance = [int(row["distance"]) for row in part]
        assert distance == sorted(distance) and best not in [row["file"] for row in part]
    assert sum(row["wanted"] == "1" for row in rows) >= 6
    assert all(row["p_m"] and row["rank"] for row in rows if row["set"] == "unclassified")
    assert (finished / "found/near.png").read_bytes().startswith(b"\x89PNG")
    assert f"{sum(row['wanted'] == '1' for row in rows)} of the 7 nearest labelled" in done.stdout
