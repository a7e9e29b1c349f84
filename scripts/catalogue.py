"""Write the catalogue: a table of spectra and one of objects in every format, ReadMe, notes and checksums."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code

COMMENTS = (
    "U V W: heliocentric, U to the Galactic centre, V along rotation, W to the north pole.",
    "U_lsr V_lsr W_lsr: the same with the solar motion added.",
    "h_disc = distance * sin(b) + height of the Sun. Epoch of ra, dec: header's.",
    "object: key between the tables spectra and objects.",
    "objects: indices, zeta, ewHa, rv, U V W from all its spectra; all else is the primary spectrum's.",
)
KINDS = {"fits": "fits", "csv": "csv", "votable": "xml", "parquet": "parquet", "dat": "dat"}  # option: name's end
OTHERS = {
    "etable": "text table of the new stars as in Guo et al. (2019)",
    "readme": "description of the .dat files, byte by byte",
    "notes": "release notes",
    "changes": "spectra that are new, changed or removed since catalogue.earlier",
    "checksums": "SHA-256 of all other files",
}


def build_parser():
    parser = section_parser(__doc__, "catalogue")
    parser.add_argument("--schema", required=True, help="JSON list of the columns")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    for step in ("crossmatch", "luminosity", "activity", "kinematics"):
        parser.add_argument(f"--{step}", required=True, help=f"HDF5 from {step}.py")
    for table in ("spectra", "objects"):
        for kind in KINDS:
            parser.add_argument(f"--{table}-{kind}", required=True, help=f"table of {table} to write")
    for name, text in OTHERS.items():
        parser.add_argument(f"--{name}", required=True, help=f"to write: {text}")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from contextlib import ExitStack
    from pathlib import Path

    from mstarhash.catalogue import columns, notes
    from mstarhash.catalogue.objects import objects
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say

    with ExitStack() as stack:
        kinds = [*(f"{table}_{kind}" for table in ("spectra", "objects") for kind in KINDS), *OTHERS]
        names = {kind: stack.enter_context(replacing(getattr(args, kind))) for kind in kinds}
        schema = columns.read_schema(args.schema)
        spectra, *combined = read(args, schema)
        tables = {"spectra": spectra, "objects": objects(spectra, *combined)}
        for values in tables.values():
            blank_zeta(values)
            values["clean"] = notes.clean(values["flags"], schema.clean)
        new = spectra["source"] == "new"
        other = as_printed(spectra, new) if args.etable_values == "g19" else reliable(spectra, new)
        say(f"catalogue: {known(spectra)}")
        tables = {title: columns.table_of(schema.columns, title, values) for title, values in tables.items()}
        del spectra, combined, values  # a million rows are some GB
        plain = {title: {column.name: values for column, values in table} for title, table in tables.items()}
        counts = notes.counted(*plain.values())
        write_tables(names, schema, tables, [counts, *COMMENTS, *about_flags(schema)], other)
        say(f"catalogue: {counts}")
        changes = since(args.earlier, plain["spectra"], names["changes"])
        text = notes.notes(schema, plain, args.earlier, changes)
        Path(names["notes"]).write_text(text, encoding="utf-8")
        files = {Path(getattr(args, kind)).name: name for kind, name in names.items() if kind != "checksums"}
        Path(names["checksums"]).write_text(notes.checksums(files), encoding="utf-8")
    return 0


def since(path, spectra, name):
    """Write what changed since the earlier release `path`, if one is named; returns that, or None."""
    from mstarhash.catalogue import changes
    from mstarhash.common.progress import say

    if not path:
        changes.write(name, {}, {}, {"new": [], "changed": [], "removed": []})
        return None
    earlier = changes.read_earlier(path)
    found = changes.compare(spectra, earlier)
    changes.write(name, spectra, earlier, found[0])
    say("catalogue: since the earlier release: " + ", ".join(f"{len(v):,} {key}" for key, v in found[0].items()))
    return found


def write_tables(names, schema, tables, comments, other):
    """All tables in all formats; other: as in `write_etable` of catalogue/text.py."""
    from mstarhash.catalogue import cds, text

    described = []
    for title, table in tables.items():
        places = write_formats({kind: names[f"{title}_{kind}"] for kind in KINDS}, title, table, comments)
        row = {"spectra": "a row a spectrum, released and new M stars", "objects": "a row a star"}[title]
        described.append((f"{title}.dat", row, len(table[0][1]), table, places))
    cds.write_readme(names["readme"], "M stars among unclassified spectra", described, comments)
    spectra = tables["spectra"]
    new = next(values for column, values in spectra if column.name == "source") == "new"
    text.write_etable(names["etable"], [(column, part[new]) for column, part in spectra], schema.etable, other)


def write_formats(names, title, table, comments):
    """One table in the formats of KINDS; names: {kind: file}. Returns the layout of the .dat file."""
    from mstarhash.catalogue import cds, fits, parquet, text, votable

    fits.write(names["fits"], title.upper(), table, comments)
    text.write_csv(names["csv"], table)
    votable.write(names["votable"], title, table, comments)
    parquet.write(names["parquet"], title, table, comments)
    return cds.write_dat(names["dat"], table)


def about_flags(schema):
    """Sentences on the bits of the column flags."""
    from mstarhash.catalogue.notes import BITS, mask

    cut = f"clean = 1: none of {', '.join(schema.clean)}, that is, flags & {mask(schema.clean)} = 0."
    bits = sorted((bit, name, text) for name, (bit, text) in BITS.items())
    return [cut, *(f"flags bit {bit}, {name}: {text}." for bit, name, text in bits)]


def read(args, schema):
    """Columns of all spectra by the steps' names, those of the objects' motions and of their activity."""
    import h5py
    import numpy as np
    from mstarhash.catalogue.designations import designation
    from mstarhash.catalogue.objects import DERIVED
    from mstarhash.common.errors import InputError
    from mstarhash.spectra.hdf5 import open_h5, read_columns
    from mstarhash.spectra.shards import IDENTITY
    from mstarhash.stars.measured import read_aligned, read_measured

    wanted = {column.key for column in schema.columns} | {"na_err", "duplicate_of"}
    steps = [getattr(args, step) for step in ("crossmatch", "luminosity", "activity", "kinematics")]
    owner = {}
    for path in steps:
        with open_h5(path) as source:
            owner |= {key: path for key in source if key in wanted and isinstance(source[key], h5py.Dataset)}
    with open_h5(args.measure[0]) as source:
        mine = sorted(key for key in source if key in wanted and key not in IDENTITY)
    table = read_measured(args.measure, mine)
    out = dict(table)
    for path in steps:
        keys = sorted(key for key, where in owner.items() if where == path and key not in table)
        out |= read_aligned(path, table, keys)
    for path in steps:  # all flags in one mask
        with open_h5(path) as source:
            if "flags" in source:
                out["flags"] = out["flags"] | source["flags"][:]
    combined = []
    for path in (args.kinematics, args.activity):
        with open_h5(path) as source:
            combined.append(read_columns(source["objects"], sorted(source["objects"])))
    out["designation"] = np.where(out["designation"] == "", designation(out["ra"], out["dec"]), out["designation"])
    lost = wanted - set(out) - set(combined[0]) - set(combined[1]) - {"clean", *DERIVED}
    if lost:
        raise InputError(f"{args.schema}: no step makes the column {', '.join(sorted(lost))}")
    return out, *combined


def known(values):
    """For the log: for how many rows the derived values are known."""
    import numpy as np

    names = {"giant": "class", "distance": "distance", "u": "space motion", "active": "activity"}
    return ", ".join(f"{text} of {np.isfinite(values[key]).sum():,}" for key, text in names.items())


def blank_zeta(values):
    """zeta says nothing of giants."""
    import numpy as np
    from mstarhash.measure import zeta

    for key in ("zeta_err", *(name for names in zeta.COLUMNS.values() for name in names)):
        values[key] = np.where(values["giant"] == 1, np.nan, values[key])


def reliable(values, rows):
    """The velocities of some rows for m_etable.txt, which has no flags: null where a flag says that they are not used."""
    import numpy as np
    from mstarhash.stars import star_flags

    return {"rv": np.where(star_flags.has(values["flags"][rows], "rv_unused"), np.nan, values["rv"][rows])}


def as_printed(values, rows):
    """The paper's own l, b, U, distance, h_disc and CaOHErr of some rows (FIELD 0); nulls stay nulls."""
    import numpy as np
    from mstarhash.stars.astrometry import galactic

    longitude, latitude = galactic(values["pmra"][rows] % 360, values["pmdec"][rows])
    parallax = values["parallax"][rows]
    distance = 1000 / np.where(parallax == 0, np.nan, parallax)
    return {
        "l": longitude,
        "b": latitude,
        "U": -values["u"][rows],
        "distance": distance,
        "h_disc": distance * np.sin(latitude),
        "CaOHErr": values["cah3_err"][rows],
    }


if __name__ == "__main__":
    sys.exit(exit_code(main))
