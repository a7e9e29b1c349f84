"""Space motions of spectra and objects, and the velocity dispersions of active and inactive dwarfs by height."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code

MEASURED = ("ra", "dec", "rv", "rv_err", "flags", "subtype", "snr_r", "duplicate_of")
MATCHED = ("object", "primary", "gaia_ra", "gaia_dec", "parallax_used", "parallax_error", "pmra", "pmra_error", "pmdec", "pmdec_error",
           "plx_pmra", "plx_pmdec", "pmra_pmdec", "distance", "distance_err", "dist_src")  # fmt: skip
AXES = ("u", "v", "w")
FIELDS = ("group", "h_low", "h_high", "h_mean", "component", "total", "mean", "mean_err", "dispersion",
          "dispersion_err", "raw_mean", "raw_dispersion", "raw_dispersion_err", "raw_total", "sign")  # fmt: skip
MATCHED_GROUPS = ("active matched", "inactive matched", "difference")


def build_parser():
    parser = section_parser(__doc__, "kinematics")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 files from measure.py")
    parser.add_argument("--crossmatch", required=True, help="HDF5 from crossmatch.py")
    parser.add_argument("--luminosity", required=True, help="HDF5 from luminosity.py")
    parser.add_argument("--activity", required=True, help="HDF5 from activity.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    parser.add_argument("--dispersions", required=True, help="CSV to write: means and dispersions by height")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    if len(args.solar) != 3:
        raise InputError("kinematics.solar: three numbers are needed, U, V, W [km/s]")
    threads.limit(1)
    import h5py
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.measure import measure_flags
    from mstarhash.spectra.hdf5 import open_h5, write_columns
    from mstarhash.stars import star_flags
    from mstarhash.stars.kinematics import combined
    from mstarhash.stars.measured import primaries, read_aligned, read_measured, write_aligned

    with replacing(args.output) as name, replacing(args.dispersions) as name_dispersions:
        table = read_measured(args.measure, MEASURED)
        table |= read_aligned(args.crossmatch, table, MATCHED)
        table |= read_aligned(args.luminosity, table, ["giant"])
        usable = np.isfinite(table["rv"]) & np.isfinite(table["rv_err"])
        for flag in measure_flags.RV_UNRELIABLE:
            usable &= ~measure_flags.has(table["flags"], flag)
        rv = [np.where(usable, table[key], np.nan) for key in ("rv", "rv_err")]
        columns = place(args, table) | motion(args, table, *rv)
        columns["flags"] = star_flags.combine(rv_unused=~usable)

        best = primaries(table)
        count = len(best)
        rv[0] = np.where(table["duplicate_of"] == "", rv[0], np.nan)  # other files of one exposure tell nothing new
        mean, error, chi2, used = combined(table["object"], *rv, count)
        objects = {key: values[best] for key, values in (table | place(args, table)).items()}
        objects |= {"rv": mean, "rv_err": error, "rv_chi2": chi2, "n_rv": used}
        objects |= motion(args, objects, mean, error)
        say(f"kinematics: space motion of {np.isfinite(objects['u']).sum():,} of {count:,} objects")
        write_aligned(name, "kinematics", config_hash(args), table, columns)
        with h5py.File(name, "a") as out:
            kept = ("object", "rv", "rv_err", "rv_chi2", "n_rv", *(key for key in columns if key != "flags"))
            write_columns(out.create_group("objects"), {key: objects[key] for key in kept})
        with open_h5(args.activity) as source:
            objects["active"] = source["objects/active"][:]
        write_dispersions(name_dispersions, args, objects)
    return 0


def place(args, table):
    """Galactic coordinates and height."""
    import numpy as np
    from mstarhash.stars.astrometry import galactic
    from mstarhash.stars.kinematics import height

    longitude, latitude = galactic(*_position(table))
    sine = np.abs(np.sin(np.radians(latitude)))
    return {
        "l": longitude,
        "b": latitude,
        "h_disc": height(table["distance"], latitude, args.z_sun),
        "h_disc_err": table["distance_err"] * sine,
    }


def motion(args, table, rv, rv_err):
    """U, V, W, their errors, covariances and the values about the local standard of rest; null without an error."""
    import numpy as np
    from mstarhash.stars.kinematics import covariance, space_motion

    position = _position(table)
    moving = [table[key] for key in ("pmra", "pmra_error", "pmdec", "pmdec_error")]
    by_parallax = table["dist_src"] == "1/plx"  # a longer distance is a smaller parallax
    correlations = (*(np.where(by_parallax, -table[key], 0) for key in ("plx_pmra", "plx_pmdec")), table["pmra_pmdec"])
    uvw = space_motion(*position, rv, table["distance"], moving[0], moving[2])
    matrix = covariance(*position, rv_err, table["distance"], table["distance_err"], *moving, correlations)
    uvw[~np.isfinite(matrix).all(axis=(1, 2))] = np.nan
    columns = {key: uvw[:, k] for k, key in enumerate(AXES)}
    columns |= {f"{key}_err": np.sqrt(matrix[:, k, k]) for k, key in enumerate(AXES)}
    columns |= {f"{a}{b}_cov": matrix[:, AXES.index(a), AXES.index(b)] for a, b in ("uv", "uw", "vw")}
    return columns | {f"{key}_lsr": columns[key] + args.solar[k] for k, key in enumerate(AXES)}


def _position(table):
    """Gaia's position where there is one, else the spectrum's."""
    import numpy as np

    matched = np.isfinite(table["gaia_ra"])
    return [np.where(matched, table[f"gaia_{key}"], table[key]) for key in ("ra", "dec")]


def write_dispersions(name, args, objects):
    """dispersions.csv: a row a group, bin of height and component; then active and inactive stars made alike."""
    import csv

    import numpy as np
    from mstarhash.common.texttables import number

    uvw = np.stack([objects[key] for key in AXES], axis=1)
    clean = np.isfinite(uvw).all(axis=1) & (np.abs(np.nan_to_num(uvw)) < args.max_velocity).all(axis=1)
    clean &= (objects["giant"] == 0) & np.isfinite(objects["h_disc"])
    clean &= np.isfinite(objects["u_err"])
    clean &= objects["parallax_used"] >= args.min_plx_snr * objects["parallax_error"]
    place = np.floor(np.abs(np.where(clean, objects["h_disc"], 0)) / args.bin).astype(int)
    parts = {kind: clean & (objects["active"] == kind) for kind in (1, 0)}
    with open(name, "w", newline="") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()

        def write(row):
            writer.writerow({key: number(value) for key, value in row.items()})

        for group, kind in (("active", 1), ("inactive", 0)):
            for k in np.unique(place[parts[kind]]):
                for row in measure_bin(args, objects, uvw, np.flatnonzero(parts[kind] & (place == k))):
                    write(row | {"group": group, "h_low": k * args.bin, "h_high": (k + 1) * args.bin})
        last = place[clean].max(initial=0)
        for k in [*np.unique(place[parts[1] | parts[0]]), None]:  # None: all heights, which are matched as well
            inside = np.ones(len(place), bool) if k is None else place == k
            ends = (0, (last + 1) * args.bin) if k is None else (k * args.bin, (k + 1) * args.bin)
            rows = [np.flatnonzero(parts[kind] & inside) for kind in (1, 0)]
            for row in compare(args, objects, uvw, rows, place):
                write(row | {"h_low": ends[0], "h_high": ends[1]})
                if k is None and row["group"] == MATCHED_GROUPS[2]:
                    tell(row)


def tell(row):
    """What the data say of the dispersions, all heights together, as a line of the log."""
    import numpy as np
    from mstarhash.common.progress import say

    about = (
        f"kinematics: dispersion of {row['component']}, active less inactive dwarfs, alike in height, subtype and S/N:"
    )
    if not np.isfinite(row["dispersion"]):
        say(f"{about} too few stars ({row['total']})")
        return
    word = {"-": "lower", "+": "higher"}[row["sign"]]
    clear = "" if abs(row["dispersion"]) > 2 * row["dispersion_err"] else ", within 2 sigma of none"
    say(f"{about} {row['dispersion']:.1f} +- {row['dispersion_err']:.1f} km/s: the active ones' is {word}{clear}")


def compare(args, objects, uvw, rows, place):
    """Rows of the active and the inactive stars (numbers `rows` of both) made alike in subtype, S/N and bin of height,
    and of their difference with its sign; null where either has under min_stars that count, no row where one has none."""
    import numpy as np
    from mstarhash.stars.dispersions import most_likely
    from mstarhash.stars.matched import cells, weights

    both = np.concatenate(rows)
    cell = cells(objects["subtype"][both], objects["snr_r"][both], place[both])
    weight = weights(cell[: len(rows[0])], cell[len(rows[0]) :])
    rows, weight = ([v[w > 0] for v, w in zip(values, weight, strict=True)] for values in (rows, weight))
    count = [len(part) for part in rows]
    if min(count) == 0:
        return
    values = np.full((3, 2, 3), np.nan)  # group; mean, dispersion; component
    errors = np.full((3, 2, 3), np.nan)
    if min(count) >= args.min_stars:
        rng, draws = np.random.default_rng(args.seed), np.zeros((args.bootstrap, 2, 2, 3))
        for k in (0, 1):
            velocity, matrix = uvw[rows[k]], _matrices(objects, rows[k])
            best = most_likely(velocity, matrix, weight[k])
            values[k] = best[0], np.sqrt(np.diag(best[1]))
            for draw in draws:
                taken = rng.multinomial(count[k], np.full(count[k], 1 / count[k])) * weight[k]
                one, two = most_likely(velocity, matrix, taken, best)
                draw[k] = one, np.sqrt(np.diag(two))
        values[2] = values[0] - values[1]
        errors[:2] = np.std(draws, axis=0, ddof=1)
        errors[2] = np.std(draws[:, 0] - draws[:, 1], axis=0, ddof=1)
    for k, group in enumerate(MATCHED_GROUPS):
        share = weight[min(k, 1)] / weight[min(k, 1)].sum()
        height = (share * np.abs(objects["h_disc"][rows[min(k, 1)]])).sum()
        for component, key in enumerate(AXES):
            difference = values[2, 1, component] if k == 2 else np.nan
            yield {
                "group": group,
                "h_mean": height,
                "component": key.upper(),
                "total": min(count) if k == 2 else count[k],
                **dict(zip(("mean", "dispersion"), values[k, :, component], strict=True)),
                **dict(zip(("mean_err", "dispersion_err"), errors[k, :, component], strict=True)),
                "sign": "" if np.isnan(difference) else "-" if difference < 0 else "+",
            }


def measure_bin(args, objects, uvw, rows):
    """Three rows: mean and dispersion of U, V, W of the stars `rows`, most likely and raw; null under min_stars."""
    import numpy as np
    from mstarhash.stars.dispersions import clipped, most_likely

    enough = len(rows) >= args.min_stars
    mean = spread = mean_err = spread_err = np.full(3, np.nan)
    if enough:
        velocity, matrix = uvw[rows], _matrices(objects, rows)
        mean, full = most_likely(velocity, matrix)
        rng = np.random.default_rng(args.seed)
        draws = []
        for _ in range(args.bootstrap):
            counts = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)))
            one, two = most_likely(velocity, matrix, counts, (mean, full))
            draws.append((one, np.sqrt(np.diag(two))))
        spread = np.sqrt(np.diag(full))
        mean_err, spread_err = np.std(np.array(draws), axis=0, ddof=1)
    for k, key in enumerate(AXES):
        raw_mean, raw, raw_err, used = clipped(uvw[rows, k]) if enough else (np.nan, np.nan, np.nan, len(rows))
        yield {
            "h_mean": np.abs(objects["h_disc"][rows]).mean(),
            "component": key.upper(),
            "total": len(rows),
            "mean": mean[k],
            "mean_err": mean_err[k],
            "dispersion": spread[k],
            "dispersion_err": spread_err[k],
            "raw_mean": raw_mean,
            "raw_dispersion": raw,
            "raw_dispersion_err": raw_err,
            "raw_total": used,
        }


def _matrices(objects, rows):
    """(k, 3, 3) covariances of the objects `rows`."""
    import numpy as np

    out = np.empty((len(rows), 3, 3))
    for i, a in enumerate(AXES):
        for j, b in enumerate(AXES):
            key = f"{min(a, b)}{max(a, b)}_cov"
            out[:, i, j] = objects[f"{a}_err"][rows] ** 2 if i == j else objects[key][rows]
    return out


if __name__ == "__main__":
    sys.exit(exit_code(main))
