"""Tables of sources that the user gives: which of their columns are what, and their values in our units."""

import re

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.table_file import open_table
from mstarhash.stars import gaia_epoch, source_ids
from mstarhash.stars.source_columns import (
    EXACT,
    GAIA,
    POSITIONS,
    TWOMASS,
    VIZIER,
    WISE,
    no_numbers,
    possible,
    unit_factor,
)

__all__ = ["GAIA", "TWOMASS", "WISE", "Table"]
STANDARD = ("parallax", "j", "w1")  # our columns whose name tells whose names a table has


class Table:
    """Columns of a table by our names; numbers are read when asked for."""

    def __init__(self, path, key, known, release="DR3"):
        """path: file; key: the config key that names it, for messages; known: GAIA, TWOMASS or WISE; release: of Gaia,
        where the table does not tell it. Raises InputError where the file is no table or a column of it cannot be what it
        is named."""
        self.file = open_table(path, key)
        try:
            self.path, self.key, self.known = self.file.path, key, known
            self.columns = {}  # our name: the table's
            self.remarks = list(self.file.notes)
            self.impossible = {}  # our name: (how many values cannot be, one of them), of the rows read
            self.file.load(self._candidates())
            self.rows = self.file.rows
            self._choose()
            self.ids = None
            self.epoch, self.epoch_words = None, ""
            if known is GAIA:
                self._choose_ids_and_epoch(release)
        except BaseException:
            self.file.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def __contains__(self, name):
        return name in self.columns

    def need(self, *names):
        """Raise InputError where one of our names has no column."""
        for name in names:
            if name in self.columns:
                continue
            spelt, what = self.known[name].spelt(), "no column"
            if name in ("ra", "dec"):
                spelt, what = [pair.replace(" ", ", ") for pair in POSITIONS], "no pair of columns"
            like = self._like(name)
            hint = f"; {', '.join(like[:4])}: rename the one that is meant" if like else ""
            hint += "".join(f"; {note}" for note in self.file.notes)
            raise InputError(f"{self.path}: {what} {' or '.join(spelt)}; the table of {self.key} needs it{hint}")

    def get(self, name, rows=slice(None)):
        """(k,) of rows: texts, or float64 in our unit with NaN for what is missing or cannot be; all missing without the
        column."""
        wanted = self.known[name]
        if name == "source_id" and self.ids is not None:
            return source_ids.as_texts(self.ids[rows])
        if name not in self.columns:
            return np.full(len(np.arange(self.rows)[rows]), "" if wanted.unit == "text" else np.nan)
        column = self.columns[name]
        if wanted.unit == "text":
            return self.file.text(column, rows)
        values = self.file.column(column, rows)
        if values.dtype.kind not in "iuf":
            raise InputError(
                f"{self.path}: column {column} of the table of {self.key} {no_numbers(self.file.column(column), wanted.unit)}"
            )
        numbers = np.ma.filled(values.astype(float), np.nan)
        out = possible(numbers, wanted, self._factor(name))
        self._count(name, rows, numbers[~np.isnan(numbers) & np.isnan(out)])
        return out

    def describe(self):
        """One line for the log: what is taken for what."""
        parts = []
        for name in self.known:
            if name == "ref_epoch":
                parts.append(f"epoch {self.epoch_words}")
            elif name in self.columns:
                unit = self.file.unit(self.columns[name])
                parts.append(f"{name} from {self.columns[name]}{f' [{unit}]' if unit else ''}")
        missing = [name for name in self.known if name not in self.columns and name != "ref_epoch"]
        line = f"{self.key}: {self.path} ({self.file.kind}, {self.rows:,} rows): {', '.join(parts)}"
        line += f"; none for {', '.join(missing)}" if missing else ""
        return line + "".join(f"; {remark}" for remark in self.remarks)

    def impossible_words(self):
        """What a user should know of values that cannot be; '' if there are none."""
        parts = [f"{self.columns[name]} {count:,} (like {one:g})" for name, (count, one, _) in self.impossible.items()]
        return f"{self.key}: values that cannot be, taken as missing: {', '.join(parts)}" if parts else ""

    def _count(self, name, rows, wrong):
        """Count values that cannot be: over the parts of a table that is gone through, else of the rows asked for."""
        count, _, whole = self.impossible.get(name, (0, 0.0, False))
        if not len(wrong):
            return
        if isinstance(rows, slice):
            self.impossible[name] = ((count if whole else 0) + len(wrong), float(wrong[0]), True)
        elif not whole:
            self.impossible[name] = (len(wrong), float(wrong[0]), False)

    def _factor(self, name):
        column, unit = self.columns[name], self.known[name].unit
        try:
            return unit_factor(self.file.unit(column), unit)
        except ValueError as error:
            raise InputError(f"{self.path}: column {column} of the table of {self.key} {error}") from None

    def _like(self, name):
        """Columns whose names a join has made of one of ours: ra_2, gaia_ra, not e_ra, pm_ra."""
        pattern = "|".join(map(re.escape, self.known[name].spelt()))
        pattern = (
            rf"(?!(?:\w+_)?(?:e|err|error|pm|mu|sig|sigma)_)(?:\w+_(?:{pattern})|(?:{pattern})(?:[_.]\w{{1,2}}|\d))"
        )
        return [n for n in self.file.names if re.fullmatch(pattern, n, re.IGNORECASE)]

    def _named(self, spelling):
        """Columns of the table that are spelt so: with its case first, then in any case unless it must be exact."""
        plain = spelling.lstrip(EXACT)
        exact = [name for name in self.file.names if name == plain]
        if spelling.startswith(EXACT):
            return exact
        return exact + [name for name in self.file.names if name != plain and name.lower() == plain.lower()]

    def _candidates(self):
        """All columns that may be used, to be read together."""
        names = [n for wanted in self.known.values() for s in wanted.names.split() for n in self._named(s)]
        if self.known is GAIA:
            names += source_ids.names_of(self.file.names)
            names += [n for n in self.file.names if n.lower() in gaia_epoch.NAMES | gaia_epoch.GENERAL]
        names = list(dict.fromkeys(names))
        return names + [f"{name}.mask" for name in names if f"{name}.mask" in self.file.names]

    def _choose(self):
        for ours, wanted in self.known.items():
            if ours in ("ra", "dec", "source_id", "ref_epoch"):
                continue
            exact = [n for s in wanted.names.split() for n in self._named(s) if n == s.lstrip(EXACT)]
            names = exact + [n for s in wanted.names.split() for n in self._named(s) if n not in exact]
            names = [name for name in names if name not in self.columns.values()]  # b_rgeo and B_rgeo are two columns
            if names:
                self.columns[ours] = names[0] if wanted.unit == "text" else self._with_numbers(names)
        standard = next((self.columns[name] for name in STANDARD if name in self.columns and name in self.known), "")
        pairs = sorted(POSITIONS, key=lambda pair: (pair[:2] == "ra") == (standard.lower() in VIZIER))
        found = [
            (ra, dec) for pair in pairs for ra in self._named(pair.split()[0]) for dec in self._named(pair.split()[1])
        ]
        found.sort(key=lambda pair: pair[0].islower() != pair[1].islower())  # ra, dec beside another's RA, DEC
        if found:
            numeric = [pair for pair in found if all(self._is_numeric(name) for name in pair)]
            self.columns["ra"], self.columns["dec"] = (numeric or found)[0]
            others = [n for k in ("ra", "dec") for n in self._like(k) if n not in self.columns.values()]
            if others or self.known is not GAIA and {"parallax", "plx"} & {n.lower() for n in self.file.names}:
                self.remarks.append(
                    f"a join with another table, it seems{': ' if others else ''}{', '.join(others[:4])}"
                    f"{' are not taken' if others else ''}; the positions must be those of these sources"
                )
        for name in self.columns.values():
            if name in self.file.doubled:
                raise InputError(
                    f"{self.path}: column {name} of the table of {self.key} stands twice; rename the other one"
                )

    def _is_numeric(self, name):
        values = self.file.column(name)
        return values.dtype.kind in "iuf" and (not len(values) or values.count() > 0)

    def _with_numbers(self, names):
        """The first of some columns that holds numbers; the first of all where none does or there is one alone."""
        return names[0] if len(names) == 1 else next((name for name in names if self._is_numeric(name)), names[0])

    def _choose_ids_and_epoch(self, release):
        told, wrong = None, []
        for name in source_ids.names_of(self.file.names):
            try:
                ids, by_ids = source_ids.exact_ids(self.file, name)
            except source_ids.Damaged as error:
                wrong.append((name, str(error)))
                continue
            if ids.any() or not self.rows:
                self.ids, self.columns["source_id"] = ids, name
                told = by_ids or source_ids.release_of_name(name) or source_ids.release_of_designation(self.file)
                break
        surely = [pair for pair in wrong if pair[0].lower() not in ("source", "designation", "gaia")] or wrong
        if surely and self.ids is None:
            name, reason = surely[0]
            raise InputError(f"{self.path}: column {name} of the table of {self.key} {reason}")
        self.remarks += [f"{name} is not taken, it {reason}" for name, reason in wrong]
        self.remarks += self._odd_ids()
        if "ra" in self.columns:
            column, self.epoch, self.epoch_words = gaia_epoch.column_and_epoch(
                self.file, self.columns["ra"], told, release
            )
            if column:
                self.columns["ref_epoch"] = column

    def _odd_ids(self):
        """What a user should know of the ids: none where a column is like them, or numbers that Gaia does not give."""
        if self.ids is None:
            like = self._like("source_id")
            return (
                [f"no ids, {', '.join(like[:4])} may hold them: rename the one that is meant to source_id"]
                if like
                else []
            )
        small = self.ids[(self.ids > 0) & (self.ids < source_ids.SMALLEST)]
        name = self.columns.get("source_id")
        return (
            [f"{name} holds {small[0]}, Gaia's ids are above {source_ids.SMALLEST:,}: running numbers?"]
            if len(small)
            else []
        )
