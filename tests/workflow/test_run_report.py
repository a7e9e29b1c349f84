"""The ledger of claims and the report of a finished run."""

import re
from html import unescape
from urllib.parse import unquote

from conftest import ROOT
from mstarhash.claims import ledger
from project import link_project, rows, run

STATUSES = r"reproduced|differs because .+|cannot be tested without .+"


def test_every_claim_has_a_status_and_a_number_of_ours(finished):
    told = rows(finished / "results/claims/claims.csv")
    assert [row["id"] for row in told] == [row["id"] for row in ledger.read_claims(ROOT / "config/claims.csv")]
    for row in told:
        assert re.fullmatch(STATUSES, row["status"]), row
        assert row["ours"] or row["status"].startswith("cannot be tested"), row
    status = {row["id"]: row["status"] for row in told}
    assert status["bits"] == status["clusters_sum"] == status["kept"] == "reproduced"
    assert status["table2_u"].startswith("differs") and status["unknown"] == ledger.RELEASE
    assert status["nearest_order"] == "reproduced"  # of Fig. 9, by its table
    ours = {row["id"]: row["ours"] for row in told}
    assert int(ours["unknown"]) == len(rows(finished / "results/candidates/candidates.csv"))


def test_page_stands_alone_and_its_links_resolve(finished):
    folder = finished / "results/report"
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?(https?:|//|file:)|url\(|@import|<script""", text)
    links = [unquote(unescape(link)) for link in re.findall(r'href="([^"]+)"', text)]
    inside = {link[1:] for link in links if link.startswith("#")}
    outside = [link for link in links if not link.startswith("#")]
    assert inside == set(re.findall(r'section id="(\w+)"', text))
    assert len(outside) > 20 and all((folder / link).is_file() for link in outside)
    assert text.count('src="data:image/png;base64,') == len(list((finished / "results/figures").glob("*.png")))


def test_page_says_what_was_counted_and_what_is_missing(finished):
    text = (finished / "results/report/index.html").read_text(encoding="utf-8")
    listed = sum(len(rows(path, delimiter="\t")) for path in (finished / "results/ingest").glob("*.status.tsv"))
    assert f">{listed:,}<" in text and "DOES NOT ADD UP" not in text and text.count(">adds up<") == 5
    assert "snakemake full" in text
    for row in rows(finished / "results/claims/claims.csv"):
        assert f">{row['id']}<" in text


def test_own_files_without_truth_are_told_of_as_such(lamost, tmp_path):
    folder = link_project(lamost, tmp_path / "report", fits=True)
    run(folder, "results/report/index.html", "--configfile", "mine.yaml")
    text = (folder / "results/report/index.html").read_text(encoding="utf-8")
    assert "No truth" in text and "DOES NOT ADD UP" not in text
    told = rows(folder / "results/claims/claims.csv")
    assert {row["from"] for row in told} == {"", "calculation", ledger.OWN, "own spectra"}
    assert {row["status"] for row in told if row["id"] in ("unknown", "released", "found")} == {ledger.RELEASE}
