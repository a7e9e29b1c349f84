"""What the lists need of a file's header, read once and kept while the file is the same."""

import json
from dataclasses import astuple, dataclass
from pathlib import Path

from mstarhash.common.files import replacing
from mstarhash.common.progress import Progress
from mstarhash.input.fitsheader import primary_header, read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.input.headervalues import header_identity, text
from mstarhash.input.sdss import sdss_header

VERSION = 3  # of lists and of what is kept: another one makes them anew
SAVE = 20_000  # headers read before they are kept
UNREAD = "?"  # as class: the header does not tell, or cannot be read


@dataclass(frozen=True)
class Told:
    """What a header says, '' where it does not; `class_` is UNREAD where the file must be read to know."""

    lmjd: str = ""
    planid: str = ""
    spid: str = ""
    fiberid: str = ""
    obsid: str = ""
    class_: str = UNREAD
    fibre: str = ""  # type of the fibre: Obj, Sky, F-Std ...

    @property
    def identity(self):
        return self.lmjd, self.planid, self.spid, self.fiberid, self.obsid


class Headers:
    """Headers by file; `files`: {file: (size, mtime_ns)}, `path`: of the JSON file where they are kept."""

    def __init__(self, files, path):
        self.files, self.path, self.kept, self.new = files, path, None, 0
        self.asked = set()

    def read(self, paths):
        """{file: Told}; headers that are not kept are read."""
        if self.kept is None and paths:
            self.kept = load(self.path)
        self.asked.update(paths)
        missing = [path for path in paths if self._stored(path) is None]
        progress = Progress("manifest: headers", len(missing)) if len(missing) > 1 else None
        for path in missing:
            self.kept[path] = [*astuple(told_by(path)), *self.files[path]]
            self.new += 1
            if progress:
                progress.step()
            if self.new % SAVE == 0:
                keep(self.path, self.kept)
        return {path: Told(*self._stored(path)[:-2]) for path in paths}

    def _stored(self, path):
        values = self.kept.get(path)
        return values if values is not None and values[-2:] == list(self.files[path]) else None

    def save(self):
        """Keep what was asked for, and nothing of files that are gone."""
        if self.asked and (self.new or self.kept.keys() - self.asked):
            keep(self.path, {path: self.kept[path] for path in sorted(self.asked)})


def told_by(path):
    """The Told of a file; what cannot be read is as if it did not say."""
    try:
        header = primary_header(path)
        if text(header.get("TELESCOP")).upper().startswith("SDSS"):
            return Told(*_plain(header_identity(sdss_header(header, {}))))
        fibre = text(header.get("FIB_TYPE", "FIBERTYP"))
        return Told(*_plain((*header_identity(header), header.get("CLASS"), fibre)))
    except Exception:  # a status row of `ingest` will tell
        return Told()


def class_of(path):
    """CLASS of a file from all of it, UNREAD where it cannot be read."""
    try:
        return text(read_spectrum(read_bytes(path)).header.get("CLASS"))
    except Exception:
        return UNREAD


def _plain(values):
    return [" ".join(text(value).split()) for value in values]


def load(path):
    """What `keep` left, {} where there is nothing of use."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found["kept"] if isinstance(found, dict) and found.get("version") == VERSION else {}


def keep(path, values):
    """Write values as JSON with the version."""
    write(path, json.dumps({"version": VERSION, "kept": values}))


def write(path, words):
    """Write a file unless it holds this text already; whether it was written."""
    data = words.encode()
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except OSError:
        pass
    with replacing(path) as name:
        Path(name).write_bytes(data)
    return True
