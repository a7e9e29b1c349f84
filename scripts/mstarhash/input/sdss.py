"""The header of an SDSS, BOSS, eBOSS or SDSS-V spec file: what its table SPECOBJ or SPALL says of the star."""

import numpy as np

from mstarhash.input.fitsheader import Header

ABOUT_STAR = ("SPECOBJ", "SPALL")  # EXTNAME of the table of one row
GRID = ("COEFF0", "COEFF1", "CRVAL1", "CD1_1", "CDELT1", "CRPIX1")
FIRST = ("PLUG_RA", "PLUG_DEC", "MJD", "PLATEID", "FIBERID")  # in the first header, and of this star


def sdss_header(header, row):
    """The Header of a spec file: the wavelengths and the few words on the star of the first header, and the table's row.

    row: {column: scalar or (k,) array}, {} without that table; arrays become NAME1, NAME2 ... What else the first header
    says is of the plate or the telescope (RA, DEC) and stays out. In each pair the row's word comes before the header's.
    """
    cards = {name: header.cards[name] for name in (*GRID, *FIRST) if name in header.cards}
    for name, values in row.items():
        values = np.atleast_1d(values)
        if len(values) <= 5:
            for place, value in enumerate(values.tolist(), 1):
                cards[name if len(values) == 1 else f"{name}{place}"] = _card(value)
    return Header(cards, header.damaged, "SDSS")


def _card(value):
    """A value as in a card."""
    return b"'" + value.replace(b"'", b"''") + b"'" if isinstance(value, bytes) else repr(value).encode()
