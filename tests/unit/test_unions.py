"""Lists by the network's own bits, and the size and completeness of unions of lists."""

from types import SimpleNamespace

import numpy as np
import pytest
from mstarhash.common.texttables import write_rows
from mstarhash.figures import style, union
from mstarhash.quality import unions
from mstarhash.search.codes import hamming, pack
from mstarhash.search.model import Model
from mstarhash.search.pil import train_classes

LABELLED, SEARCHED = 60, 200


@pytest.fixture(scope="module")
def searched():
    """A model's parts: 20 drawn, each with a copy of its unit, 20 others with none; and the spectra searched, 15 wanted."""
    rng = np.random.default_rng(1)

    def codes(wanted):
        return pack((rng.random((len(wanted), 64)) < 0.15) ^ wanted[:, None])

    wanted, truth = np.arange(LABELLED) < 40, np.arange(SEARCHED) < 15
    kind = np.repeat(["drawn", "copy", "copy"], 20)
    labelled = {"kind": kind, "wanted": wanted, "unit": np.r_[0:20, 0:20, 20:40]}
    labelled |= {key: codes(wanted) for key in ("codes", "network_codes")}
    labelled["codes"][20:40] = labelled["codes"][:20] ^ np.uint64(5)  # nearer to their own than to any other
    model = SimpleNamespace(
        labelled=labelled, queries=wanted & (kind == "drawn"), stand_ins=(np.arange(20, 40), []), bits=64
    )
    found = unions.Searched(np.arange(SEARCHED).astype(str), codes(truth), codes(truth), np.ones(20))
    return model, SimpleNamespace(confident=np.arange(20) < 12, narrow=0.1, share=0.25), found, truth


def held_by(queries, codes, among, share):
    """(n,) bool, by brute force: codes (n, k) that are in the list of `share` of any query, ranked in the sample `among`."""
    distance, sample = hamming(queries, codes), hamming(queries, among)
    ranks = (sample[:, None, :] <= distance[:, :, None]).sum(2)
    return (ranks <= share * len(among) + 1e-9).any(0)


def test_unions_of_every_kind_equal_brute_force(searched):
    model, cuts, found, truth = searched
    paper = pack(np.random.default_rng(2).random((9, 64)) < 0.5), found.network_codes
    rows = list(unions.union_rows(found, model, cuts, {"narrow": 0.1}, truth, paper))
    assert {row["mark"] for row in rows} == {"", "narrow"} and len(rows) == 4 * (len(unions.GRID) + 1)
    known = {key: model.labelled[key][:20] for key in ("codes", "network_codes")}
    kinds = {
        ("levels", "confident"): (known["codes"][:12], found.codes),
        ("levels", "all"): (known["codes"], found.codes),
        ("network", "all"): (known["network_codes"], found.network_codes),
        ("Guo et al. (2019)", "all"): paper,
    }
    for row in rows[::7] + [row for row in rows if row["mark"]]:
        queries, codes = kinds[row["codes"], row["queries"]]
        inside = held_by(queries, codes, codes, row["share"])
        assert row["size"] == inside.mean() and row["completeness"] == pytest.approx(inside[truth].mean())
        assert row["low"] <= row["completeness"] <= row["high"] and row["told_by"] == "truth"


def test_without_truth_copies_tell_without_the_lists_of_their_own_unit(searched):
    model, cuts, found, _ = searched
    rows = list(unions.union_rows(found, model, cuts, {"narrow": 0.02}))
    (row,) = (row for row in rows if row["mark"] and row["queries"] == "confident")
    codes = model.labelled["codes"]
    inside = [
        held_by(np.delete(codes[:12], k, 0) if k < 12 else codes[:12], codes[20 + k : 21 + k], found.codes, 0.02)
        for k in range(20)
    ]
    assert row["completeness"] == pytest.approx(np.mean(inside)) and row["told_by"] == "copies"
    assert 0 < row["completeness"] < held_by(codes[:12], codes[:12], found.codes, 0.02).mean() == 1
    assert {row["codes"] for row in rows} == {"levels", "network"}
    nothing = unions.Searched(*(part[:0] for part in (found.files, found.codes, found.network_codes)), found.weights)
    assert list(unions.union_rows(nothing, model, cuts, {})) == []


def test_network_lists_are_those_of_its_bits_at_both_shares(searched):
    model, cuts, found, _ = searched
    lists = unions.network_lists(model, cuts, found.network_codes)
    queries = model.labelled["network_codes"][:20]
    assert lists["votes"].sum() == 20 * 50  # a quarter, ties settled
    narrow = sum(held_by(queries[k : k + 1], *[found.network_codes] * 2, 0.1).astype(int) for k in range(12))
    assert np.array_equal(lists["votes_narrow"], narrow)


def test_labelled_spectra_keep_the_bits_that_they_have_left_out():
    rng = np.random.default_rng(3)
    x, group = rng.random((80, 30)).astype("f4"), np.repeat(["a", "b"], 40)
    network, values, *_ = train_classes(x, group, np.arange(80), [20], 70, 1e-2, 1, 1)
    model = SimpleNamespace(network=network, labelled={"network_codes": pack(values > network.thresholds)})
    plain = Model.network_codes(model, x, np.full(80, -1))
    own = np.where(np.arange(80) % 2, np.arange(80)[::-1], -1)
    found = Model.network_codes(model, x, own)
    assert np.array_equal(plain, pack(network.values(x) > network.thresholds))
    assert np.array_equal(found[::2], plain[::2])
    assert np.array_equal(found[1::2], model.labelled["network_codes"][own[1::2]]) and (found != plain).any()
    assert Model.network_codes(model, x[:0], own[:0]).shape == (0, 2)


def test_the_figure_tells_what_ours_and_the_papers_union_hold(searched, tmp_path):
    model, cuts, found, truth = searched
    marks = {"prior": 0.02, "narrow": 0.1, "paper": 0.15}
    for name, given in (("truth", (truth, (model.labelled["codes"][:20], found.codes))), ("none", ())):
        rows = list(unions.union_rows(found, model, cuts, marks, *given))
        write_rows(tmp_path / f"{name}.csv", unions.COLUMNS, rows)
        figure, numbers = union.draw(style.start(), SimpleNamespace(union=tmp_path / f"{name}.csv"))
        kinds = {row[1] for row in numbers[1:]}
        assert len(numbers) == 1 + 2 * len(rows) and len(kinds) == len(rows) / (len(unions.GRID) + 3)
        (ours,) = (row for row in rows if (row["queries"], row["mark"]) == ("confident", "narrow"))
        texts = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert f"{100 * ours['size']:.3g} %" in texts and f"{100 * ours['completeness']:.3g} %" in texts
        assert any("degraded" in axes.get_title() for axes in figure.axes) == (name == "none")
    figure, numbers = union.draw(style.start(), SimpleNamespace(union=""))
    assert len(numbers) == 1 and figure.axes[0].texts[0].get_text() == "not evaluated"
