"""Measurements of the released and the new stars, and what follows from them."""


rule measure_released:
    input:
        script="scripts/measure.py",
        library=library("measure"),
        spectra=results("ingest/{shard}.h5"),
        templates=results("templates/templates.h5"),
        averages=AVERAGES,
    output:
        measured=results("measure/{shard}.released.h5"),
    log:
        results("logs/measure/{shard}.released.log"),
    benchmark:
        results("benchmarks/measure/{shard}.released.tsv")
    conda:
        "../envs/measure.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 900 * attempt,
        runtime=120,
    params:
        flags=flags("measure"),
        target=config["target"],
    message:
        "Measuring the released stars of shard {wildcards.shard}"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --kind released"
        " --threads {threads}"
        " --target {params.target:q}"
        " --spectra {input.spectra:q}"
        " --templates {input.templates:q}"
        " --averages {input.averages:q}"
        " --output {output.measured:q}"
        " 2> {log:q}"


rule measure:
    input:
        script="scripts/measure.py",
        library=library("measure"),
        spectra=results("ingest/{shard}.h5"),
        templates=results("templates/templates.h5"),
        averages=AVERAGES,
        candidates=results("candidates/candidates.csv"),
        labels=optional("labels"),
    output:
        measured=results("measure/{shard}.candidates.h5"),
    log:
        results("logs/measure/{shard}.candidates.log"),
    benchmark:
        results("benchmarks/measure/{shard}.candidates.tsv")
    conda:
        "../envs/measure.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 900 * attempt,
        runtime=120,
    params:
        flags=flags("measure"),
        target=config["target"],
    message:
        "Measuring the new stars of shard {wildcards.shard}"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --kind candidates"
        " --threads {threads}"
        " --target {params.target:q}"
        " --spectra {input.spectra:q}"
        " --templates {input.templates:q}"
        " --averages {input.averages:q}"
        " --candidates {input.candidates:q}"
        " --labels={input.labels:q}"
        " --output {output.measured:q}"
        " 2> {log:q}"


rule crossmatch:
    input:
        script="scripts/crossmatch.py",
        library=library("crossmatch"),
        measured=MEASURED,
        gaia=table("gaia"),
        twomass=table("twomass"),
        wise=table("wise"),
    output:
        crossmatch=results("crossmatch/crossmatch.h5"),
    log:
        results("logs/crossmatch/crossmatch.log"),
    benchmark:
        results("benchmarks/crossmatch/crossmatch.tsv")
    conda:
        "../envs/crossmatch.yaml"
    threads: 1
    resources:
        mem_mb=by_size(2),
        runtime=120,
    params:
        flags=flags("crossmatch"),
        release=f"--gaia-release={config['input']['gaia_release']}",
    message:
        "Matching to Gaia, 2MASS and WISE"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --measure {input.measured:q}"
        " --gaia={input.gaia:q}"
        " {params.release:q}"
        " --twomass={input.twomass:q}"
        " --wise={input.wise:q}"
        " --output {output.crossmatch:q}"
        " 2> {log:q}"


rule luminosity:
    input:
        script="scripts/luminosity.py",
        library=library("luminosity"),
        measured=MEASURED,
        crossmatch=results("crossmatch/crossmatch.h5"),
    output:
        luminosity=results("luminosity/luminosity.h5"),
        boundaries=results("luminosity/boundaries.csv"),
    log:
        results("logs/luminosity/luminosity.log"),
    benchmark:
        results("benchmarks/luminosity/luminosity.tsv")
    conda:
        "../envs/luminosity.yaml"
    threads: 1
    resources:
        mem_mb=by_size(2),
        runtime=60,
    params:
        flags=flags("luminosity"),
    message:
        "Telling giants from dwarfs"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --output {output.luminosity:q}"
        " --boundaries {output.boundaries:q}"
        " 2> {log:q}"


rule activity:
    input:
        script="scripts/activity.py",
        library=library("activity"),
        measured=MEASURED,
        crossmatch=results("crossmatch/crossmatch.h5"),
        luminosity=results("luminosity/luminosity.h5"),
    output:
        activity=results("activity/activity.h5"),
        fractions=results("activity/fractions.csv"),
    log:
        results("logs/activity/activity.log"),
    benchmark:
        results("benchmarks/activity/activity.tsv")
    conda:
        "../envs/activity.yaml"
    threads: 1
    resources:
        mem_mb=by_size(2),
        runtime=60,
    params:
        flags=flags("activity"),
    message:
        "Classifying magnetic activity"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --luminosity {input.luminosity:q}"
        " --output {output.activity:q}"
        " --fractions {output.fractions:q}"
        " 2> {log:q}"


rule kinematics:
    input:
        script="scripts/kinematics.py",
        library=library("kinematics"),
        measured=MEASURED,
        crossmatch=results("crossmatch/crossmatch.h5"),
        luminosity=results("luminosity/luminosity.h5"),
        activity=results("activity/activity.h5"),
    output:
        kinematics=results("kinematics/kinematics.h5"),
        dispersions=results("kinematics/dispersions.csv"),
    log:
        results("logs/kinematics/kinematics.log"),
    benchmark:
        results("benchmarks/kinematics/kinematics.tsv")
    conda:
        "../envs/kinematics.yaml"
    threads: 1
    resources:
        mem_mb=by_size(2),
        runtime=60,
    params:
        flags=flags("kinematics"),
    message:
        "Space motions"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --luminosity {input.luminosity:q}"
        " --activity {input.activity:q}"
        " --output {output.kinematics:q}"
        " --dispersions {output.dispersions:q}"
        " 2> {log:q}"
