"""List the FITS files of each shard, with the catalogue's class, subclass and z where it has them."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code


def build_parser():
    parser = section_parser(__doc__, "manifest")
    parser.add_argument("--threads", type=int, default=1, help="not used: the disk sets the pace")
    parser.add_argument("--spectra", nargs="+", required=True, metavar="GLOB", help="globs of FITS files, ** allowed")
    parser.add_argument("--catalogue", required=True, help="LAMOST catalogue, a table in any usual form; '' for none")
    parser.add_argument("--candidates", nargs="*", required=True, metavar="WHICH", help="items of input.candidates")
    parser.add_argument("--folder", required=True, help="folder of the lists; only those that change are rewritten")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(args.threads)
    from mstarhash.input.manifest import refresh

    refresh(args.spectra, args.catalogue, args.folder, args.shards, args.scan, args.candidates)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
