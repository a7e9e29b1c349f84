"""Bits of `flags` in measure's files, and what they mean."""

from functools import partial

from mstarhash.common import bitmask

LOW_SNR_HA = 3.0  # least continuum S/N at H-alpha that sets no flag; activity has its own limit, activity.min_snr
BITS = {  # name: (bit, meaning)
    "rv_edge": (0, "peak of the cross-correlation at the edge of the searched range"),
    "rv_low_r": (1, "Tonry-Davis r below measure.rv_min_r"),
    "rv_large": (2, "|rv| above measure.rv_large"),
    "rv_none": (3, "no velocity: too few good pixels or no positive correlation"),
    "frame_z": (4, "rest frame by the header's z, own velocity not reliable"),
    "frame_zero": (5, "rest frame taken as the observed one: neither own velocity nor header z"),
    "type_edge": (6, "earlier than K5 (refused), or best fit at the late end of the sequence of standards"),
    "type_poor": (7, "indices fit no subtype of the sequence; refused"),
    "type_few": (8, "too few indices for a subtype: that by template, where its velocity is reliable, else refused"),
    "type_differs": (9, "subtype by indices and by template differ by more than two"),
    "zeta_blind": (10, "CaH2 + CaH3 above 1.85, or 1 - T(x) within 3 sigma of 0: zeta says nothing of metallicity"),
    "ewha_low_snr": (11, f"continuum S/N at H-alpha not above {LOW_SNR_HA:g}"),
    "index_missing": (12, "one or more of the ten indices could not be measured"),
    "giant_sequence": (13, "indices fit the giants' sequence better than the dwarfs'"),
}
RV_UNRELIABLE = ("rv_edge", "rv_low_r", "rv_large", "rv_none")  # of a velocity that is not used

combine = partial(bitmask.combine, BITS)
has = partial(bitmask.has, BITS)
