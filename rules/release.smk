"""The catalogue and the figures."""


rule catalogue:
    input:
        script="scripts/catalogue.py",
        library=library("catalogue"),
        schema="config/catalogue.schema.json",
        measured=MEASURED,
        crossmatch=results("crossmatch/crossmatch.h5"),
        luminosity=results("luminosity/luminosity.h5"),
        activity=results("activity/activity.h5"),
        kinematics=results("kinematics/kinematics.h5"),
        earlier=EARLIER or [],
    output:
        spectra_fits=results("catalogue/spectra.fits"),
        spectra_csv=results("catalogue/spectra.csv"),
        spectra_votable=results("catalogue/spectra.xml"),
        spectra_parquet=results("catalogue/spectra.parquet"),
        spectra_dat=results("catalogue/spectra.dat"),
        objects_fits=results("catalogue/objects.fits"),
        objects_csv=results("catalogue/objects.csv"),
        objects_votable=results("catalogue/objects.xml"),
        objects_parquet=results("catalogue/objects.parquet"),
        objects_dat=results("catalogue/objects.dat"),
        etable=results("catalogue/m_etable.txt"),
        readme=results("catalogue/ReadMe"),
        notes=results("catalogue/notes.md"),
        changes=results("catalogue/changes.csv"),
        checksums=results("catalogue/SHA256SUMS"),
    log:
        results("logs/catalogue/catalogue.log"),
    benchmark:
        results("benchmarks/catalogue/catalogue.tsv")
    conda:
        "../envs/catalogue.yaml"
    threads: 1
    resources:
        mem_mb=by_size(4),
        runtime=60,
    params:
        flags=flags("catalogue"),
    message:
        "Writing the catalogue"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --schema {input.schema:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --luminosity {input.luminosity:q}"
        " --activity {input.activity:q}"
        " --kinematics {input.kinematics:q}"
        " --spectra-fits {output.spectra_fits:q}"
        " --spectra-csv {output.spectra_csv:q}"
        " --spectra-votable {output.spectra_votable:q}"
        " --spectra-parquet {output.spectra_parquet:q}"
        " --spectra-dat {output.spectra_dat:q}"
        " --objects-fits {output.objects_fits:q}"
        " --objects-csv {output.objects_csv:q}"
        " --objects-votable {output.objects_votable:q}"
        " --objects-parquet {output.objects_parquet:q}"
        " --objects-dat {output.objects_dat:q}"
        " --etable {output.etable:q}"
        " --readme {output.readme:q}"
        " --notes {output.notes:q}"
        " --changes {output.changes:q}"
        " --checksums {output.checksums:q}"
        " 2> {log:q}"


DRAWN_BESIDE = config["figures"]["real"]
PAPER = [f"fig{number:02d}" for number in (2, 6, 7, *range(9, 19))]  # of G19; 8 is made by evaluate
FIGURES = (
    ["candidates", "ranking", "union", "positives", "mock", "subtypes", *PAPER]
    if M_STARS
    else ["candidates", "ranking", "union", "fig02", "fig06"]
)


rule figures:
    input:
        script="scripts/figures.py",
        library=library("figures"),
        candidates=results("candidates/candidates.csv"),
        spectra=every("rebin/{shard}.h5"),
        codes=every("encode/{shard}.h5"),
        model=MODEL,
        averages=learnt("positives/averages.h5"),
        ingested=every("ingest/{shard}.h5"),
        positives=learnt("positives/positives.h5"),
        clusters=learnt("positives/clusters.csv"),
        defects=learnt("positives/defects.csv"),
        table1=learnt("positives/table1.csv"),
        curves=learnt("evaluate/curves.csv"),
        ranking=learnt("evaluate/ranking.csv"),
        reliability=learnt("evaluate/reliability.csv"),
        union=learnt("evaluate/union.csv"),
        truth=TRUTH,
        field="config/field_values.csv",
        measured=of_stars(MEASURED),
        crossmatch=of_stars(results("crossmatch/crossmatch.h5")),
        luminosity=of_stars(results("luminosity/luminosity.h5")),
        boundaries=of_stars(results("luminosity/boundaries.csv")),
        activity=of_stars(results("activity/activity.h5")),
        fractions=of_stars(results("activity/fractions.csv")),
        dispersions=of_stars(results("kinematics/dispersions.csv")),
        real=sorted(map(str, Path(DRAWN_BESIDE).glob("measure/*.released.h5"))) if DRAWN_BESIDE else [],
    output:
        figures=expand(results("figures/{name}.{kind}"), name=FIGURES, kind=("png", "csv")),
    log:
        results("logs/figures/figures.log"),
    benchmark:
        results("benchmarks/figures/figures.tsv")
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=30,
    params:
        flags=flags("figures"),
        names=FIGURES,
        target=config["target"],
        folder=lambda wildcards, output: str(Path(output.figures[0]).parent),
    message:
        "Drawing the figures"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --target {params.target:q}"
        " --names {params.names:q}"
        " --candidates {input.candidates:q}"
        " --spectra {input.spectra:q}"
        " --codes {input.codes:q}"
        " --model {input.model:q}"
        " --averages={input.averages:q}"
        " --ingested {input.ingested:q}"
        " --positives={input.positives:q}"
        " --clusters={input.clusters:q}"
        " --defects={input.defects:q}"
        " --table1={input.table1:q}"
        " --curves={input.curves:q}"
        " --ranking={input.ranking:q}"
        " --reliability={input.reliability:q}"
        " --union={input.union:q}"
        " --truth={input.truth:q}"
        " --field {input.field:q}"
        " --measure {input.measured:q}"
        " --crossmatch={input.crossmatch:q}"
        " --luminosity={input.luminosity:q}"
        " --boundaries={input.boundaries:q}"
        " --activity={input.activity:q}"
        " --fractions={input.fractions:q}"
        " --dispersions={input.dispersions:q}"
        " --folder {params.folder:q}"
        " 2> {log:q}"


rule claims:
    input:
        script="scripts/claims.py",
        library=library("claims"),
        claims="config/claims.csv",
        table1="config/paper_table1.csv",
        table2="config/paper_table2.csv",
        status=every("ingest/{shard}.status.tsv"),
        ingested=every("ingest/{shard}.h5"),
        candidates=results("candidates/candidates.csv"),
        summary=results("candidates/summary.csv"),
        model=MODEL,
        encoded=every("encode/{shard}.h5"),
        positives=learnt("positives/positives.h5"),
        negatives=learnt("negatives/negatives.h5"),
        clusters=learnt("positives/clusters.csv"),
        defects=learnt("positives/defects.csv"),
        drawn=learnt("positives/table1.csv"),
        ranking=learnt("evaluate/ranking.csv"),
        area=in_full("evaluate/accuracy_area.csv"),
        properties=in_full("evaluate/hash_properties.csv"),
        measured=MEASURED,
        crossmatch=results("crossmatch/crossmatch.h5"),
        luminosity=results("luminosity/luminosity.h5"),
        boundaries=results("luminosity/boundaries.csv"),
        activity=results("activity/activity.h5"),
        dispersions=results("kinematics/dispersions.csv"),
        nearest=results("figures/fig09.csv"),
        far=results("figures/fig10.csv"),
        train_time=learnt("benchmarks/train/train.tsv"),
    output:
        claims=results("claims/{extent}.csv"),
    log:
        results("logs/claims/{extent}.log"),
    benchmark:
        results("benchmarks/claims/{extent}.tsv")
    wildcard_constraints:
        extent="claims|full",
    conda:
        "../envs/claims.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=30,
    params:
        kind=f"--kind={config['input']['kind']}",
    message:
        "Holding the paper's claims against this run"
    shell:
        "python {input.script:q} {params.kind:q}"
        " --claims {input.claims:q}"
        " --table1 {input.table1:q}"
        " --table2 {input.table2:q}"
        " --status {input.status:q}"
        " --ingested {input.ingested:q}"
        " --candidates {input.candidates:q}"
        " --summary {input.summary:q}"
        " --model {input.model:q}"
        " --encoded {input.encoded:q}"
        " --positives={input.positives:q}"
        " --negatives={input.negatives:q}"
        " --clusters={input.clusters:q}"
        " --defects={input.defects:q}"
        " --drawn={input.drawn:q}"
        " --ranking={input.ranking:q}"
        " --area={input.area:q}"
        " --properties={input.properties:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --luminosity {input.luminosity:q}"
        " --boundaries {input.boundaries:q}"
        " --activity {input.activity:q}"
        " --dispersions {input.dispersions:q}"
        " --nearest {input.nearest:q}"
        " --far {input.far:q}"
        " --train-time={input.train_time:q}"
        " --output {output.claims:q}"
        " 2> {log:q}"


MORE = []  # what `snakemake full` adds
MORE_FIGURES = []
if not config["train"]["model"]:
    MORE += expand(results("evaluate/{name}.csv"), name=("peers", "accuracy_area", "hash_properties"))
    MORE_FIGURES += expand(results("figures/{name}.png"), name=("peers", "fig08"))
if M_STARS:
    MORE += [results("pulls/pulls.csv")]
    MORE += expand(results("completeness/{name}.csv"), name=("completeness", "purity", "check"))
    MORE_FIGURES += [results("completeness/completeness.png")]
    if surveys := of_the_mock("figures/surveys.png"):
        MORE += expand(results("evaluate/{name}.csv"), name=("pooled", "pooled_reliability", "aside", "robustness"))
        MORE_FIGURES += [surveys]


rule report:
    input:
        script="scripts/report.py",
        library=library("report"),
        status=every("ingest/{shard}.status.tsv"),
        spectra=every("rebin/{shard}.h5"),
        summary=results("candidates/summary.csv"),
        ranking=learnt("evaluate/ranking.csv"),
        reliability=learnt("evaluate/reliability.csv"),
        more=lambda wildcards: MORE if wildcards.extent == "full" else [],
        measured=of_stars(MEASURED),
        luminosity=of_stars(results("luminosity/luminosity.h5")),
        boundaries=of_stars(results("luminosity/boundaries.csv")),
        fractions=of_stars(results("activity/fractions.csv")),
        claims=lambda wildcards: of_stars(results(f"claims/{'full' if wildcards.extent == 'full' else 'claims'}.csv")),
        figures=lambda wildcards: expand(results("figures/{name}.png"), name=FIGURES)
        + (MORE_FIGURES if wildcards.extent == "full" else []),
        files=expand(
            results("{name}"),
            name=[
                "candidates/candidates.csv",
                "candidates/summary.csv",
                "inspect/index.html",
                *of_stars(
                    [
                        "catalogue/spectra.fits",
                        "catalogue/objects.fits",
                        "catalogue/notes.md",
                        "luminosity/boundaries.csv",
                        "activity/fractions.csv",
                        "kinematics/dispersions.csv",
                    ]
                ),
            ],
        ),
    output:
        page=results("report/{extent}.html"),
    log:
        results("logs/report/{extent}.log"),
    benchmark:
        results("benchmarks/report/{extent}.tsv")
    wildcard_constraints:
        extent="index|full",
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=10,
    params:
        kind=f"--kind={config['input']['kind']}",
        target=config["target"],
    message:
        "Writing the report"
    shell:
        "python {input.script:q} {params.kind:q}"
        " --target {params.target:q}"
        " --status {input.status:q}"
        " --spectra {input.spectra:q}"
        " --summary {input.summary:q}"
        " --ranking={input.ranking:q}"
        " --reliability={input.reliability:q}"
        " --more {input.more:q}"
        " --measure {input.measured:q}"
        " --luminosity={input.luminosity:q}"
        " --boundaries={input.boundaries:q}"
        " --fractions={input.fractions:q}"
        " --claims={input.claims:q}"
        " --figures {input.figures:q}"
        " --files {input.claims:q} {input.files:q}"
        " --output {output.page:q}"
        " 2> {log:q}"
