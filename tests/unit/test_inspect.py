"""The page to look at candidates: what it shows, what it promises, and what its keys export."""

import csv
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import inspection
import numpy as np
import pytest
import yaml
from conftest import ROOT
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.common.errors import InputError
from mstarhash.search import inspecting
from mstarhash.search.ranking import COLUMNS
from mstarhash.spectra.hdf5 import create, write_text
from mstarhash.spectra.labels import read_labels

ODD = 'a "b", <c>&.fits'
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def test_a_ledger_is_read_in_full_or_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("\ufefffile,label\na,M\nb,other\nc, \nd,YES\ne,0\na,1\n", encoding="utf-8")  # as Excel writes it
    assert read_labels(path) == {"a": True, "b": False, "d": True, "e": False}
    for text, why in (
        ("file,label\na,M3\n", "line 2: label 'M3'; M or other is wanted"),
        ("file,label\na,M\na,other\n", "line 3: a has both labels"),
        ("file\na\n", "no column label"),
        ("", "no column file and label"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=why):
            read_labels(path)
    path.write_bytes(b"file,label\n\xff\xfe,M\n")
    with pytest.raises(InputError, match="not a CSV in UTF-8"):
        read_labels(path)


def test_expected_yield_and_where_to_stop():
    p = np.array([1.0, 0.5, 0.5, 0.0, 0.0, 0.0])
    assert inspecting.expected_next(p, 2).tolist() == [1.5, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    assert inspecting.stop_after(p, 2, 0.3) == 2  # after two the next two hold 0.5 < 0.6
    assert inspecting.stop_after(p, 2, 0.0) == 6 and inspecting.stop_after(p, 2, 1.0) == 0
    assert inspecting.stop_after(np.full(7, 0.4), 50, 0.39) == 7  # fewer than 50 are left: the rate is of those
    rows = inspecting.table(p, 2, 2)
    assert rows[0] == (0, 0.0, 0.0, 1.5) and (2, 1.5, 0.75, 0.5) in rows


def test_a_curve_becomes_a_path_and_gaps_stay_open():
    values = np.array([0.0, 1.0, np.nan, 0.5, 0.5])
    found = inspecting.line(values, 0.0, 1.0)
    assert found == "M0 150l2-150 M6 75l2 0"
    wave = np.arange(4600.0, 9000.0, 2.5)
    curve = np.where((wave >= 5000) & (wave < 5010), np.nan, wave)
    found = inspecting.binned(wave, curve)
    assert len(found) == 440 and np.isnan(found).sum() == 1 and np.isnan(found[40])
    assert found[41] == pytest.approx(5013.75)


class Rows(HTMLParser):
    """The articles of a page: [(file, P(M), paths)]."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "article":
            self.rows.append((attrs["data-file"], float(attrs["data-p"]), []))
        elif tag == "path" and self.rows:
            self.rows[-1][2].append(attrs["class"])


@pytest.fixture
def page(tmp_path):
    """A function (rows=..., labels=...) that makes a page of 30 candidates in two shards, and reads it."""
    rng = np.random.default_rng(3)
    files = np.array([f"d/f{k:02d}.fits" for k in range(29)] + [ODD])
    p = np.sort(rng.random(30))[::-1]
    wave = 10 ** np.arange(np.log10(3900), np.log10(9000), 1e-3)
    with create(tmp_path / "model.h5", "train", "toy") as out:
        part = out.create_group("averages")
        part.attrs.update({"order": 1, "prior": 1.0, "floor": 0.05, "max_shift": 3})
        part["flux"] = np.stack([wave / 6000, 6000 / wave])
        write_text(part, "name", ["dwarf 1", "K 1", "featureless"])
    place = rng.permutation(30)
    for shard, mine in enumerate((place[:17], place[17:])):
        with create(tmp_path / f"{shard:04d}.h5", "rebin", "toy") as out:
            write_text(out, "file", files[mine])
            out["order"], out["wave"] = np.sort(rng.integers(0, 9, len(mine))).astype("u8"), wave
            out["flux"] = (wave / 6000 * (1 + mine[:, None])).astype("f4")
            out["ivar"] = np.where(mine[:, None] == 29, 0, np.full((len(mine), len(wave)), 100)).astype("f4")
    with open(tmp_path / "candidates.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for rank, (file, chance) in enumerate(zip(files, p, strict=True), 1):
            fits = (
                {"best_wanted": "dwarf 1", "best_other": "featureless" if rank == 2 else "K 1"} if file != ODD else {}
            )
            writer.writerow(
                {"file": file, "rank": rank, "p_m": f"{chance:.7g}", "snr_r": "3", "in_narrow_union": "1"} | fits
            )

    def make(labels=None, **changes):
        config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
        schema = read_schema()["properties"]
        words = flag_list(config["inspect"] | changes, schema["inspect"])
        words += ["--frame", str(ROOT / "scripts/inspection.html"), "--candidates", str(tmp_path / "candidates.csv")]
        words += [
            "--spectra",
            *(str(tmp_path / f"000{k}.h5") for k in range(2)),
            "--model",
            str(tmp_path / "model.h5"),
            "--target",
            "M",
        ]
        if labels is not None:
            (tmp_path / "labels.csv").write_text(labels)
            words += ["--labels", str(tmp_path / "labels.csv")]
        assert inspection.main([*words, "--page", str(tmp_path / "index.html")]) == 0
        text = (tmp_path / "index.html").read_text()
        parser = Rows()
        parser.feed(text)
        return text, parser.rows

    return make, files, p


def test_the_page_has_the_best_first_and_says_what_to_expect(page):
    make, files, p = page
    text, rows = make(next=5, min_yield=0.3)
    stop = inspecting.stop_after(p, 5, 0.3)
    assert 5 < stop < 29 and [file for file, _, _ in rows] == files[:stop].tolist()
    assert [chance for _, chance, _ in rows] == pytest.approx(p[:stop], rel=1e-6)
    assert all(paths == ["seen", "other", "wanted", "smooth"] for _, _, paths in rows)
    assert f"Stop after rank {stop}" in text and f"<b>{p.sum():.1f}</b> M stars" in text
    found = [float(x) for x in re.findall(r'class="ahead">([\d.]+)<', text)]
    assert found == pytest.approx([p[k + 1 : k + 6].sum() for k in range(stop)], abs=0.051)
    flat = [re.findall(r'class="other" d="M\d+ (\d+)l2', row) for row in text.split("<article")[1:]]
    assert all(len(one) == 1 for one in flat)
    assert "<!-- " not in text and not re.search(r'(src|href)="(?!#)', text)  # nothing is left open or fetched


def test_labelled_rows_are_left_out_and_the_page_goes_on(page):
    make, files, p = page
    text, rows = make(f"file,label\n{files[0]},M\n{files[2]},other\nelsewhere.fits,M\n", rows=6, next=4, min_yield=0.0)
    assert [file for file, _, _ in rows] == files[[1, 3, 4, 5, 6, 7]].tolist()
    assert "2 of them have a label already" in text and f"<b>{p.sum() - p[0] - p[2]:.1f}</b>" in text
    assert "run again" in text
    ledger = json.loads(re.search(r'type="application/json">(.*?)</script>', text, re.S)[1])["ledger"]
    assert ledger == {files[0]: "M", files[2]: "other", "elsewhere.fits": "M"}


def test_odd_names_empty_cells_and_spectra_without_data(page):
    make, files, _ = page
    text, rows = make(next=30, min_yield=0.0)
    assert rows[-1][0] == ODD and len(rows) == 30 and "<c>" not in text
    _, rows = make("file,label\n" + "\n".join(f'"{file.replace(chr(34), chr(34) * 2)}",M' for file in files))
    assert rows == []


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: keys of the page are tried in a browser only")
def test_keys_label_and_the_export_is_a_ledger(page, tmp_path):
    make, files, _ = page
    text, rows = make('file,label\n"x,y.fits",other\n', next=30, min_yield=0.0)
    script = """<script>localStorage.clear();
      for (const key of "mmojmumkkoc") document.dispatchEvent(new KeyboardEvent("keydown", { key }));
      go(rows.length - 1); label(here, "M");
      const made = document.createElement("pre"); made.id = "made"; made.textContent = ledgerText(); document.body.append(made);
      </script></body>"""
    (tmp_path / "driven.html").write_text(text.replace("</body>", script))
    words = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    done = subprocess.run(
        [CHROMIUM, *words, f"file://{tmp_path}/driven.html"], capture_output=True, text=True, timeout=120
    )
    made = re.search(r'<pre id="made">(.*?)</pre>', done.stdout, re.S)[1]
    for code, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        made = made.replace(code, character)
    (tmp_path / "labels.csv").write_text(made)
    assert read_labels(tmp_path / "labels.csv") == {
        "x,y.fits": False, files[0]: True, files[1]: True, files[2]: False, files[4]: False, files[5]: True, ODD: True,
    }  # fmt: skip
    assert len(list(csv.DictReader(io.StringIO(made)))) == 7
