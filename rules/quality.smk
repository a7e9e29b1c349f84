"""How well the search does."""


rule evaluate:
    input:
        script="scripts/evaluate.py",
        library=library("evaluate"),
        candidates=results("candidates/candidates.csv"),
        truth=TRUTH,
        spectra=every("rebin/{shard}.h5"),
        codes=every("encode/{shard}.h5"),
        cuts=results("retrieve/cuts.h5"),
        positives=results("positives/positives.h5"),
        negatives=results("negatives/negatives.h5"),
        model=MODEL,
    output:
        ranking=results("evaluate/ranking.csv"),
        curves=results("evaluate/curves.csv"),
        reliability=results("evaluate/reliability.csv"),
        union=results("evaluate/union.csv"),
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
        target=config["target"],
    message:
        "Evaluating the ranking"
    shell:
        "python {input.script:q} {params.flags:q}"
        " ranking"
        " --threads {threads}"
        " --target {params.target:q}"
        " --candidates {input.candidates:q}"
        " --truth={input.truth:q}"
        " --spectra {input.spectra:q}"
        " --codes {input.codes:q}"
        " --cuts {input.cuts:q}"
        " --positives {input.positives:q}"
        " --negatives {input.negatives:q}"
        " --model {input.model:q}"
        " --write-ranking {output.ranking:q}"
        " --write-curves {output.curves:q}"
        " --write-reliability {output.reliability:q}"
        " --write-union {output.union:q}"
        " 2> {log:q}"


rule evaluate_peers:
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
        peers=results("evaluate/peers.csv"),
        peers_bins=results("evaluate/peers_bins.csv"),
        bits=results("evaluate/bits.csv"),
        hash_properties=results("evaluate/hash_properties.csv"),
    log:
        results("logs/evaluate/peers.log"),
    benchmark:
        results("benchmarks/evaluate/peers.tsv")
    conda:
        "../envs/evaluate.yaml"
    threads: 1  # the longest jobs of all: side by side they leave no core idle
    resources:
        mem_mb=lambda wildcards, attempt: 3500 * attempt,
        runtime=120,
    params:
        flags=flags("evaluate", "retrieve"),
        target=config["target"],
        benchmarks=results("benchmarks"),
    message:
        "Running other methods on the same spectra"
    shell:
        "python {input.script:q} {params.flags:q}"
        " peers"
        " --threads {threads}"
        " --target {params.target:q}"
        " --candidates {input.candidates:q}"
        " --truth={input.truth:q}"
        " --spectra {input.spectra:q}"
        " --codes {input.codes:q}"
        " --positives {input.positives:q}"
        " --negatives {input.negatives:q}"
        " --model {input.model:q}"
        " --benchmarks {params.benchmarks:q}"
        " --write-peers {output.peers:q}"
        " --write-peers-bins {output.peers_bins:q}"
        " --write-bits {output.bits:q}"
        " --write-hash-properties {output.hash_properties:q}"
        " 2> {log:q}"


rule evaluate_accuracy:
    input:
        script="scripts/evaluate.py",
        library=library("evaluate"),
        positives=results("positives/positives.h5"),
        negatives=results("negatives/negatives.h5"),
        model=MODEL,
        truth=TRUTH,
    output:
        accuracy_recall=results("evaluate/accuracy_recall.csv"),
        accuracy_area=results("evaluate/accuracy_area.csv"),
    log:
        results("logs/evaluate/accuracy.log"),
    benchmark:
        results("benchmarks/evaluate/accuracy.tsv")
    conda:
        "../envs/evaluate.yaml"
    threads: 1  # the longest jobs of all: side by side they leave no core idle
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=120,
    params:
        flags=flags("evaluate", "retrieve"),
        target=config["target"],
    message:
        "Accuracy against recall over random splits"
    shell:
        "python {input.script:q} {params.flags:q}"
        " accuracy"
        " --threads {threads}"
        " --positives {input.positives:q}"
        " --negatives {input.negatives:q}"
        " --model {input.model:q}"
        " --target {params.target:q}"
        " --truth={input.truth:q}"
        " --write-accuracy-recall {output.accuracy_recall:q}"
        " --write-accuracy-area {output.accuracy_area:q}"
        " 2> {log:q}"


rule pulls:
    input:
        script="scripts/pulls.py",
        library=library("pulls"),
        spectra=every("ingest/{shard}.h5"),
        templates=results("templates/templates.h5"),
        averages=AVERAGES,
        measured=MEASURED,
        crossmatch=results("crossmatch/crossmatch.h5"),
    output:
        pulls=results("pulls/pulls.csv"),
    log:
        results("logs/pulls/pulls.log"),
    benchmark:
        results("benchmarks/pulls/pulls.tsv")
    conda:
        "../envs/pulls.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 900 * attempt,
        runtime=60,
    params:
        flags=flags("measure", "pulls"),
    message:
        "Checking errors by injection and repeat visits"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --spectra {input.spectra:q}"
        " --templates {input.templates:q}"
        " --averages {input.averages:q}"
        " --measure {input.measured:q}"
        " --crossmatch {input.crossmatch:q}"
        " --output {output.pulls:q}"
        " 2> {log:q}"


rule evaluate_draw:
    input:
        script="scripts/evaluate.py",
        library=library("evaluate"),
        peers=results("evaluate/peers.csv"),
        accuracy_recall=results("evaluate/accuracy_recall.csv"),
        accuracy_area=results("evaluate/accuracy_area.csv"),
    output:
        figures=expand(results("figures/{name}.{kind}"), name=("peers", "fig08"), kind=("png", "csv")),
    log:
        results("logs/evaluate/draw.log"),
    benchmark:
        results("benchmarks/evaluate/draw.tsv")
    conda:
        "../envs/evaluate.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=30,
    params:
        flags=flags("evaluate", "retrieve"),
        target=config["target"],
        folder=lambda wildcards, output: str(Path(output.figures[0]).parent),
    message:
        "Drawing the peers and Fig. 8"
    shell:
        "python {input.script:q} {params.flags:q}"
        " draw"
        " --threads {threads}"
        " --target {params.target:q}"
        " --read-peers {input.peers:q}"
        " --read-accuracy-recall {input.accuracy_recall:q}"
        " --read-accuracy-area {input.accuracy_area:q}"
        " --folder {params.folder:q}"
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
        flags=flags("train", "positives", "retrieve", "measure", "crossmatch", "bench"),
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
