"""Which files each shard holds: lists that are rewritten only where they change.

`refresh` is what `scripts/manifest.py` runs, and what the Snakefile runs before jobs are planned; with nothing
new it costs a look at every file, no more.
"""

import hashlib
import json
import os
from pathlib import Path

from mstarhash.common.errors import InputError
from mstarhash.common.files import replacing
from mstarhash.common.progress import Progress, say
from mstarhash.common.status import Rejected
from mstarhash.input.fitsheader import primary_header
from mstarhash.input.headervalues import header_identity
from mstarhash.input.lamost_catalogue import open_catalogue
from mstarhash.input.lists import list_text
from mstarhash.input.scan import Folders, check_names, find_files
from mstarhash.spectra.shards import identity_of_name, order_key, shard_names, shard_of, stem

STATE, HEADERS, SCAN = "state.json", "headers.json", "scan.json"  # kept beside the lists
VERSION = 2  # of lists and of what is kept: another one makes them anew
SAVE = 20_000  # headers read before they are kept


def refresh(globs, catalogue, folder, shards, scan="files"):
    """Bring the lists `folder/NNNN.tsv` up to date; returns the names of those that were rewritten.

    globs: of FITS files; catalogue: path, or None or '' for none; shards: their number; scan: `files`
    looks at the size and time of every file, `folders` at those of folders only. Raises InputError.
    """
    folder = Path(folder)
    folders = Folders(_kept(folder / SCAN) if scan == "folders" else None)
    files = find_files(globs, folders)
    state = {"shards": shards, "files": _fingerprint(files), "catalogue": _about(catalogue)}
    if _is_current(folder, state):
        return []
    check_names(files)
    folder.mkdir(parents=True, exist_ok=True)
    if scan == "folders":
        _keep(folder / SCAN, folders.seen)
    rows = _rows(files, catalogue, folder)
    changed = _write_lists(rows, folder, shards)
    _keep(folder / STATE, state | {"lists": _lists(folder)})
    say(f"manifest: {len(files):,} files in {shards:,} shards, {len(changed):,} lists rewritten")
    return changed


def _fingerprint(files):
    """Hash over files as they were found, sizes and times; another order only costs a look at the lists."""
    return hashlib.blake2b(repr(files).encode(), digest_size=16).hexdigest()


def _about(catalogue):
    """Path, size and time of the catalogue, or None."""
    if not catalogue:
        return None
    try:
        about = os.stat(catalogue)
    except OSError as error:
        raise InputError(f"input.catalogue: {catalogue}: {(error.strerror or str(error)).lower()}") from None
    return [str(catalogue), about.st_size, about.st_mtime_ns]


def _lists(folder):
    """{name: [size, mtime_ns]} of the lists that are there."""
    found = {}
    for path in folder.glob("[0-9][0-9][0-9][0-9].tsv"):
        about = path.stat()
        found[path.name] = [about.st_size, about.st_mtime_ns]
    return found


def _is_current(folder, state):
    """Whether the lists were made from this very state, and are as they were left."""
    return _kept(folder / STATE) == state | {"lists": _lists(folder)}


def _rows(files, catalogue, folder):
    """Rows of all lists, sorted by (order, file): tuples in the order of lists.COLUMNS."""
    join, entries = open_catalogue(catalogue) if catalogue else ((), iter(()))
    named = {path: identity_of_name(path) for path in files}
    by_obsid = join == ("obsid",)
    headers = _headers(files if by_obsid else [path for path in files if named[path] is None], files, folder)
    wanted, identity = {}, {}
    for path in files:
        *four, obsid = headers.get(path, ("",) * 5)
        identity[path] = (*(named[path] or four), obsid)
        if _positive(obsid) if by_obsid else all(identity[path][:4]):
            wanted.setdefault(obsid if by_obsid else identity[path][:4], []).append(path)
    labels = _join(catalogue, join, entries, wanted, len(files)) if catalogue else {}
    rows = []
    for path in files:
        *four, obsid = identity[path]
        order = order_key(tuple(four) if all(four) else stem(path))
        listed, *label = labels.get(path, ("", "", "", ""))
        size, mtime = files[path]
        obsid = obsid if _positive(obsid) or not _positive(listed) else listed
        rows.append((path, *four, obsid, order, size, mtime, *label))
    rows.sort(key=lambda row: (row[6], row[0]))
    return rows


def _positive(obsid):
    return obsid.isdigit() and int(obsid) > 0


def _join(catalogue, join, entries, wanted, count):
    """{file: (obsid, class, subclass, z)} of the files that the catalogue has; the first row of a key counts."""
    labels, clashes = {}, 0
    for key, *label in entries:
        for path in wanted.get(key, ()):
            clashes += labels.setdefault(path, label)[1:] != label[1:]
    by = " + ".join(join)
    if not labels:
        raise InputError(f"input.catalogue: {catalogue}: none of its rows is one of the {count:,} files (by {by})")
    say(f"manifest: the catalogue has {len(labels):,} of {count:,} files (by {by})")
    if clashes:
        say(f"manifest: {clashes:,} more rows of the catalogue give one of these files other labels; the first counts")
    return labels


def _headers(paths, files, folder):
    """{file: (lmjd, planid, spid, fiberid, obsid)} from headers, each read once and kept while the file is the same.

    A part is '' where the header does not tell, or cannot be read.
    """
    kept = _kept(folder / HEADERS) if paths else {}
    found = {path: kept[path] for path in paths if path in kept and kept[path][5:] == list(files[path])}
    missing = [path for path in paths if path not in found]
    progress = Progress("manifest: headers", len(missing))
    for count, path in enumerate(missing, 1):
        try:
            identity = header_identity(primary_header(path))
        except Rejected:
            identity = ("",) * 5
        found[path] = [" ".join(part.split()) for part in identity] + list(files[path])
        progress.step()
        if count % SAVE == 0:
            _keep(folder / HEADERS, found)
    if found != kept and paths:
        _keep(folder / HEADERS, found)
    return {path: tuple(values[:5]) for path, values in found.items()}


def _write_lists(rows, folder, shards):
    """Write the lists whose text is new, remove those of shards that are no more; the names of the new ones."""
    split = {name: [] for name in shard_names(shards)}
    names = list(split)
    for row in rows:
        split[names[shard_of(row[6], shards)]].append(row)
    changed = [name for name in names if _write(folder / f"{name}.tsv", list_text(split[name]))]
    for name in _lists(folder):
        if name.removesuffix(".tsv") not in split:
            (folder / name).unlink()
    return changed


def _kept(path):
    """What `_keep` left, {} where there is nothing of use."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found["kept"] if isinstance(found, dict) and found.get("version") == VERSION else {}


def _keep(path, values):
    _write(path, json.dumps({"version": VERSION, "kept": values}))


def _write(path, text):
    """Write a file unless it holds this text already; whether it was written."""
    data = text.encode()
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except OSError:
        pass
    with replacing(path) as name:
        Path(name).write_bytes(data)
    return True
