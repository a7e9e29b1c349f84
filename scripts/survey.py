"""Make a mock LAMOST survey: FITS files in LAMOST's layouts, their truth, and mock Gaia, 2MASS and WISE tables.

Stars are interpolated from the templates listed for `mock`; carbon stars, galaxies, quasars and empty fibres are
modelled; then LAMOST's faults are laid on. The same seed gives the same bytes, whatever the threads.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code

BLOCK = 200  # spectra that share a stream of random numbers


def build_parser():
    parser = section_parser(__doc__, "survey")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument("--fits", required=True, help="folder to write, a folder a plate in it")
    parser.add_argument("--files", required=True, help="list of the files to write (TSV: file, size)")
    parser.add_argument("--truth", required=True, help="CSV to write: what each spectrum really is")
    parser.add_argument("--gaia", required=True, help="mock Gaia table to write (FITS)")
    parser.add_argument("--twomass", required=True, help="mock 2MASS table to write (FITS)")
    parser.add_argument("--wise", required=True, help="mock WISE table to write (FITS)")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import shutil
    from contextlib import ExitStack
    from pathlib import Path

    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.mock import sample as mock_sample
    from mstarhash.mock import sky, tables
    from mstarhash.mock.library import Library
    from mstarhash.mock.output import write_files, write_list, write_truth
    from mstarhash.spectra.templates import read_templates

    with ExitStack() as stack:
        part = {
            key: stack.enter_context(replacing(getattr(args, key)))
            for key in ("files", "truth", "gaia", "twomass", "wise")
        }
        for_sample, for_tables, for_files, *for_released = np.random.SeedSequence(args.seed).spawn(5)
        rng = np.random.default_rng(for_sample)
        sample = mock_sample.draw(args, rng)
        sky.positions(args, rng, sample)
        sky.stars(sample, rng)
        mock_sample.mislabel(sample, args.label_errors, np.random.default_rng(for_released[0]))
        sample["kept"] = mock_sample.kept(sample["role"], args.released_kept, np.random.default_rng(for_released[1]))
        library = Library(read_templates(args.templates, "mock"))
        folder = Path(args.fits).with_name(f".{Path(args.fits).name}.part")
        shutil.rmtree(folder, ignore_errors=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        made = write_files(library, sample, args, for_files, folder, BLOCK)
        rng = np.random.default_rng(for_tables)
        sources = tables.sources(sample, rng)
        gaia, identifiers = tables.gaia(sources, rng)
        tables.write_fits(part["gaia"], gaia)
        tables.write_fits(part["twomass"], tables.twomass(sources, rng))
        tables.write_fits(part["wise"], tables.wise(sources, rng))
        write_truth(part["truth"], args.fits, sample, made, sources["star"], identifiers)
        write_list(part["files"], args.fits, made)
        shutil.rmtree(args.fits, ignore_errors=True)
        folder.rename(args.fits)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
