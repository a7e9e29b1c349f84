"""From templates and FITS files to spectra on one grid."""


rule templates:
    input:
        script="scripts/templates.py",
        library=library("templates"),
        source=TEMPLATES,
        listing="config/templates.csv",
    output:
        templates=results("templates/templates.h5"),
    log:
        results("logs/templates/templates.log"),
    benchmark:
        results("benchmarks/templates/templates.tsv")
    conda:
        "../envs/templates.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 800 * attempt,
        runtime=10,
    message:
        "Reading the template spectra"
    shell:
        "python {input.script:q}"
        " --source {input.source:q}"
        " --listing {input.listing:q}"
        " --output {output.templates:q}"
        " 2> {log:q}"


rule survey:
    input:
        script="scripts/survey.py",
        library=library("survey"),
        templates=results("templates/templates.h5"),
    output:
        fits=directory(results("survey/fits")),
        files=results("survey/files.tsv"),
        truth=results("survey/truth.csv"),
        gaia=results("survey/gaia.fits"),
        twomass=results("survey/twomass.fits"),
        wise=results("survey/wise.fits"),
    log:
        results("logs/survey/survey.log"),
    benchmark:
        results("benchmarks/survey/survey.tsv")
    conda:
        "../envs/survey.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=30,
    params:
        flags=flags("survey"),
    message:
        "Making the mock survey"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --templates {input.templates:q}"
        " --fits {output.fits:q}"
        " --files {output.files:q}"
        " --truth {output.truth:q}"
        " --gaia {output.gaia:q}"
        " --twomass {output.twomass:q}"
        " --wise {output.wise:q}"
        " 2> {log:q}"


if config["input"]["kind"] == "mock":

    rule manifest:
        input:
            script="scripts/manifest.py",
            library=library("manifest"),
            files=results("survey/files.tsv"),
        output:
            lists=expand(results("manifest/{shard}.tsv"), shard=SHARDS),
        log:
            results("logs/manifest/manifest.log"),
        benchmark:
            results("benchmarks/manifest/manifest.tsv")
        conda:
            "../envs/manifest.yaml"
        threads: 1
        resources:
            mem_mb=lambda wildcards, attempt: 600 * attempt,
            runtime=30,
        params:
            flags=flags("manifest"),
            spectra=[results("survey/fits/**/*.fits*")],
            folder=lambda wildcards, output: str(Path(output.lists[0]).parent),
        message:
            "Listing the files of each shard"
        shell:
            "python {input.script:q} {params.flags:q}"
            " --spectra {params.spectra:q}"
            " --catalogue ''"
            " --candidates"
            " --folder {params.folder:q}"
            " 2> {log:q}"


rule ingest:
    input:
        script="scripts/ingest.py",
        library=library("ingest"),
        list=results("manifest/{shard}.tsv"),
    output:
        spectra=results("ingest/{shard}.h5"),
        status=results("ingest/{shard}.status.tsv"),
    log:
        results("logs/ingest/{shard}.log"),
    benchmark:
        results("benchmarks/ingest/{shard}.tsv")
    conda:
        "../envs/ingest.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
        runtime=60,
    params:
        flags=flags("ingest"),
    message:
        "Reading the FITS files of shard {wildcards.shard}"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --list {input.list:q}"
        " --spectra {output.spectra:q}"
        " --status {output.status:q}"
        " 2> {log:q}"


rule rebin:
    input:
        script="scripts/rebin.py",
        library=library("rebin"),
        spectra=results("ingest/{shard}.h5"),
    output:
        spectra=results("rebin/{shard}.h5"),
    log:
        results("logs/rebin/{shard}.log"),
    benchmark:
        results("benchmarks/rebin/{shard}.tsv")
    conda:
        "../envs/rebin.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 900 * attempt,
        runtime=60,
    params:
        flags=flags("rebin"),
    message:
        "Rebinning shard {wildcards.shard} to the common grid"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --spectra {input.spectra:q}"
        " --output {output.spectra:q}"
        " 2> {log:q}"
