"""Output files that are whole or absent, and never an older run's result."""

import glob
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


class Superseded(Exception):
    """A later run of the same job has taken over the output file."""


@contextmanager
def replacing(path):
    """Yield a temporary name beside `path`; rename it to `path` when the work has ended well.

    Enter it around the work, not only the writing: entering removes the temporary file of an older run
    that was left behind (kill -9 of Snakemake leaves its jobs running), and that run then cannot lay its
    result over this one's.

    Raises Superseded if a later run entered for the same path meanwhile.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        leftover.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        yield name
        if not _is_file(handle, name):
            raise Superseded(f"{path}: a later run writes this file")
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)  # of this run alone, also where it was made anew after a later run's entry
        os.close(handle)


def _is_file(handle, name):
    """Whether the file `name` is still the one that was opened; a writer must not put another in its place."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(name))
    except FileNotFoundError:
        return False


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
