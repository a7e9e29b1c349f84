"""Bring the spectra of one shard to the common grid, and make the vectors that the network sees."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code


def build_parser():
    parser = section_parser(__doc__, "rebin")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--spectra", required=True, help="HDF5 from ingest.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.parallel import ordered_map
    from mstarhash.common.progress import Progress
    from mstarhash.input.noise import trusted
    from mstarhash.spectra.grid import log_grid, resample
    from mstarhash.spectra.hdf5 import READING, RECIPE, blocks, create, open_h5, read_columns, write_columns
    from mstarhash.spectra.scaling import features, width
    from mstarhash.spectra.shards import IDENTITY

    new = log_grid(args.wave_min, args.wave_max, args.step)
    with replacing(args.output) as name, open_h5(args.spectra) as source:
        count = len(source["order"])
        columns = read_columns(source, [*IDENTITY, "order", "class", "subclass", "z", "snr_r", "flags"])
        grids = np.c_[source["coeff0"][:], source["coeff1"][:], source["npix"][:]]

        def work(rows, data):
            flux, ivar = np.zeros((2, rows.stop - rows.start, len(new)), "f4")
            for grid in np.unique(grids[rows], axis=0):
                mine = np.flatnonzero((grids[rows] == grid).all(1))
                pixels = slice(0, int(grid[2]))
                old = grid[0] + grid[1] * np.arange(int(grid[2]))
                f, w, m = (values[mine, pixels] for values in data)
                flux[mine], ivar[mine], _ = resample(f, w, m == 0, old, new)
            ivar = trusted(flux, ivar, args.noise)
            return rows, flux, ivar, features(flux, ivar, args.smooth, args.scale, args.thin)

        def read():
            for rows in blocks(count):
                yield rows, [source[key][rows] for key in ("flux", "ivar", "mask")]

        with create(name, "rebin", config_hash(args)) as out:
            write_columns(out, columns)
            out["wave"] = 10**new
            for key in RECIPE:  # for steps that make features of other spectra
                out.attrs[key] = getattr(args, key)
            for key in READING:
                if key in source.attrs:
                    out.attrs[key] = source.attrs[key]
            for key, kind, length in (
                ("flux", "f4", len(new)),
                ("ivar", "f4", len(new)),
                ("mask", "u1", len(new)),
                ("features", "f4", width(len(new), args.thin)),
            ):
                out.create_dataset(key, (count, length), kind)
            progress = Progress("rebin", count)
            for rows, flux, ivar, vectors in ordered_map(lambda item: work(*item), read(), args.threads):
                out["flux"][rows], out["ivar"][rows], out["features"][rows] = flux, ivar, vectors
                out["mask"][rows] = ivar <= 0
                progress.step(rows.stop - rows.start)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
