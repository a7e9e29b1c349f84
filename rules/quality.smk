"""How well the search does."""


rule evaluate:
    input:
        script="scripts/evaluate.py",
        library=library("evaluate"),
        candidates=results("candidates/candidates.csv"),
        truth=TRUTH,
        spectra=every("rebin/{shard}.h5"),
        codes=every("encode/{shard}.h5"),
        positives=results("positives/positives.h5"),
        negatives=results("negatives/negatives.h5"),
        model=MODEL,
    output:
        ranking=results("evaluate/ranking.csv"),
        curves=results("evaluate/curves.csv"),
        reliability=results("evaluate/reliability.csv"),
        bits=results("evaluate/bits.csv"),
    log:
        results("logs/evaluate/evaluate.log"),
    benchmark:
        results("benchmarks/evaluate/evaluate.tsv")
    conda:
        "../envs/evaluate.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 1900 * attempt,
        runtime=120,
    params:
        flags=flags("evaluate", "retrieve"),
    message:
        "Evaluating the ranking"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --candidates {input.candidates:q}"
        " --truth '{input.truth}'"
        " --spectra {input.spectra:q}"
        " --codes {input.codes:q}"
        " --positives {input.positives:q}"
        " --negatives {input.negatives:q}"
        " --model {input.model:q}"
        " --ranking {output.ranking:q}"
        " --curves {output.curves:q}"
        " --reliability {output.reliability:q}"
        " --bits {output.bits:q}"
        " 2> {log:q}"


rule bench:
    input:
        script="scripts/bench.py",
        library=library("bench"),
        finished=rules.all.input,
        lists=every("manifest/{shard}.tsv"),
        ingested=every("ingest/{shard}.h5"),
        rebinned=every("rebin/{shard}.h5"),
        encoded=every("encode/{shard}.h5"),
        positives=results("positives/positives.h5"),
        negatives=results("negatives/negatives.h5"),
        model=MODEL,
        templates=results("templates/templates.h5"),
    output:
        bench=results("bench/bench.csv"),
    log:
        results("logs/bench/bench.log"),
    benchmark:
        results("benchmarks/bench/bench.tsv")
    conda:
        "../envs/bench.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=120,
    params:
        flags=flags("positives", "train", "match", "retrieve", "measure", "crossmatch", "bench"),
        configfiles=[str(path) for path in workflow.overwrite_configfiles],
    message:
        "Timing the chain beside other software"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --manifest {input.lists:q}"
        " --ingested {input.ingested:q}"
        " --rebinned {input.rebinned:q}"
        " --encoded {input.encoded:q}"
        " --positives {input.positives:q}"
        " --negatives {input.negatives:q}"
        " --trained {input.model:q}"
        " --templates {input.templates:q}"
        " --configfiles {params.configfiles:q}"
        " --output {output.bench:q}"
        " 2> {log:q}"
