"""What the search learns from: positives, negatives, the model."""


rule positives:
    input:
        script="scripts/positives.py",
        library=library("positives"),
        spectra=every("rebin/{shard}.h5"),
        templates=results("templates/templates.h5"),
        labels=optional("labels"),
    output:
        positives=results("positives/positives.h5"),
        averages=results("positives/averages.h5"),
        clusters=results("positives/clusters.csv"),
        defects=results("positives/defects.csv"),
        table1=results("positives/table1.csv"),
    log:
        results("logs/positives/positives.log"),
    benchmark:
        results("benchmarks/positives/positives.tsv")
    conda:
        "../envs/positives.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1600 * attempt,
        runtime=120,
    params:
        flags=flags("positives"),
        target=config["target"],
    message:
        "Clustering the released stars, drawing the positives"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --target {params.target:q}"
        " --spectra {input.spectra:q}"
        " --templates {input.templates:q}"
        " --labels={input.labels:q}"
        " --positives {output.positives:q}"
        " --averages {output.averages:q}"
        " --clusters {output.clusters:q}"
        " --defects {output.defects:q}"
        " --table1 {output.table1:q}"
        " 2> {log:q}"


rule negatives:
    input:
        script="scripts/negatives.py",
        library=library("negatives"),
        spectra=every("rebin/{shard}.h5"),
        templates=results("templates/templates.h5"),
        labels=optional("labels"),
    output:
        negatives=results("negatives/negatives.h5"),
    log:
        results("logs/negatives/negatives.log"),
    benchmark:
        results("benchmarks/negatives/negatives.tsv")
    conda:
        "../envs/negatives.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1600 * attempt,
        runtime=120,
    params:
        flags=flags("negatives"),
        target=config["target"],
    message:
        "Drawing the negatives"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --target {params.target:q}"
        " --spectra {input.spectra:q}"
        " --templates {input.templates:q}"
        " --labels={input.labels:q}"
        " --output {output.negatives:q}"
        " 2> {log:q}"


rule train:
    input:
        script="scripts/train.py",
        library=library("train"),
        positives=results("positives/positives.h5"),
        averages=results("positives/averages.h5"),
        negatives=results("negatives/negatives.h5"),
    output:
        model=results("train/model.h5"),
    log:
        results("logs/train/train.log"),
    benchmark:
        results("benchmarks/train/train.tsv")
    conda:
        "../envs/train.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 1600 * attempt,
        runtime=120,
    params:
        flags=flags("train", "match"),
    message:
        "Training the network in closed form"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --positives {input.positives:q}"
        " --averages {input.averages:q}"
        " --negatives {input.negatives:q}"
        " --output {output.model:q}"
        " 2> {log:q}"
