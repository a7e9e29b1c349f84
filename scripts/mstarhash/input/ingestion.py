"""From a listed file to a row of `ingest`: read, masked, judged; and what only the whole shard tells."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from mstarhash.common.status import BIT, FLAG, Rejected
from mstarhash.input.fitsheader import Header, read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.input.headervalues import NEEDED, join_identity, number, values_of
from mstarhash.input.pixels import pixel_mask, signal_to_noise, usable_share

LOST_TO = {
    "andmask": "ANDMASK set", "no_ivar": "no inverse variance", "negative_ivar": "negative inverse variance",
    "bad_flux": "flux not finite", "zero_run": "runs of zeros", "flat_run": "runs of one value",
}  # fmt: skip


@dataclass
class Row:
    """One listed file: its identity, its fate, and if kept its values and pixels."""

    file: str
    order: int
    identity: tuple  # lmjd, planid, spid, fiberid, obsid
    status: str = "ok"
    reason: str = ""
    flags: int = 0
    digest: bytes = b""
    values: dict = field(default_factory=dict)
    duplicate_of: str = ""
    coeff0: float = np.nan
    coeff1: float = np.nan
    flux: np.ndarray | None = None
    ivar: np.ndarray | None = None
    mask: np.ndarray | None = None


def read_row(listed, min_good, zero_run, flat_run):
    """A Row from a line of the list (dict of lists.COLUMNS); bad data is a status, never an exception."""
    path = listed["file"]
    row = Row(path, listed["order"], tuple(listed[key] for key in ("lmjd", "planid", "spid", "fiberid", "obsid")))
    try:
        data = read_bytes(path)
        row.digest = hashlib.blake2b(data, digest_size=16).digest()
        spectrum = read_spectrum(data)
        _describe(row, spectrum.header, listed)
        row.flags |= spectrum.flags
        _pixels(row, spectrum, zero_run, flat_run)
        _enough(row, spectrum, min_good)
    except Rejected as rejected:
        _set_aside(row, rejected.status, str(rejected))
    except MemoryError:  # of the machine, not of the file, whose size is bounded
        raise
    except Exception as error:  # what nobody thought of, in one file of a million, must not lose the others
        _set_aside(
            row, "unreadable", f"reading it failed ({type(error).__name__}: {error}); please report it with the file"
        )
    return row


def _set_aside(row, status, reason):
    row.status, row.reason = status, reason
    row.flux = row.ivar = row.mask = None


def _describe(row, header: Header, listed):
    """Identity, header columns and their flags; the catalogue's class, subclass and z where it has the file."""
    found, mismatch = join_identity(header, row.file)
    if found[4] and not (found[4].isdigit() and int(found[4]) > 0):
        row.flags |= FLAG["obsid_invalid"]
        found = (*found[:4], listed["obsid"] or found[4])
    row.identity = tuple(own or kept for own, kept in zip(found, row.identity, strict=True))
    row.values = values_of(header)
    row.flags |= FLAG["name_mismatch"] * mismatch | FLAG["header_damaged"] * bool(
        header.damaged & NEEDED[header.survey]
    )
    row.flags |= FLAG["no_obsid"] * (not row.identity[4])
    row.flags |= FLAG["no_position"] * bool(np.isnan(row.values["ra"]))
    if listed["class"]:
        row.flags |= FLAG["from_catalogue"]
        row.values |= {"class": listed["class"], "subclass": listed["subclass"]}
        if listed["z"]:
            row.values["z"] = number(listed["z"])
    if listed.get("candidate") == "1":
        row.flags |= FLAG["candidate"]
        row.values |= {"class": "Unknown", "z": np.nan}


def _pixels(row, spectrum, zero_run, flat_run):
    """Mask, own S/N; what is not a number above 0 in the inverse variance is stored as 0."""
    mask = pixel_mask(spectrum.flux, spectrum.ivar, spectrum.andmask, zero_run, flat_run)
    row.flags |= FLAG["negative_ivar"] * bool((mask & BIT["negative_ivar"]).any())
    row.flags |= FLAG["not_finite"] * bool((mask & BIT["bad_flux"]).any() or not np.isfinite(spectrum.ivar).all())
    row.flux, row.mask = spectrum.flux, mask
    row.ivar = np.where(np.isfinite(spectrum.ivar) & (spectrum.ivar > 0), spectrum.ivar, np.float32(0))
    row.coeff0, row.coeff1 = spectrum.coeff0, spectrum.coeff1
    wave = 10 ** (row.coeff0 + row.coeff1 * np.arange(len(mask)))
    row.values["snr_r"] = signal_to_noise(wave, row.flux, row.ivar, mask)


def _enough(row, spectrum, min_good):
    """Raise Rejected unless enough pixels of 3900-9000 A are usable; the reason names what takes most of them."""
    share = usable_share(row.coeff0, row.coeff1, row.mask)
    if share >= min_good:
        return
    left = usable_share(row.coeff0, row.coeff1, row.mask & BIT["andmask"])
    if not np.isfinite(spectrum.flux).any():
        why = "the flux is NaN everywhere"
    elif not np.nan_to_num(spectrum.flux).any():
        why = "the flux is 0 everywhere"
    elif not row.ivar.any():
        why = "the inverse variance is 0 or less everywhere"
    elif (row.mask & BIT["andmask"]).any() and left < 0.005:
        why = f"ANDMASK is set in {'nearly ' * (left > 0)}every pixel"
    else:
        why = f"{100 * share:.0f} % of the pixels of 3900-9000 A are usable ({_losses(row)}), {100 * min_good:.0f} % are asked for"
        why += " (ingest.min_good)"
    raise Rejected("few_pixels", why)


def _losses(row):
    """What the pixels of 3900-9000 A are lost to, the largest share first; a pixel may be counted twice."""
    cover = usable_share(row.coeff0, row.coeff1, np.zeros(len(row.mask)))
    shares = {"outside its wavelengths": 1 - cover}
    for name, words in LOST_TO.items():
        shares[words] = cover - usable_share(row.coeff0, row.coeff1, row.mask & BIT[name])
    words = sorted(shares, key=shares.get, reverse=True)
    return ", ".join(f"{word} {100 * shares[word]:.0f} %" for word in words if shares[word] > 0.05) or "many causes"


class Twins:
    """Same bytes, and same identity with other bytes, among the rows of a shard taken in order."""

    def __init__(self):
        self.bytes = {}  # digest: file
        self.first = {}  # identity: first row that has it

    def settle(self, row):
        """Mark a Row that is kept so far as a duplicate, or as another spectrum of a known identity.

        Returns the earlier row whose flags it changed, or None.
        """
        if row.status != "ok":
            return None
        twin = self.bytes.setdefault(row.digest, row.file)
        if twin != row.file:
            row.status, row.reason = "duplicate", f"the same bytes as {twin}"
            row.flux = row.ivar = row.mask = None
            return None
        key = row.identity[:4] if all(row.identity[:4]) else row.identity[4]
        if not key:
            return None
        first = self.first.setdefault(key, row)
        if first is row:
            return None
        row.duplicate_of = first.file
        for one in (row, first):
            one.flags |= FLAG["same_identity"]
        return first
