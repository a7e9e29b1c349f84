"""The report: sums are checked, missing parts are said, and the page needs nothing else."""

import re
from collections import Counter
from html import unescape

import pytest
from mstarhash.report import accounting, claims, counts, page, quality, stars

MEASURED = Counter(released=3, new=1, giants=1, dwarfs=3, undecided=0)
KINDS = Counter(unknown=5, wanted=3, other=1)
RANKING = [
    {"sample": "unclassified", "method": name, "n": "100", "n_true": "4", "ap": ap, "ap_low": "0.1", "ap_high": "0.9",
     **{f"recall_{k}": "0.5" for k in (1, 2, 3, 5, 10)}, "share_90": share, "share_95": "0.2", "share_99": "0.3"}
    for name, ap, share in (("G19 votes", "0.20", "0.6"), ("default", "0.80", "0.05"))
]  # fmt: skip


def text_of(content):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", content)))


@pytest.mark.parametrize(
    ("searched", "ok", "wrong"),
    [
        (5, 9, []),
        (4, 9, ["ranked = unclassified"]),
        (5, 8, ["unclassified + wanted + others = kept"]),
    ],
)
def test_counts_that_do_not_add_up_are_found(searched, ok, wrong):
    words = Counter(ok=ok, unreadable=1)
    _, sums = accounting.accounting(words, KINDS, searched, MEASURED)
    assert [name for name, left, right in sums if left != right] == wrong and len(sums) == 5
    text = text_of(counts.what(words, KINDS, {"searched": str(searched)}, MEASURED))
    assert text.count("DOES NOT ADD UP") == len(wrong) and "set aside: unreadable" in text


def test_ours_and_the_paper_s_way_stand_side_by_side():
    words = text_of(quality.quality(RANKING, [], {}))
    assert "looks at 5.0 % of the list ranked here, and at 60.0 % of it ranked by the paper's votes" in words
    assert words.index("this ranking") < words.index("votes as in Guo") and "4 M stars among 100" in words
    assert "0.100-0.900" in words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (quality.quality([], [], {}), "No truth"),
        (quality.others([]), "snakemake full"),
        (stars.stellar([], []), "input.gaia"),
        (stars.stellar([], []), "No dwarf whose activity"),
        (claims.claims([]), "No ledger"),
    ],
)
def test_missing_parts_are_said(content, said):
    assert said in text_of(content)


def test_texts_are_escaped_and_nothing_is_fetched(tmp_path):
    row = {"id": "a<b", "section": "1", "statement": "<script>x</script>", "paper": "1,000", "ours": "1234.5678",
           "error": "", "unit": "", "from": "mock survey", "status": "differs because x > y & z", "reason": ""}  # fmt: skip
    content = page.page("T & U", "s", [("one", "One", claims.claims([row]))])
    assert "<script>" not in content and "&lt;script&gt;" in content and "x &gt; y &amp; z" in content
    assert "1,235" in content.replace("1235", "1,235") and not re.search(r"(src|href)=\"(https?:)?//", content)
    assert set(re.findall(r'href="#(\w+)"', content)) == set(re.findall(r'section id="(\w+)"', content)) == {"one"}


def test_tables_of_full_runs_are_taken_in(tmp_path):
    head = "method,preprocessing,scored_by,n,n_true,ap,ap_low,ap_high,recall_5,share_90\n"
    (tmp_path / "peers.csv").write_text(
        head + "B,p,score,9,3,0.5,0.4,0.6,0.7,0.2\nthis search,s,score,9,3,0.9,0.8,1,1,0.1\nC,p,x,,,,,,,\n"
    )
    (tmp_path / "completeness").mkdir()
    (tmp_path / "completeness/grid.csv").write_text("snr,found\n3,0.5\n")
    words = text_of(quality.others([str(tmp_path / "peers.csv"), str(tmp_path / "completeness/grid.csv")]))
    assert words.index("this search") < words.index(" B ") and " C " not in words
    assert "completeness: grid" in words and "Completeness by injection" not in words
