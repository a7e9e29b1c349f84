"""Several dry runs of Snakemake at the price of one import: argv = JSON [[folder, argument, ...], ...].

Writes JSON [[exit code, output], ...]. Each dry run is a fork of this process, two at a time.
"""

import contextlib
import io
import json
import multiprocessing
import os
import sys

import snakemake.cli


def dry_run(words):
    folder, *arguments = words
    os.chdir(folder)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            code = snakemake.cli.main(["--cores", "2", "--dry-run", *arguments])
        except SystemExit as end:
            code = end.code
            if isinstance(code, str):  # as Python itself does it
                print(code, file=sys.stderr)
                code = 1
    return code, output.getvalue()


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        print(json.dumps(pool.map(dry_run, json.loads(sys.argv[1]), chunksize=1)))
