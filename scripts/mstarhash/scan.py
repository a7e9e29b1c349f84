"""The files that globs name, with size and time, from as few system calls as may do."""

import json
import os
import re
import stat
from fnmatch import translate
from pathlib import Path

from mstarhash.errors import InputError
from mstarhash.progress import say

MAGIC = re.compile(r"[*?[]")


class Folders:
    """Listings of folders: (files {name: (size, mtime_ns)}, names of subfolders).

    With `kept` (what an earlier scan left), the listing of a folder whose own time is unchanged is taken from
    there and its files are not looked at again: new and removed files are noticed, files rewritten in place
    are not.
    """

    def __init__(self, kept=None):
        self.kept, self.seen = kept, {}

    def entries(self, folder, wanted):
        """Yield (name, is_folder, size, mtime_ns) of a folder; size and time only of files that `wanted` takes."""
        if self.kept is not None:
            yield from self._kept_entries(folder, wanted)
            return
        try:
            with os.scandir(folder or ".") as listing:
                for entry in listing:
                    try:
                        if entry.is_dir():
                            yield entry.name, True, 0, 0
                        elif wanted(entry.name):
                            about = entry.stat()
                            if stat.S_ISREG(about.st_mode):
                                yield entry.name, False, about.st_size, about.st_mtime_ns
                    except OSError:  # a link to nothing, a file gone meanwhile
                        continue
        except (FileNotFoundError, NotADirectoryError):
            return
        except PermissionError:
            say(f"manifest: no permission to look into folder {folder}: its files are left out")

    def _kept_entries(self, folder, wanted):
        if folder not in self.seen:
            try:
                time = os.stat(folder or ".").st_mtime_ns
            except OSError:
                return
            old = self.kept.get(folder)
            if old is None or old[0] != time:
                plain = Folders()
                old = [time, [list(entry) for entry in plain.entries(folder, lambda name: True)]]
            self.seen[folder] = old
        yield from (entry for entry in self.seen[folder][1] if entry[1] or wanted(entry[0]))


def find_files(globs, folders):
    """{file: (size, mtime_ns)} of all files that the globs name; a file is named as the glob begins.

    `**` takes any number of folders; names that begin with a dot are taken only by a pattern that does.
    Raises InputError where a glob names nothing.
    """
    if not globs:
        raise InputError("input.spectra is empty: give one or more globs of FITS files, such as data/**/*.fits.gz")
    found = {}
    for pattern in globs:
        before, fresh = len(found), 0
        for path, about in _expand(pattern, folders):
            found[path] = about
            fresh += 1
        if fresh == 0 and len(found) == before:
            hint = f"; it is a folder: write {pattern.rstrip('/')}/**/*.fits*" if os.path.isdir(pattern) else ""
            raise InputError(f"input.spectra: no file matches {pattern!r} (working folder {os.getcwd()}){hint}")
    for path in found:
        if not path.isprintable() and _unfit(path):
            raise InputError(f"input.spectra: file name {path!r} has a line break, a tab or is not UTF-8; rename it")
    return found


def _unfit(path):
    return bool(re.search(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]", path))


def _expand(pattern, folders):
    if os.path.isfile(pattern):
        about = os.stat(pattern)
        yield _tidy(pattern), (about.st_size, about.st_mtime_ns)
        return
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    start = "/" if pattern.startswith("/") else ""
    while len(parts) > 1 and not MAGIC.search(parts[0]):
        start += parts.pop(0) + "/"
    if parts:
        yield from _walk(start, parts, folders, set())


def _tidy(path):
    """A path without ./ at its start and without doubled slashes."""
    path = re.sub(r"/(\./)*/*", "/", path)
    while path.startswith("./"):
        path = path[2:]
    return path


def _walk(folder, parts, folders, above):
    """Yield (path, (size, mtime_ns)) below `folder` (with / at its end, or empty) for the parts of a pattern."""
    part, rest = parts[0], parts[1:]
    if part == "**":
        here = os.path.realpath(folder or ".")
        if here in above:
            return  # a link to a folder above
        yield from _walk(folder, rest or ["*"], folders, set())
        for name, is_folder, _, _ in folders.entries(folder, lambda name: False):
            if is_folder and not name.startswith("."):
                yield from _walk(f"{folder}{name}/", parts, folders, above | {here})
        return
    if rest and not MAGIC.search(part):
        yield from _walk(f"{folder}{part}/", rest, folders, above)
        return
    matches = re.compile(translate(part)).match
    hidden = part.startswith(".")

    def wanted(name):
        return (hidden or name[0] != ".") and matches(name) is not None

    for name, is_folder, size, mtime in folders.entries(folder, wanted if not rest else lambda name: False):
        if not wanted(name):
            continue
        if rest and is_folder:
            yield from _walk(f"{folder}{name}/", rest, folders, above)
        elif not rest and not is_folder:
            yield f"{folder}{name}", (size, mtime)


def read_kept(path):
    """What an earlier scan by folders left, {} where there is nothing of use."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
