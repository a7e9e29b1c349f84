"""M stars among the spectra that a survey's pipeline left unclassified: from FITS files to a catalogue."""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "rules/common.smk"


rule all:
    default_target: True
    input:
        results("candidates/candidates.csv"),
        results("inspect/index.html"),
        of_stars(results("catalogue/spectra.fits")),
        results("figures/candidates.png"),
        of_stars(results("claims/claims.csv")),
        results("report/index.html"),


rule full:
    input:
        rules.all.input,
        learnt("evaluate/ranking.csv"),
        learnt("evaluate/peers.csv"),
        learnt("evaluate/accuracy_recall.csv"),
        of_stars(results("pulls/pulls.csv")),
        of_stars(results("completeness/completeness.csv")),
        of_the_mock("evaluate/robustness.csv"),
        results("report/full.html"),
        learnt("figures/fig08.png"),


include: "rules/input.smk"
include: "rules/learn.smk"
include: "rules/search.smk"


if M_STARS:

    include: "rules/stars.smk"


include: "rules/release.smk"
include: "rules/quality.smk"
include: "rules/limits.smk"
include: "rules/robustness.smk"
