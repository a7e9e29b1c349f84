"""Figs. 9 and 10: which star asks, and in which order the others come."""

import numpy as np
from mstarhash.figures.neighbours import ranked, star
from mstarhash.search.codes import pack


def test_the_query_is_the_best_dwarf_near_a_subtype():
    labelled = {
        "kind": np.array(["drawn", "copy", "drawn", "drawn", "drawn", "template", "drawn"]),
        "subclass": np.array(["dM5", "dM6", "gM6", "dM5", "dM1", "dM6", "M"]),
        "snr_r": np.array([20.0, 90.0, 80.0, 30.0, 50.0, np.nan, 99.0]),
    }
    assert star(labelled, 6) == 3 and star(labelled, 0) == 4
    labelled["kind"][:] = "known"
    assert star(labelled, 6) is None


def test_order_is_by_hamming_distance_and_then_as_they_stand():
    rng = np.random.default_rng(1)
    bits = rng.random((300, 64)) < 0.5
    order, distance = ranked(pack(bits[:1])[0], pack(bits))
    direct = (bits != bits[0]).sum(1)
    assert (distance == np.sort(direct)).all() and (order == np.lexsort((np.arange(300), direct))).all()
