"""What headers say of a spectrum. Each survey has its own table of keywords: the same word means different things."""

import math
import re
from dataclasses import dataclass

from mstarhash.spectra.shards import identity_of_name


@dataclass(frozen=True)
class Keywords:
    """What a survey calls its values; of several names the first that is there counts, within this survey alone."""

    identity: tuple  # names of lmjd, planid, spid, fiberid
    obsid: tuple
    positions: tuple  # pairs of names, RA and Dec [deg] of the star itself
    numbers: dict  # column of `ingest`: names
    texts: dict
    magnitudes: tuple  # (kind of magnitudes, names); kind None: what MAGTYPE says


LAMOST = Keywords(  # image and table form, all releases: the words that changed did not change their meaning
    identity=(("LMJD",), ("PLANID",), ("SPID",), ("FIBERID",)),
    obsid=("OBSID",),
    positions=(("RA", "DEC"),),  # of the target; RA_OBS, DEC_OBS are the fibre's, SPRA, SPDEC the spectrograph's
    numbers={
        "mjd": ("MJD",), "z": ("Z",), "z_err": ("Z_ERR",),
        "snru": ("SNRU", "SN_U"), "snrg": ("SNRG", "SN_G"), "snrr": ("SNRR", "SN_R"),
        "snri": ("SNRI", "SN_I"), "snrz": ("SNRZ", "SN_Z"),
    },
    texts={
        "obsdate": ("DATE-OBS",), "class": ("CLASS",), "subclass": ("SUBCLASS",), "designation": ("DESIG",),
        "release": ("DATA_V",),
    },
    magnitudes=(
        (None, tuple(f"MAG{place}" for place in range(1, 8))),
        ("grizy", ("MAG_PS_G", "MAG_PS_R", "MAG_PS_I", "MAG_PS_Z", "MAG_PS_Y")),  # Pan-STARRS, DR8 on
    ),
)  # fmt: skip

# spec files of SDSS, BOSS, eBOSS and SDSS-V: columns of the table SPECOBJ or SPALL, name1, name2 ... for its arrays.
# RA, DEC, RADEG, DECDEG of the first header are the telescope's; class and redshift are in the table alone.
SDSS = Keywords(
    identity=(("MJD",), ("PLATE", "FIELD", "PLATEID"), (), ("FIBERID",)),
    obsid=("SPECOBJID",),
    positions=(("PLUG_RA", "PLUG_DEC"), ("RACAT", "DECCAT"), ("FIBER_RA", "FIBER_DEC")),
    numbers={
        "mjd": ("MJD",), "z": ("Z",), "z_err": ("Z_ERR",),
        "snru": ("SN_MEDIAN1",), "snrg": ("SN_MEDIAN2",), "snrr": ("SN_MEDIAN3",),
        "snri": ("SN_MEDIAN4",), "snrz": ("SN_MEDIAN5",),
    },
    texts={"obsdate": (), "class": ("CLASS",), "subclass": ("SUBCLASS",), "designation": (), "release": ()},
    magnitudes=(("ugriz", tuple(f"PSFMAG{place}" for place in range(1, 6))),),
)  # fmt: skip

KEYWORDS = {"LAMOST": LAMOST, "SDSS": SDSS}  # by `Header.survey`


def _needed(words):
    """The keywords of a survey whose damage is told by a flag."""
    kinds = (*words.identity, words.obsid, *words.positions, words.numbers["z"], words.texts["class"])
    return {"COEFF0", "COEFF1", *words.texts["subclass"]}.union(*kinds)


NEEDED = {survey: _needed(words) for survey, words in KEYWORDS.items()}


def number(value):
    """A header or catalogue value as float; NaN for blank, not a number, infinite, -9999 and its like."""
    if value is None or isinstance(value, bool):
        return math.nan
    try:
        value = float(value)
    except (TypeError, ValueError, OverflowError):
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
        return value.lstrip("0") or "0"
    try:
        as_number = float(value)
    except ValueError:
        return value
    if not math.isfinite(as_number) or as_number in (-9999, -999):
        return ""
    return str(int(as_number)) if as_number == int(as_number) else value


def header_identity(header):
    """(lmjd, planid, spid, fiberid, obsid) as texts, '' where the header does not tell."""
    words = KEYWORDS[header.survey]
    lmjd, planid, spid, fiberid = (header.get(*names) for names in words.identity)
    return whole(lmjd), text(planid), whole(spid), whole(fiberid), whole(header.get(*words.obsid))


def join_identity(header, path):
    """Header values first, file name as fallback, part by part; and whether the two disagree."""
    found, named = header_identity(header), identity_of_name(path)
    if named is None:
        return found, False
    mismatch = any(a and a != b for a, b in zip(found, named, strict=False))
    return (*(a or b for a, b in zip(found, named, strict=False)), found[4]), mismatch


def values_of(header):
    """All header columns of `ingest` as a dict of float or str; position NaN where it is out of range."""
    words = KEYWORDS[header.survey]
    row = {name: number(header.get(*keys)) for name, keys in words.numbers.items()}
    row |= {name: text(header.get(*keys)) for name, keys in words.texts.items()}
    for name in ("designation", "release"):
        row[name] = re.sub(r"^LAMOST\s+", "", row[name])
    row["z_err"] = row["z_err"] if row["z_err"] >= 0 else math.nan
    row["ra"], row["dec"] = position_of(header)
    row["magtype"], magnitudes = magnitudes_of(header)
    return row | {f"mag{place}": value for place, value in enumerate(magnitudes, 1)}


def position_of(header):
    """RA and Dec [deg] of the star: the first pair of the survey's keywords that is in range; NaN, NaN without one."""
    for names in KEYWORDS[header.survey].positions:
        ra, dec = (number(header.get(name)) for name in names)
        if 0 <= ra <= 360 and -90 <= dec <= 90:
            return ra, dec
    return math.nan, math.nan


def magnitudes_of(header):
    """Kind and seven magnitudes, NaN for 99 and -9999; kind '' where there are none."""
    for kind, keys in KEYWORDS[header.survey].magnitudes:
        kind = text(header.get("MAGTYPE")) if kind is None else kind
        if kind and header.get(*keys) is not None:
            found = [number(header.get(key)) for key in keys] + [math.nan] * (7 - len(keys))
            return kind, [value if -10 < value < 50 else math.nan for value in found]
    return "", [math.nan] * 7
