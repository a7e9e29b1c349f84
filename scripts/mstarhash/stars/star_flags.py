"""Bits of `flags` that the steps after measure set; bits 0-15 are measure's (measure_flags)."""

from functools import partial

from mstarhash.common import bitmask

BELIEVED = 5.0  # errors below zero up to which a parallax is taken for one that noise made negative
BITS = {  # name: (bit, meaning)
    "no_position": (16, "no position: neither matched nor grouped by place"),
    "crowded": (17, "more than one Gaia source within the radius of the match"),
    "extinction_unknown": (18, "no A_G in the Gaia table: M_G without correction for extinction"),
    "parallax_poor": (19, "parallax not positive or its error too large a part of it (crossmatch.max_plx_error)"),
    "astrometry_poor": (
        20,
        f"RUWE above luminosity.max_ruwe, or parallax {BELIEVED:g} errors below zero: not used for the luminosity class",
    ),
    "giant_conflict": (21, "the voices on giant or dwarf differ"),
    "giant_provisional": (22, "class from the provisional rule for CaH1 against CaOH; too few stars to learn from"),
    "giant_undecided": (23, "no voice on giant or dwarf, or indices where dwarfs and giants overlap"),
    "giant_extrapolated": (24, "indices or colours outside those of the stars that the boundary was learned from"),
    "rv_unused": (25, "velocity missing or not reliable: no space motion; objects: of all their spectra"),
}

combine = partial(bitmask.combine, BITS)
has = partial(bitmask.has, BITS)
