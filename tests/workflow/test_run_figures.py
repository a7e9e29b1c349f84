"""The figures of a finished run."""

import csv

from mstarhash.figures.captions import FIGURES

PAPER = {f"fig{number:02d}" for number in (2, 6, 7, *range(9, 19))}
OWN = {"candidates", "ranking", "union", "positives", "mock", "subtypes"}


def test_every_figure_has_its_picture_and_its_numbers(finished):
    names = {path.stem for path in (finished / "results/figures").glob("*.png")}
    assert PAPER | OWN <= names <= set(FIGURES)  # each has a caption
    for name in names:
        picture = (finished / f"results/figures/{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) > 15_000, name
        with open(finished / f"results/figures/{name}.csv", newline="") as source:
            rows = list(csv.reader(source))
        assert len(rows) > 5 and len({len(row) for row in rows}) == 1, name


def test_numbers_of_the_ranking_are_those_of_evaluate(finished):
    with open(finished / "results/evaluate/curves.csv", newline="") as source:
        expected = [
            (float(row["share"]), float(row["recall"]))
            for row in csv.DictReader(source)
            if (row["sample"], row["method"]) == ("unclassified", "G19 votes")
        ]
    with open(finished / "results/figures/ranking.csv", newline="") as source:
        found = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(source) if row["series"] == "G19 votes"]
    assert found == expected


def test_best_candidates_are_shown(finished):
    with open(finished / "results/candidates/candidates.csv", newline="") as source:
        best = [row["file"].rsplit("/", 1)[-1] for _, row in zip(range(10), csv.DictReader(source), strict=False)]
    with open(finished / "results/figures/candidates.csv", newline="") as source:
        shown = {row["file"]: int(row["rank"]) for row in csv.DictReader(source)}
    assert shown == {file: rank for rank, file in enumerate(best, 1)}
