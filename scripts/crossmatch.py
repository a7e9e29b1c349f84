"""Match the measured spectra to Gaia, 2MASS and WISE.

Spectra are grouped into objects by position; each object is matched to at most one source of each table and each
source to at most one object, with proper motions applied. An object without a Gaia source that lies on the path of
another's joins that one. Every spectrum of an object gets its match.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code

GAIA = ("source_id", "parallax", "parallax_error", "pmra", "pmra_error", "pmdec", "pmdec_error", "plx_pmra",
        "plx_pmdec", "pmra_pmdec", "g", "bp", "rp", "bp_rp", "a_g", "ruwe", "excess_noise")  # fmt: skip
PREFIXED = {"source_id": "gaia_source_id"}
TWOMASS = ("designation", "j", "j_err", "h", "h_err", "k", "k_err", "qual")
WISE = ("designation", "w1", "w1_err", "w2", "w2_err", "qual")
JD, MJD = 2451544.5, 51544.0  # of 2000.0 (1 January, 0 h)


def build_parser():
    parser = section_parser(__doc__, "crossmatch")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--gaia", default="", help="table of Gaia sources in any usual form; empty: none")
    parser.add_argument("--gaia-release", default="DR3", help="DR1 ... DR4, where the table of Gaia tells no epoch")
    parser.add_argument("--twomass", default="", help="table of 2MASS sources, likewise")
    parser.add_argument("--wise", default="", help="table of WISE sources, likewise")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.stars import star_flags
    from mstarhash.stars.astrometry import unit_vectors
    from mstarhash.stars.crossmatching import centres, group, primary
    from mstarhash.stars.distances import distances
    from mstarhash.stars.measured import read_measured, write_aligned
    from mstarhash.stars.rejoining import latest, rejoin, renumbered

    with replacing(args.output) as name:
        table = read_measured(args.measure, ["ra", "dec", "mjd", "snr_r"])
        vectors = unit_vectors(table["ra"], table["dec"])
        number = group(vectors, table["file"], args.group_radius)
        objects = centres(vectors, number)
        say(f"crossmatch: {len(number):,} spectra of {len(objects):,} objects")

        columns = match_gaia(args, objects)
        sources = {key.removeprefix("gaia_"): columns[key] for key in ("gaia_ra", "gaia_dec", "pmra", "pmdec")}
        until = latest(number, 2000 + (table["mjd"] - 51544.5) / 365.25, len(objects))
        root = rejoin(objects, until, sources | {"epoch": columns["ref_epoch"]}, args.spectra_epoch, args.group_radius)
        number, kept = renumbered(root, number)
        objects, columns = objects[kept], {key: values[kept] for key, values in columns.items()}
        say(f"crossmatch: {len(root) - len(kept):,} of the objects are spectra of another's Gaia source, and join it")
        motion = motions(args, objects, columns)
        columns |= match_infrared(args, "twomass", motion)
        columns |= match_infrared(args, "wise", motion)
        columns["parallax_used"] = columns["parallax"] + args.plx_zero
        columns["distance"], columns["distance_err"], columns["dist_src"] = distances(
            *(columns[key] for key in ("parallax_used", "parallax_error")),
            *(columns.pop(key) for key in ("r_est", "r_lo", "r_hi")),
            args.max_plx_error,
        )
        flags = star_flags.combine(
            no_position=~np.isfinite(objects).all(axis=1),
            crowded=columns["n_neighbours"] > 1,
            parallax_poor=np.isfinite(columns["parallax"]) & (columns["dist_src"] != "1/plx"),
        )
        columns = {key: values[number] for key, values in columns.items()}
        columns |= {"object": number, "n_spectra": np.bincount(number)[number], "flags": flags[number]}
        columns["primary"] = np.zeros(len(number), int)
        columns["primary"][primary(number, table["snr_r"])] = 1
        write_aligned(name, "crossmatch", config_hash(args), table, columns, {"n_objects": len(objects)})
    return 0


def match_gaia(args, objects):
    """Gaia columns of the objects (m, 3)."""
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.stars import tables
    from mstarhash.stars.sourcematch import match_moving

    wanted = (*GAIA, "ra", "dec", "ref_epoch", "r_est", "r_lo", "r_hi")
    if not args.gaia:
        say("crossmatch: no Gaia table (input.gaia): no distance, no space motion, no luminosity from parallax")
        return _nothing(len(objects), wanted, tables.GAIA, "", PREFIXED)
    with tables.Table(args.gaia, "input.gaia", tables.GAIA, args.gaia_release) as table:
        table.need("ra", "dec", "parallax", "parallax_error", "pmra", "pmdec", "g")
        say(table.describe())
        if not ("pmra_error" in table and "pmdec_error" in table):
            say(f"crossmatch: {args.gaia}: no errors of the proper motions, therefore no space motions")
        found = match_moving(table, objects, args.spectra_epoch, args.radius, args.tie)
        out = {PREFIXED.get(key, key): found.take(lambda rows, key=key: table.get(key, rows)) for key in wanted}
        _say_odd(table, found, objects, args.radius)
    out["ref_epoch"] = np.where(np.isfinite(out["ra"]) & np.isnan(out["ref_epoch"]), table.epoch, out["ref_epoch"])
    out["bp_rp"] = np.where(np.isfinite(out["bp_rp"]), out["bp_rp"], out["bp"] - out["rp"])
    out = {f"gaia_{key}" if key in ("ra", "dec") else key: values for key, values in out.items()}
    return out | _quality("", found, "Gaia", table.rows, say)


def motions(args, objects, columns):
    """Place, motion and epoch of the objects: Gaia's where matched, else the spectra's place without motion."""
    import numpy as np
    from mstarhash.stars.astrometry import positions

    ra, dec = positions(objects)
    matched = np.isfinite(columns["gaia_ra"])
    return {
        "ra": np.where(matched, columns["gaia_ra"], ra),
        "dec": np.where(matched, columns["gaia_dec"], dec),
        "pmra": columns["pmra"],
        "pmdec": columns["pmdec"],
        "epoch": np.where(matched, columns["ref_epoch"], args.spectra_epoch),
    }


def match_infrared(args, key, motion):
    """2MASS or WISE columns of moving objects."""
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.stars import tables
    from mstarhash.stars.astrometry import unit_vectors
    from mstarhash.stars.match_warnings import undated
    from mstarhash.stars.sourcematch import match_at_epochs

    known, wanted, prefix, title, bands, radius, epoch, zero = {
        "twomass": (tables.TWOMASS, TWOMASS, "tmass_", "2MASS", ("j", "h", "k"), args.radius, args.twomass_epoch, JD),
        "wise": (tables.WISE, WISE, "wise_", "WISE", ("w1", "w2"), args.wise_radius, args.wise_epoch, MJD),
    }[key]
    path = getattr(args, key)
    renamed = {name: prefix + name for name in ("designation", "qual")}
    if not path:
        say(f"crossmatch: no {title} table (input.{key})")
        return _nothing(len(motion["ra"]), wanted, known, prefix, renamed)
    with tables.Table(path, f"input.{key}", known) as table:
        table.need("ra", "dec", *bands)

        say(table.describe())

        def epochs(rows):
            years = 2000 + (table.get("date", rows) - zero) / 365.25
            return np.where(np.isfinite(years), years, epoch)

        if table.rows and not np.isfinite(table.get("date")).any():
            say(undated(table, title, epoch, motion))
        found = match_at_epochs(table, motion, epochs, radius, bands[0], args.tie)
        out = {renamed.get(name, name): found.take(lambda rows, name=name: table.get(name, rows)) for name in wanted}
        _say_odd(table, found, unit_vectors(motion["ra"], motion["dec"]), radius)
    return out | _quality(prefix, found, title, table.rows, say)


def _say_odd(table, found, objects, radius):
    """Lines in the log: values that cannot be, few matches, wide ones."""
    from mstarhash.common.progress import say
    from mstarhash.stars.match_warnings import oddities

    for line in (table.impossible_words(), *oddities(found, table, objects, radius)):
        if line:
            say(line)


def _quality(prefix, found, title, rows, say):
    """Separation and number of neighbours; a line in the log."""
    say(f"crossmatch: {title}, {rows:,} sources: {(found.row >= 0).sum():,} of {len(found.row):,} objects matched")
    apart = "match_sep" if not prefix else f"{prefix}sep"
    return {apart: found.separation, f"{prefix}{'n_' if not prefix else ''}neighbours": found.neighbours.astype(float)}


def _nothing(count, wanted, known, prefix, renamed):
    """The same columns without a table: all null."""
    import numpy as np

    out = {}
    for name in wanted:
        ours = f"gaia_{name}" if name in ("ra", "dec") else renamed.get(name, name)
        out[ours] = np.full(count, "") if known[name].unit == "text" else np.full(count, np.nan)
    apart, near = ("match_sep", "n_neighbours") if not prefix else (f"{prefix}sep", f"{prefix}neighbours")
    return out | {apart: np.full(count, np.nan), near: np.full(count, np.nan)}


if __name__ == "__main__":
    sys.exit(exit_code(main))
