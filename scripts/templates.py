"""Read the listed template spectra from a wheel or folder; put them on one vacuum grid, at rest.

A missing end is filled from the spectrum that the listing names as donor, telluric bands from that which it names
for them, and the range of real data is kept in the attributes. M giants are made from the dwarfs of each library
(mstarhash.giants).
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__)
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--source", required=True, help="wheel (or other zip archive) or folder with the spectra")
    parser.add_argument("--listing", required=True, help="CSV that says what each spectrum is")
    parser.add_argument("--output", required=True, help="HDF5 to write, a group a template")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(args.threads)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.spectra import hdf5, templates
    from mstarhash.spectra.giants import made_giants

    with replacing(args.output) as name:
        rows = templates.read_listing(args.listing)
        source = templates.Source(args.source)
        flux = {row["name"]: templates.load(source, row) for row in rows}
        for row in rows:
            if row["telluric"]:
                if row["telluric"] not in flux:
                    raise InputError(
                        f"{args.listing}: {row['name']}: no template {row['telluric']}, for its telluric bands"
                    )
                flux[row["name"]] = templates.without_telluric(flux[row["name"]], flux[row["telluric"]])
        wide = dict(flux)
        for row in rows:  # a donor stands before its receivers in the listing, so that it is filled already
            if row["donor"]:
                if row["donor"] not in wide:
                    raise InputError(f"{args.listing}: {row['name']}: no template {row['donor']}, its donor")
                wide[row["name"]] = templates.extend(flux[row["name"]], wide[row["donor"]])
        made = [templates.finished(row, flux[row["name"]], wide[row["name"]]) for row in rows]
        made += made_giants(made)
        with hdf5.create(name, "templates", config_hash(args)) as out:
            for template in made:
                templates.write(out.create_group(template.name), template)
        missing = sum(np.isnan(template.flux).any() for template in made)
        say(f"templates: {len(made)} spectra, {missing} of them not over the whole grid")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
