"""A copy of a FITS file with other cards in its first header; all other bytes stay as they are."""

import gzip

from astropy.io.fits import Card

from mstarhash.common.status import Rejected
from mstarhash.input.fitsheader import BLOCK, CARD, read_bytes

STALE = b"CHECKSUM"  # of a header that changes; DATASUM stays true


def with_cards(data, values, history):
    """The bytes of a FITS file with cards set in its first header.

    data: bytes; values: {keyword: (value, comment)}; cards that are there are replaced, others come at the end of the
    header, and one HISTORY card after them. Cards that break the standard stay as they are.
    Raises Rejected where there is no FITS header.
    """
    cards = []
    while True:
        card = data[CARD * len(cards) : CARD * (len(cards) + 1)]
        if len(card) < CARD or (not cards and not card.startswith(b"SIMPLE  =")):
            raise Rejected("unreadable", "no FITS header")
        cards.append(card)
        if card.rstrip() == b"END":
            break
    rest = data[-(-CARD * len(cards) // BLOCK) * BLOCK :]
    cards = [card for card in cards[:-1] if card[:8] != STALE]
    places = {}
    for place, card in enumerate(cards):
        places.setdefault(card[:8].rstrip().decode("ascii", "replace"), place)
    for keyword, (value, comment) in values.items():
        made = str(Card(keyword, value, comment)).encode("ascii")
        if keyword in places:
            cards[places[keyword]] = made
        else:
            cards.append(made)
    head = b"".join([*cards, str(Card("HISTORY", history)).encode("ascii"), b"END".ljust(CARD)])
    return head.ljust(-(-len(head) // BLOCK) * BLOCK) + rest


def copy(path, name, values, history):
    """Copy the file `path` into the open file's name `name`, gzipped if the original is. Raises Rejected."""
    with open(path, "rb") as source:
        packed = source.read(2) == b"\x1f\x8b"
    data = with_cards(read_bytes(path), values, history)
    with open(name, "wb") as out:
        out.write(gzip.compress(data, 6, mtime=0) if packed else data)
