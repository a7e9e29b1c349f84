"""Which spectra are searched besides those of CLASS Unknown: by a table, by a rule, or since no row tells of them.

LAMOST's catalogues list no Unknown from DR9 on. What is worth a search there has a doubtful class, or no row at all.
"""

import operator
import os
import re
from contextlib import contextmanager

from mstarhash.common.errors import InputError
from mstarhash.common.table_file import open_table
from mstarhash.input.headervalues import number
from mstarhash.input.lamost_catalogue import FILE, FOUR, OBSID, columns_of, key_of, plain_name, rows_of

NO_ROW = "not in catalogue"
CONDITION = re.compile(r"\s*([A-Za-z_]\w*)\s*(==|!=|<=|>=|<|>|~)\s*(.+?)\s*")
# in a value: a second condition, that would be taken for a part of the first one's text or regular expression
JOINED = re.compile(r"\s(?:or|&&?|\|\|?|==|!=|<=?|>=?|~)\s", re.IGNORECASE)
ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Rule:
    """Conditions on columns of the catalogue that all must hold, such as `class == STAR and snrr < 5`."""

    def __init__(self, text):
        self.text, self.conditions = text, [_condition(part, text) for part in re.split(r"(?i)\s+and\s+", text)]
        self.columns = [name for name, _ in self.conditions]

    def holds(self, row):
        """Whether a row ({column: text}) fulfils all conditions; a value that is missing fulfils none."""
        return all(row[name] != "" and test(row[name]) for name, test in self.conditions)


def _condition(part, rule):
    """(column, function of a text) of one condition."""
    match = CONDITION.fullmatch(part)
    if match is None:
        raise InputError(
            f"input.candidates: {rule!r}: {part!r} is no condition; write COLUMN, one of == != < <= > >= ~, and a value"
        )
    name, sign, value = plain_name(match[1]), match[2], match[3].strip("'\"")
    if JOINED.search(f" {value} "):
        raise InputError(
            f"input.candidates: {rule!r}: {value!r} is no value; conditions are joined by `and`, what would be joined by `or` "
            "is another item of the list"
        )
    limit = number(value)
    if sign in ORDER:
        if limit != limit:
            raise InputError(f"input.candidates: {rule!r}: {sign} asks for a number, not {value!r}")
        return name, lambda text: ORDER[sign](number(text), limit)
    if sign == "~":
        try:
            return name, re.compile(value).match
        except re.error as error:
            raise InputError(f"input.candidates: {rule!r}: {value!r} is no regular expression ({error})") from None

    def same(text):
        return number(text) == limit if limit == limit else text.lower() == value.lower()

    return name, same if sign == "==" else lambda text: not same(text)


def sort_out(items, catalogue):
    """(rules, paths of tables, whether files without a row are searched) of the items of `input.candidates`.

    Raises InputError for what is neither, and where a rule has no input.catalogue to look at.
    """
    rules, tables, without = [], [], False
    for item in items:
        if item.strip().lower() == NO_ROW:
            without = True
        elif not os.path.exists(item) and CONDITION.match(item):
            rules.append(Rule(item))
        elif os.path.exists(item):
            tables.append(item)
        else:
            raise InputError(
                f"input.candidates: {item}: no such file or directory; nor is it a rule (COLUMN, one of == != < <= > >= ~, "
                f"and a value) or {NO_ROW!r}"
            )
    if (rules or without) and not catalogue:
        raise InputError(
            f"input.candidates: {rules[0].text if rules else NO_ROW!r} asks for columns of input.catalogue, which is not set"
        )
    return rules, tables, without


@contextmanager
def open_candidates(path):
    """(join columns, keys): the columns by which a table names spectra, and an iterator of their keys; to
    be used in a `with`.

    The columns are `file`, or lmjd, planid, spid, fiberid, or obsid, of these the first that are there. Raises InputError.
    """
    with open_table(path, "input.candidates") as table:
        place = columns_of(table)
        join = next((join for join in (FILE, FOUR, OBSID) if all(name in place for name in join)), None)
        if join is None:
            raise InputError(
                f"input.candidates: {path}: no column file, nor lmjd, planid, spid, fiberid, nor obsid, to know the spectra "
                f"by (found: {', '.join(list(place)[:12])}); a plain list of files has `file` as its first line"
            )
        yield join, (key_of(row, join) for row in rows_of(table, place, join))
