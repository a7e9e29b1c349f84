"""Put M stars, look-alikes and empty spectra with real noise through the search: what it finds, what enters its list."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code

OUTPUTS = {
    "completeness": "CSV, found fractions by subtype, S/N and luminosity",
    "purity": "CSV, what enters the list of each kind of impostor",
    "check": "CSV, what the first tells of the survey's own M stars beside its truth",
    "figure": "PNG of all three",
}


def build_parser():
    parser = section_parser(__doc__, "completeness")
    for step in ("retrieve", "match", "candidates"):
        parser.add_argument(f"--{step}", required=True, metavar="FLAGS", help=f"flags of {step}.py, as one word")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--min-p", type=float, required=True, help="P(target) from which a candidate is measured")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--cuts", required=True, help="HDF5 from retrieve.py cut")
    parser.add_argument("--listed", required=True, help="CSV from candidates.py")
    parser.add_argument("--calibration", required=True, help="CSV from candidates.py")
    parser.add_argument("--truth", default="", help="CSV of the mock survey; empty: no check against it")
    for name, text in OUTPUTS.items():
        parser.add_argument(f"--{name}", required=True, help=f"to write: {text}")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import shutil
    from contextlib import ExitStack
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.common.texttables import read_rows, write_rows
    from mstarhash.figures import completeness as plots_completeness
    from mstarhash.figures import style
    from mstarhash.mock.truth import read_truth
    from mstarhash.quality import completeness
    from mstarhash.quality.fakes import IMPOSTORS

    with ExitStack() as stack:
        name = {key: stack.enter_context(replacing(getattr(args, key))) for key in OUTPUTS}
        folder = Path(args.completeness).with_name(".search")
        shutil.rmtree(folder, ignore_errors=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir()
        listed = read_rows(args.listed)
        stars, sources, kinds = inject(args, listed, folder / "spectra.h5")
        p_m, score = search(args, folder)
        found = completeness.recovered(p_m, score, args.min_p, [float(row["score"]) for row in listed])
        of_stars = {key: values[kinds == ""] for key, values in found.items()}
        rows = completeness.table_rows(of_stars, stars, sources, args.snr, args.confidence)
        write_rows(name["completeness"], list(rows[0]), rows, 5)
        null = [{"kind": kind} | completeness.fractions(found, kinds == kind, args.confidence) for kind in IMPOSTORS]
        write_rows(name["purity"], list(null[0]), null, 5)
        table = completeness.read_table(name["completeness"])
        known = read_truth(args.truth, args.target)
        check = completeness.check_rows(listed, known, table, args.snr, args.min_p, args.confidence)
        write_rows(name["check"], list(check[0]), check, 5)
        figure = plots_completeness.draw(style.start(), table, null, check)
        style.save(figure, name["figure"], 110)
    return 0


def inject(args, listed, path):
    """Write a shard; Cells of the injected stars and their sources (n,), and kinds (m,): "" for each star, then IMPOSTORS.

    Stars are released spectra that no training has seen where these are many, else those of the mock's library.
    listed: rows of candidates.csv as dicts.
    """
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.mock.library import Library
    from mstarhash.quality import fake_shard, fakes
    from mstarhash.search.model import read_model
    from mstarhash.spectra.hdf5 import create
    from mstarhash.spectra.sample import Sample
    from mstarhash.spectra.templates import read_templates

    rng, edges = np.random.default_rng(args.seed), args.snr
    library = Library(read_templates(args.templates, "mock"))
    with Sample(args.spectra) as sample, create(path, "rebin", config_hash(args)) as out:
        columns, wave = sample.columns(["file", "class", "subclass", "snr_r"]), sample.fixed("wave")
        lent, counts = fake_shard.borrowed(sample, columns, args.templates, edges, args.noise, rng)
        stars, source = fakes.cells(lent.snr, edges, args.each, rng), None
        if args.source != "models":
            trained = read_model(args.model).labelled["file"]
            least = fakes.ENOUGH if args.source == "auto" else 0
            source = fake_shard.unseen_source(sample, columns, stars, args.target, trained, args.min_snr, least, rng)
        modelled = fake_shard.Modelled(library, stars, wave, args.response, rng), np.arange(len(stars)), stars
        exact, sources, stars = source or modelled
        say(f"completeness: {len(stars):,} stars, {exact.words}; noise of {len(lent.snr):,} unclassified spectra")
        many = args.impostors * len(fakes.IMPOSTORS)
        lenders = fake_shard.calm_lenders(lent, counts, edges, listed, args.min_p, many, rng)
        kinds = np.repeat(["", *fakes.IMPOSTORS], [len(stars)] + [args.impostors] * len(fakes.IMPOSTORS))
        pick = np.concatenate([stars.donor, lenders])

        def made(kind, rows):
            if kind:
                return fakes.impostors(library, kind, wave, args.response, lent.noise, pick[rows], rng)
            return fakes.noisy(*exact.rows(rows), lent.noise, pick[rows], wave, rng)

        fake_shard.write_spectra(out, kinds, made, sample)
        fake_shard.write_rows(out, len(kinds), lent.snr[pick], wave)
    return stars, sources, kinds


def search(args, folder):
    """P(target) and score (n,) of folder/spectra.h5, by the steps that search a shard, with the calibration of the survey."""
    import candidates
    import encode
    import match
    import numpy as np
    import retrieve
    from mstarhash.common.texttables import read_rows
    from mstarhash.search.retrieval import Cuts
    from mstarhash.spectra.hdf5 import create

    spectra, codes, cuts, near, fits, found = (
        str(folder / name) for name in ("spectra.h5", "codes.h5", "cuts.h5", "near.h5", "fits.h5", "candidates.csv")
    )
    common = [f"--threads={args.threads}", "--model", args.model]
    match.main([*args.match.split(), *common, "--spectra", spectra, "--output", fits])
    encode.main([*common, "--target", args.target, "--spectra", spectra, "--match", fits, "--output", codes])
    of_survey = Cuts.read(args.cuts)  # at the cut distance itself each is kept, as if it came first
    of_survey.codes, of_survey.ties = [codes], np.full((1, len(of_survey.cut)), np.iinfo("i4").max)
    with create(cuts, "retrieve", "") as out:
        of_survey.write(out)
    retrieve.main([*args.retrieve.split(), "select", *common, "--codes", codes, "--cuts", cuts, "--output", near])
    files = ["--retrieved", near, "--codes", codes, "--match", fits, "--model", args.model]
    written = ["--output", found, "--summary", str(folder / "summary.csv"), "--calibration", str(folder / "p_m.csv")]
    candidates.main([*args.candidates.split(), "--calibrated", args.calibration, *files, *written])
    rows = sorted(read_rows(found), key=lambda row: row["file"])
    return (np.array([float(row[key]) for row in rows]) for key in ("p_m", "score"))


if __name__ == "__main__":
    sys.exit(exit_code(main))
