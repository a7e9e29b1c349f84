"""The words and bits of ingest."""

from mstarhash.status import BIT, FLAG, FLAGS, MASK, STATUS, flag_names


def test_bits_are_distinct_and_fit_their_types():
    for bits, names, largest in ((FLAG, FLAGS, 32), (BIT, MASK, 8)):
        assert list(bits) == list(names)
        assert sorted(bits.values()) == [1 << place for place in range(len(names))]
        assert len(bits) <= largest


def test_flag_names():
    assert flag_names(0) == ""
    assert flag_names(FLAG["no_obsid"] | FLAG["no_position"]) == "no_position,no_obsid"


def test_the_words_of_the_design():
    assert set(STATUS) == {"ok", "unreadable", "wrong_shape", "few_pixels", "duplicate"}
