"""Parts of the report that lead to files: figures with their numbers, and files to go on with."""

import os
from pathlib import Path

from mstarhash.figures.captions import FIGURES
from mstarhash.report.page import element, figure, join

SURVEY = ("candidates", "positives", "mock", "subtypes")  # our own, beside those of the ranking and of the paper
OTHERS = ("surveys", "peers", "completeness")  # of `snakemake full`


def pictures(paths, folder):
    """{name: figure} of the PNGs that are there."""
    out = {}
    for path in paths:
        name = Path(path).stem
        title, text = FIGURES.get(name, (name, ""))
        numbers = Path(path).with_suffix(".csv")
        out[name] = figure(path, title, text.replace("`", ""), link_to(numbers, folder) if numbers.is_file() else "")
    return out


def link_to(path, folder):
    """A relative link from a folder."""
    return Path(os.path.relpath(path, folder)).as_posix()


def made(paths, folder):
    """Section: files to go on with."""
    return element(
        "ul", join(*(element("li", element("a", link_to(path, folder), href=link_to(path, folder))) for path in paths))
    )
