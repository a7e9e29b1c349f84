"""What LAMOST headers say of a spectrum: names by release, sentinels, spellings."""

import math
import re

from mstarhash.spectra.shards import identity_of_name

IDENTITY_KEYS = ("LMJD", "PLANID", "SPID", "FIBERID")
NUMBERS = {  # column: keywords, first that is there
    "mjd": ("MJD",),
    "ra": ("RA",),
    "dec": ("DEC",),
    "z": ("Z",),
    "z_err": ("Z_ERR",),
    "snru": ("SNRU", "SN_U"),
    "snrg": ("SNRG", "SN_G"),
    "snrr": ("SNRR", "SN_R"),
    "snri": ("SNRI", "SN_I"),
    "snrz": ("SNRZ", "SN_Z"),
}
TEXTS = {"obsdate": ("DATE-OBS",), "class": ("CLASS",), "subclass": ("SUBCLASS",)}
PANSTARRS = ("MAG_PS_G", "MAG_PS_R", "MAG_PS_I", "MAG_PS_Z", "MAG_PS_Y")  # DR8 on, instead of MAG1-7
NEEDED = {*IDENTITY_KEYS, "OBSID", "RA", "DEC", "Z", "CLASS", "SUBCLASS", "COEFF0", "COEFF1"}


def number(value):
    """A header or catalogue value as float; NaN for blank, not a number, infinite, -9999 and its like."""
    if value is None or isinstance(value, bool):
        return math.nan
    try:
        value = float(value)
    except (TypeError, ValueError):
        return math.nan
    return value if math.isfinite(value) and not -10000 <= value <= -9998 else math.nan


def text(value):
    """A header or catalogue value as text without blanks around it."""
    return "" if value is None else str(value).strip()


def whole(value):
    """A value that names something by number, as text: 7, 7.0, '07' and b'7 ' are '7'; other texts stay."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    value = text(value)
    if value.isascii() and value.isdigit():
        return str(int(value))
    try:
        as_number = float(value)
    except ValueError:
        return value
    if not math.isfinite(as_number) or as_number in (-9999, -999):
        return ""
    return str(int(as_number)) if as_number == int(as_number) else value


def header_identity(header):
    """(lmjd, planid, spid, fiberid, obsid) as texts, '' where the header does not tell."""
    lmjd, planid, spid, fiberid = (header.get(key) for key in IDENTITY_KEYS)
    return whole(lmjd), text(planid), whole(spid), whole(fiberid), whole(header.get("OBSID"))


def join_identity(header, path):
    """Header values first, file name as fallback, part by part; and whether the two disagree."""
    found, named = header_identity(header), identity_of_name(path)
    if named is None:
        return found, False
    mismatch = any(a and a != b for a, b in zip(found, named, strict=False))
    return (*(a or b for a, b in zip(found, named, strict=False)), found[4]), mismatch


def values_of(header):
    """All header columns of `ingest` as a dict of float or str; position NaN where it is out of range."""
    row = {name: number(header.get(*keys)) for name, keys in NUMBERS.items()}
    row |= {name: text(header.get(*keys)) for name, keys in TEXTS.items()}
    row["designation"] = re.sub(r"^LAMOST\s+", "", text(header.get("DESIG")))
    row["release"] = re.sub(r"^LAMOST\s+", "", text(header.get("DATA_V")))
    if not (0 <= row["ra"] <= 360 and -90 <= row["dec"] <= 90):
        row["ra"] = row["dec"] = math.nan
    row["magtype"], magnitudes = magnitudes_of(header)
    return row | {f"mag{place}": value for place, value in enumerate(magnitudes, 1)}


def magnitudes_of(header):
    """MAGTYPE and seven magnitudes, NaN for 99 and -9999; the Pan-STARRS ones (type `grizy`) where those are given."""
    keys, kind = [f"MAG{place}" for place in range(1, 8)], text(header.get("MAGTYPE"))
    if not kind and header.get(*PANSTARRS) is not None:
        keys, kind = [*PANSTARRS], "grizy"
    found = [number(header.get(key)) for key in keys] + [math.nan] * (7 - len(keys))
    return kind, [value if -10 < value < 50 else math.nan for value in found]
