"""Named bits of an integer column; a table of bits is {name: (bit, meaning)}."""

import numpy as np


def combine(bits, /, **marks):
    """(n,) uint32 of named (n,) booleans."""
    total = np.uint32(0)
    for name, mark in marks.items():
        total = total | (np.asarray(mark, bool).astype(np.uint32) << np.uint32(bits[name][0]))
    return total


def has(bits, flags, name):
    """(n,) bool: which rows carry a flag."""
    return (np.asarray(flags) >> np.uint32(bits[name][0])) & np.uint32(1) == 1
