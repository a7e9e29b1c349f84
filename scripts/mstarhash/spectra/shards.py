"""Identity of a spectrum, its place in the fixed order, its shard.

A spectrum is a file. Its identity is (lmjd, planid, spid, fiberid, obsid); the order of all spectra is by a
64-bit hash of the identity, then by file, so that it is the same for any number of shards.
"""

import hashlib
import os
import re

IDENTITY = ("file", "lmjd", "planid", "spid", "fiberid", "obsid")
NAME = re.compile(r"(?:^|_)spec-(\d{5})-(.+)_sp(\d{2})-(\d{3})\.fits(\.gz)?$")


def identity_of_name(path):
    """(lmjd, planid, spid, fiberid) as texts without leading zeros, or None where the name does not tell."""
    match = NAME.search(os.path.basename(path))
    if match is None:
        return None
    lmjd, planid, spid, fiberid = match.groups()[:4]
    return lmjd, planid, str(int(spid)), str(int(fiberid))


def order_key(parts):
    """64-bit blake2b of an identity: a tuple (lmjd, planid, spid, fiberid), or the stem of a name."""
    text = parts if isinstance(parts, str) else "|".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def stem(path):
    """The name of a file without folder and without .fits or .fits.gz."""
    return re.sub(r"\.fits?(\.gz)?$|\.gz$", "", os.path.basename(path))


def shard_of(key, count):
    """floor(h n / 2^64)."""
    return key * count >> 64


def shard_names(count):
    """The names of all shards, in order."""
    return [f"{number:04d}" for number in range(count)]
