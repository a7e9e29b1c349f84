"""The words and bits of ingest, and the bits of the catalogue's flags: published, so that none may move."""

from mstarhash.common.status import BIT, FLAG, STATUS, flag_names
from mstarhash.measure import measure_flags
from mstarhash.stars import star_flags

FLAGS = """
    no_position no_obsid obsid_invalid name_mismatch header_damaged wavelength_rebuilt wavelength_mismatch no_coeff
    resampled negative_ivar not_finite same_identity from_catalogue candidate
"""
MASK = "andmask no_ivar negative_ivar bad_flux zero_run flat_run padding"
STARS = """
    rv_edge rv_low_r rv_large rv_none frame_z frame_zero type_edge type_poor type_few type_differs zeta_blind ewha_low_snr
    index_missing giant_sequence - - no_position crowded extinction_unknown parallax_poor astrometry_poor giant_conflict
    giant_provisional giant_undecided giant_extrapolated rv_unused
"""


def test_no_bit_has_moved():
    assert {name: 1 << place for place, name in enumerate(FLAGS.split())} == FLAG
    assert {name: 1 << place for place, name in enumerate(MASK.split())} == BIT and len(BIT) <= 8
    both = measure_flags.BITS | star_flags.BITS
    assert {name: place for place, name in enumerate(STARS.split()) if name != "-"} == {
        n: b for n, (b, _) in both.items()
    }


def test_flag_names():
    assert flag_names(0) == ""
    assert flag_names(FLAG["no_obsid"] | FLAG["no_position"]) == "no_position,no_obsid"


def test_the_words_of_the_design():
    assert set(STATUS) == {"ok", "unreadable", "wrong_shape", "few_pixels", "duplicate"}
