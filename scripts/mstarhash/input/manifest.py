"""Which files each shard holds: lists that are rewritten only where they change.

`refresh` is what `scripts/manifest.py` runs, and what the Snakefile runs before jobs are planned; with nothing
new it costs a look at every file, no more.
"""

import hashlib
import os
from contextlib import ExitStack
from pathlib import Path

from mstarhash.common.errors import InputError
from mstarhash.common.progress import say
from mstarhash.input.candidates import Rule, open_candidates, sort_out
from mstarhash.input.headers import UNREAD, Headers, class_of, keep, load, write
from mstarhash.input.lamost_catalogue import FILE, FOUR, OBSID, open_catalogue
from mstarhash.input.lists import list_text
from mstarhash.input.scan import Folders, check_names, find_files
from mstarhash.spectra.shards import identity_of_name, order_key, shard_names, shard_of, stem
from mstarhash.spectra.targets import is_unknown

STATE, HEADERS, SCAN = "state.json", "headers.json", "scan.json"  # kept beside the lists
LOOKED_AT = 2_000  # headers read, at most, to see whether any spectrum is unclassified
OBJECTS = ("", "OBJ")  # types of fibres that are on a star, or that are not told
NOTHING = (
    "no unclassified spectrum (CLASS Unknown or empty) to search: give input.spectra files of that class, an "
    "input.catalogue that says which they are, or input.candidates. LAMOST DR9 and later list no Unknown: say there by "
    "input.candidates which classes are in doubt (README, Your own files)"
)


def refresh(globs, catalogue, folder, shards, scan="files", candidates=()):
    """Bring the lists `folder/NNNN.tsv` up to date; returns the names of those that were rewritten.

    globs: of FITS files; catalogue: path, or None or '' for none; shards: their number; scan: `files`
    looks at the size and time of every file, `folders` at those of folders only; candidates: items of
    `input.candidates`. Raises InputError.
    """
    folder = Path(folder)
    folders = Folders(load(folder / SCAN) if scan == "folders" else None)
    files = find_files(globs, folders)
    searched = sort_out(candidates, catalogue)
    state = {"shards": shards, "files": _fingerprint(files), "catalogue": _about(catalogue, "input.catalogue")}
    state["candidates"] = [list(candidates), [_about(path, "input.candidates") for path in searched[1]]]
    if _is_current(folder, state):
        return []
    check_names(files)
    folder.mkdir(parents=True, exist_ok=True)
    if scan == "folders":
        keep(folder / SCAN, folders.seen)
    headers = Headers(files, folder / HEADERS)
    try:
        rows = _rows(files, catalogue, searched, headers)
        _something_to_search(rows, headers)
    finally:
        headers.save()
    changed = _write_lists(rows, folder, shards)
    keep(folder / STATE, state | {"lists": _lists(folder)})
    say(f"manifest: {len(files):,} files in {shards:,} shards, {len(changed):,} lists rewritten")
    return changed


def _fingerprint(files):
    """Hash over files as they were found, sizes and times; another order only costs a look at the lists."""
    return hashlib.blake2b(repr(files).encode(), digest_size=16).hexdigest()


def _about(path, key):
    """Path, size and time of a table, or None."""
    if not path:
        return None
    try:
        about = os.stat(path)
    except OSError as error:
        raise InputError(f"{key}: {path}: {(error.strerror or str(error)).lower()}") from None
    return [str(path), about.st_size, about.st_mtime_ns]


def _lists(folder):
    """{name: [size, mtime_ns]} of the lists that are there."""
    found = {}
    for path in folder.glob("[0-9][0-9][0-9][0-9].tsv"):
        about = path.stat()
        found[path.name] = [about.st_size, about.st_mtime_ns]
    return found


def _is_current(folder, state):
    """Whether the lists were made from this very state, and are as they were left."""
    return load(folder / STATE) == state | {"lists": _lists(folder)}


def _rows(files, catalogue, searched, headers):
    """Rows of all lists, sorted by (order, file): tuples in the order of lists.COLUMNS."""
    rules, tables, without = searched
    with ExitStack() as stack:
        opened = {path: stack.enter_context(open_candidates(path)) for path in tables}
        columns = [name for rule in rules for name in rule.columns]
        join, entries = stack.enter_context(open_catalogue(catalogue, columns)) if catalogue else ((), ())
        joins = {join, *(other for other, _ in opened.values())} - {()}
        identity = _identities(files, OBSID in joins, headers)
        wanted = {other: _by_key(other, identity) for other in joins}
        labels, chosen = _join(catalogue, join, entries, wanted[join], len(files), rules) if catalogue else ({}, set())
        for path, (other, keys) in opened.items():
            chosen |= _named(path, other, keys, wanted[other])
    if without:
        chosen |= _without_row(files, labels, headers)
    rows = []
    for path in files:
        *four, obsid = identity[path]
        order = order_key(tuple(four) if all(four) else stem(path))
        listed, *label = labels.get(path, ("", "", "", ""))
        size, mtime = files[path]
        obsid = obsid if _positive(obsid) or not _positive(listed) else listed
        rows.append((path, *four, obsid, order, size, mtime, *label, int(path in chosen)))
    rows.sort(key=lambda row: (row[6], row[0]))
    return rows


def _identities(files, obsids, headers):
    """{file: (lmjd, planid, spid, fiberid, obsid)} by the names, and by headers where obsids are asked for or a name
    does not tell."""
    named = {path: identity_of_name(path) for path in files}
    told = headers.read(files if obsids else [path for path in files if named[path] is None])
    found = {}
    for path in files:
        *four, obsid = told[path].identity if path in told else ("",) * 5
        found[path] = (*(named[path] or four), obsid)
    return found


def _by_key(join, identity):
    """{key: [files]} by lmjd, planid, spid, fiberid, by obsid, or by the stem of the name."""
    found = {}
    for path, (*four, obsid) in identity.items():
        if join == FILE:
            found.setdefault(stem(path), []).append(path)
        elif join == FOUR and all(four):
            found.setdefault(tuple(four), []).append(path)
        elif join == OBSID and _positive(obsid):
            found.setdefault(obsid, []).append(path)
    return found


def _positive(obsid):
    return obsid.isdigit() and int(obsid) > 0


def _join(catalogue, join, entries, wanted, count, rules: list[Rule]):
    """{file: (obsid, class, subclass, z)} of the files that the catalogue has, and the set of those that a rule takes;
    the first row of a key counts."""
    labels, chosen, clashes = {}, set(), 0
    for key, *label, others in entries:
        for path in wanted.get(key, ()):
            if path not in labels and any(rule.holds(others) for rule in rules):
                chosen.add(path)
            clashes += labels.setdefault(path, label)[1:] != label[1:]
    by = " + ".join(join)
    if not labels:
        raise InputError(f"input.catalogue: {catalogue}: none of its rows is one of the {count:,} files (by {by})")
    say(f"manifest: the catalogue has {len(labels):,} of {count:,} files (by {by})")
    if clashes:
        say(f"manifest: {clashes:,} more rows of the catalogue give one of these files other labels; the first counts")
    if rules:
        say(f"manifest: {len(chosen):,} of them are searched by {' or '.join(rule.text for rule in rules)}")
    return labels, chosen


def _named(table, join, keys, wanted):
    """The set of files that a table of candidates names."""
    found, count = set(), 0
    for key in keys:
        count += 1
        found.update(wanted.get(stem(key) if join == FILE else key, ()))
    by = " + ".join(join)
    if not found:
        raise InputError(f"input.candidates: {table}: none of its {count:,} rows is one of the files (by {by})")
    say(f"manifest: {len(found):,} files are searched by {table} of {count:,} rows (by {by})")
    return found


def _without_row(files, labels, headers):
    """The set of files that are not in the catalogue and whose fibre was on an object."""
    left = headers.read([path for path in files if path not in labels])
    found = {path for path, told in left.items() if told.fibre.upper() in OBJECTS}
    say(f"manifest: {len(found):,} files are searched since the catalogue does not have them")
    if len(found) < len(left):
        say(f"manifest: {len(left) - len(found):,} more are not in the catalogue; their fibres were not on an object")
    return found


def _something_to_search(rows, headers):
    """Raise InputError where no spectrum is unclassified; where there are many files, some are looked at, and it is said.

    A spectrum is searched as a candidate, as Unknown in the catalogue, or, without a row there, in its header.
    """
    if any(row[12] for row in rows) or is_unknown(row[9] for row in rows if row[9]).any():
        return
    paths = [row[0] for row in rows if not row[9]]
    looked_at = paths[:: -(-len(paths) // LOOKED_AT) or 1]
    unread = 0
    for path in sorted(looked_at, key=lambda path: path not in headers.asked):
        class_ = headers.read([path])[path].class_
        class_ = class_of(path) if class_ == UNREAD else class_
        if class_ != UNREAD and is_unknown([class_])[0]:
            return
        unread += class_ == UNREAD
    if len(looked_at) == len(paths) and not unread:
        raise InputError(NOTHING)
    say(
        f"manifest: of {len(looked_at) - unread:,} files that were looked at none is unclassified. If none is: {NOTHING}"
    )


def _write_lists(rows, folder, shards):
    """Write the lists whose text is new, remove those of shards that are no more; the names of the new ones."""
    split = {name: [] for name in shard_names(shards)}
    names = list(split)
    for row in rows:
        split[names[shard_of(row[6], shards)]].append(row)
    changed = [name for name in names if write(folder / f"{name}.tsv", list_text(split[name]))]
    for name in _lists(folder):
        if name.removesuffix(".tsv") not in split:
            (folder / name).unlink()
    return changed
