"""Release notes of a catalogue, and the checksums of its files."""

import hashlib

import numpy as np

from mstarhash.common import bitmask
from mstarhash.measure import measure_flags
from mstarhash.stars import star_flags

BITS = measure_flags.BITS | star_flags.BITS
WHOLE = 1 << 20  # bytes read at a time


def clean(flags, names):
    """(n,) int: 1 where none of the flags `names` is set. KeyError for a name that is no flag."""
    return 1 - (np.asarray(flags, "u4") & np.uint32(mask(names)) > 0).astype(int)


def mask(names):
    """The sum of the values of some flags."""
    return sum(1 << BITS[name][0] for name in names)


def known(values):
    """(n,) bool: not null."""
    data = np.ma.getdata(values)
    if data.dtype.kind == "U":
        return data != ""
    return ~np.ma.getmaskarray(values) & (np.isfinite(data) if data.dtype.kind == "f" else True)


def counted(spectra, objects):
    """A sentence with both counts, for the head of every product."""
    new = int((objects["source"] == "new").sum())
    return (
        f"{len(spectra['file']):,} spectra of {len(objects['file']):,} objects; "
        f"{int((spectra['source'] == 'new').sum()):,} spectra are new, and {new:,} objects have new spectra only."
    )


def notes(schema, tables, earlier, changes):
    """The notes as Markdown. tables: {title: {name: values}}; earlier: its path or None; changes: of `compare`."""
    spectra, objects = tables["spectra"], tables["objects"]
    lines = ["# Release notes", "", counted(spectra, objects), "", f"Columns: schema version {schema.version}.", ""]
    for zero in np.unique(np.ma.getdata(spectra["subtype_zero"])):
        lines += [ZERO_POINT.format(zero), ""]
    lines += ["## Counts", "", "| rows | spectra | objects |", "|---|---|---|"]
    for text, rows in COUNTS.items():
        lines.append(f"| {text} | {rows(spectra).sum():,} | {rows(objects).sum():,} |")
    lines += ["", "## Known values", "", "| column | spectra | objects |", "|---|---|---|"]
    for column in schema.columns:
        counts = [f"{known(t[column.name]).sum():,}" if column.name in t else "" for t in (spectra, objects)]
        lines.append(f"| `{column.name}` | {' | '.join(counts)} |")
    lines += [
        "",
        "## Flags",
        "",
        f"Clean sample: `clean = 1`, that is `flags & {mask(schema.clean)} = 0` (flags with *).",
    ]
    lines += ["", "| value | name | spectra | objects | meaning |", "|---|---|---|---|---|"]
    for name, (bit, meaning) in sorted(BITS.items(), key=lambda item: item[1]):
        counts = [bitmask.has(BITS, np.ma.getdata(t["flags"]).astype("u4"), name).sum() for t in (spectra, objects)]
        star = "*" if name in schema.clean else ""
        lines.append(
            f"| {1 << bit} | {name}{star} | {counts[0]:,} | {counts[1]:,} | {meaning.replace('|', '&#124;')} |"
        )
    lines += ["", "## Since the earlier release", "", *_since(earlier, changes), ""]
    return "\n".join(lines)


ZERO_POINT = (
    "Subtypes: {:+.2f} was added to those by the template sequence (`subtype_zero`), so that types are on the scale of the "
    "survey's published ones, as its released stars or `measure.subtype_zero` of the config tell it."
)
COUNTS = {
    "all": lambda t: known(t["file"]),
    "new": lambda t: t["source"] == "new",
    "released": lambda t: t["source"] == "released",
    "clean": lambda t: _is(t["clean"], 1),
    "with a subtype": lambda t: known(t["subtype"]),
    "with a velocity": lambda t: known(t["rv"]),
    "dwarfs": lambda t: _is(t["giant"], 0),
    "giants": lambda t: _is(t["giant"], 1),
    "dwarf or giant not told": lambda t: ~known(t["giant"]),
    "active": lambda t: _is(t["active"], 1),
    "inactive": lambda t: _is(t["active"], 0),
    "with a Gaia source": lambda t: known(t["gaia_source_id"]),
    "with a distance": lambda t: known(t["distance"]),
    "with a space motion": lambda t: known(t["U"]),
}


def _is(values, what):
    return known(values) & (np.ma.getdata(values) == what)


def _since(earlier, changes):
    """Lines on what changed."""
    if changes is None:
        return ["No earlier release was named (config `catalogue.earlier`)."]
    rows, counts, (added, dropped) = changes
    lines = [
        f"Compared with `{earlier}`, spectrum by spectrum (`changes.csv`): {len(rows['new']):,} new rows, "
        f"{len(rows['removed']):,} removed, {len(rows['changed']):,} changed.",
        "",
        f"Columns added: {', '.join(added) or 'none'}. Columns dropped: {', '.join(dropped) or 'none'}.",
    ]
    if counts:
        lines += ["", "| column | rows changed | became null | became known | median change |", "|---|---|---|---|---|"]
        for name, one in counts.items():
            median = f"{one['median']:.3g}" if np.isfinite(one["median"]) else ""
            lines.append(f"| `{name}` | {one['rows']:,} | {one['lost']:,} | {one['found']:,} | {median} |")
    return lines


def checksums(files):
    """Lines as sha256sum prints them; files: {name that is written: path where its bytes are}."""
    return "".join(f"{_digest(path)}  {name}\n" for name, path in sorted(files.items()))


def _digest(path):
    total = hashlib.sha256()
    with open(path, "rb") as source:
        while part := source.read(WHOLE):
            total.update(part)
    return total.hexdigest()
