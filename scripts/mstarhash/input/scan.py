"""The files that globs name, with size and time, from as few system calls as may do."""

import os
import re
import stat
from fnmatch import translate

from mstarhash.common.errors import InputError
from mstarhash.common.progress import say

MAGIC = re.compile(r"[*?[]")
UNFIT = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")  # no table can hold these


class Folders:
    """Listings of folders.

    With `kept` (what an earlier scan left), the listing of a folder whose own time is unchanged is taken from
    there and its files are not looked at again: new and removed files are noticed, files rewritten in place
    are not.
    """

    def __init__(self, kept=None):
        self.kept, self.seen, self.last = kept, {}, (None, [])

    def files(self, folder, wanted):
        """[(path, (size, mtime_ns))] of the regular files in a folder (with / at its end) that `wanted` takes."""
        if self.kept is not None:
            return [(folder + name, (size, time)) for name, size, time in self._listing(folder)[1] if wanted(name)]
        found = []
        for entry in self._entries(folder):
            name = entry.name
            if wanted(name):
                try:
                    about = entry.stat()
                except OSError:  # a link to nothing, a file gone meanwhile
                    continue
                if about.st_mode & 0o170000 == stat.S_IFREG:
                    found.append((folder + name, (about.st_size, about.st_mtime_ns)))
        return found

    def folders(self, folder, wanted):
        """Names of the folders in a folder that `wanted` takes; links to folders too."""
        if self.kept is not None:
            return [name for name in self._listing(folder)[2] if wanted(name)]
        return [entry.name for entry in self._entries(folder) if _is_folder(entry) and wanted(entry.name)]

    def _entries(self, folder):
        """All entries of a folder; kept for the next question, which is often about the same one."""
        if self.last[0] != folder:
            self.last = folder, _entries(folder)
        return self.last[1]

    def _listing(self, folder):
        """[mtime_ns, files, folders] of a folder, new or as kept."""
        if folder not in self.seen:
            try:
                time = os.stat(folder or ".").st_mtime_ns
            except OSError:
                return [0, [], []]
            old = self.kept.get(folder)
            if old is None or old[0] != time:
                plain = Folders()
                files = [[path[len(folder) :], *about] for path, about in plain.files(folder, lambda name: True)]
                old = [time, files, plain.folders(folder, lambda name: True)]
            self.seen[folder] = old
        return self.seen[folder]


def _entries(folder):
    """The entries of a folder; none where there is no such folder, or none that may be seen."""
    try:
        with os.scandir(folder or ".") as listing:
            return list(listing)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError:
        say(f"manifest: no permission to look into folder {folder}: its files are left out")
        return []


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:
        return False


def find_files(globs, folders):
    """{file: (size, mtime_ns)} of all files that the globs name; a file is named as the glob begins.

    `**` takes any number of folders; names that begin with a dot are taken only by a pattern that does.
    Raises InputError where a glob names nothing.
    """
    if not globs:
        raise InputError("input.spectra is empty: give one or more globs of FITS files, such as data/**/*.fits.gz")
    found = {}
    for pattern in globs:
        files = _expand(pattern, folders)
        if not files:
            hint = f"; it is a folder: write {pattern.rstrip('/')}/**/*.fits*" if os.path.isdir(pattern) else ""
            raise InputError(f"input.spectra: no file matches {pattern!r} (working folder {os.getcwd()}){hint}")
        found.update(files)
    return found


def check_names(files):
    """Raise InputError for a name that no table can hold."""
    for path in files:
        if UNFIT.search(path):
            raise InputError(f"input.spectra: file name {path!r} has a line break, a tab or is not UTF-8; rename it")


def _expand(pattern, folders):
    """[(path, (size, mtime_ns))] of one glob."""
    if os.path.isfile(pattern):
        about = os.stat(pattern)
        return [(_tidy(pattern), (about.st_size, about.st_mtime_ns))]
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    start = "/" if pattern.startswith("/") else ""
    while len(parts) > 1 and not MAGIC.search(parts[0]):
        start += parts.pop(0) + "/"
    found = []
    if parts:
        _walk(start, parts, folders, frozenset(), found)
    return found


def _tidy(path):
    """A path without ./ at its start and without doubled slashes."""
    path = re.sub(r"/(\./)*/*", "/", path)
    while path.startswith("./"):
        path = path[2:]
    return path


def _walk(folder, parts, folders, above, found):
    """Add (path, (size, mtime_ns)) below `folder` (with / at its end, or empty) for the parts of a pattern."""
    part, rest = parts[0], parts[1:]
    if part == "**":
        here = os.path.realpath(folder or ".")
        if here in above:
            return  # a link to a folder above
        _walk(folder, rest or ["*"], folders, frozenset(), found)
        for name in folders.folders(folder, _matcher("*")):
            _walk(f"{folder}{name}/", parts, folders, above | {here}, found)
    elif not rest:
        found.extend(folders.files(folder, _matcher(part)))
    elif not MAGIC.search(part):
        _walk(f"{folder}{part}/", rest, folders, above, found)
    else:
        for name in folders.folders(folder, _matcher(part)):
            _walk(f"{folder}{name}/", rest, folders, above, found)


def _matcher(part):
    """Whether a name is one of a part of a pattern."""
    hidden = "" if part.startswith(".") else r"(?!\.)"
    return re.compile(hidden + translate(part)).match
