"""Read the FITS files of one shard: flux, inverse variance, mask and header values as observed.

Every listed file is a row of the status table; what can be read is a row of the HDF5 file, flags and all.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code

CHUNK = 256  # files read before their rows are written
SMALL = 16  # files given to a process at a time


def build_parser():
    parser = section_parser(__doc__, "ingest")
    parser.add_argument("--threads", type=int, default=1, help="processes that read")
    parser.add_argument("--list", required=True, help="list of a shard from manifest.py")
    parser.add_argument("--spectra", required=True, help="HDF5 to write")
    parser.add_argument("--status", required=True, help="table to write: a row a listed file")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from collections import Counter

    from mstarhash.common.files import replacing
    from mstarhash.common.progress import Progress, say
    from mstarhash.input.ingestfile import Output, status_text
    from mstarhash.input.ingestion import Twins
    from mstarhash.input.lists import read_list
    from mstarhash.spectra.hdf5 import create

    listed = read_list(args.list)
    rows, twins = [], Twins()
    with replacing(args.spectra) as spectra, replacing(args.status) as status:
        with create(spectra, "ingest", config_hash(args)) as out:
            for key in ("min_good", "zero_run", "flat_run"):  # for steps that read other spectra in the same way
                out.attrs[key] = getattr(args, key)
            output, progress, waiting = Output(out, len(listed)), Progress("ingest", len(listed)), []
            for row in read_all(listed, args):
                twins.settle(row)
                rows.append(row)
                if row.status == "ok":
                    waiting.append(row)
                if len(waiting) == CHUNK:
                    output.add(waiting)
                    waiting = []
                progress.step()
            output.add(waiting)
            output.finish([row for row in rows if row.status == "ok"])
        with open(status, "w", encoding="utf-8", newline="\n") as file:
            file.write(status_text(rows))
    counts = Counter(row.status for row in rows)
    say("ingest: " + (", ".join(f"{number:,} {name}" for name, number in sorted(counts.items())) or "no files"))
    return 0


def read_all(listed, args):
    """A Row for each line of the list, in its order, whatever the number of processes."""
    from functools import partial

    from mstarhash.input.ingestion import read_row

    work = partial(read_row, min_good=args.min_good, zero_run=args.zero_run, flat_run=args.flat_run)
    if args.threads == 1 or len(listed) <= SMALL:
        yield from map(work, listed)
        return
    from multiprocessing import get_context

    with get_context("spawn").Pool(args.threads) as pool:
        yield from pool.imap(work, listed, SMALL)


if __name__ == "__main__":
    sys.exit(exit_code(main))
