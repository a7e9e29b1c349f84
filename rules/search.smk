"""Codes of the unclassified spectra, retrieval, template difference, ranked candidates, the page to inspect them."""


rule encode:
    input:
        script="scripts/encode.py",
        library=library("encode"),
        spectra=results("rebin/{shard}.h5"),
        match=results("match/{shard}.h5"),
        model=MODEL,
    output:
        codes=results("encode/{shard}.h5"),
    log:
        results("logs/encode/{shard}.log"),
    benchmark:
        results("benchmarks/encode/{shard}.tsv")
    conda:
        "../envs/encode.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
        runtime=60,
    params:
        target=config["target"],
    message:
        "Coding shard {wildcards.shard}"
    shell:
        "python {input.script:q}"
        " --threads {threads}"
        " --target {params.target:q}"
        " --spectra {input.spectra:q}"
        " --match {input.match:q}"
        " --model {input.model:q}"
        " --output {output.codes:q}"
        " 2> {log:q}"


rule retrieve_count:
    input:
        script="scripts/retrieve.py",
        library=library("retrieve"),
        codes=results("encode/{shard}.h5"),
        model=MODEL,
    output:
        counts=results("retrieve/{shard}.counts.h5"),
    log:
        results("logs/retrieve/{shard}.counts.log"),
    benchmark:
        results("benchmarks/retrieve/{shard}.counts.tsv")
    conda:
        "../envs/retrieve.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
        runtime=60,
    params:
        flags=flags("retrieve"),
    message:
        "Counting distances in shard {wildcards.shard}"
    shell:
        "python {input.script:q} {params.flags:q}"
        " count"
        " --threads {threads}"
        " --codes {input.codes:q}"
        " --model {input.model:q}"
        " --output {output.counts:q}"
        " 2> {log:q}"


rule retrieve_cut:
    input:
        script="scripts/retrieve.py",
        library=library("retrieve"),
        counts=every("retrieve/{shard}.counts.h5"),
        codes=every("encode/{shard}.h5"),
        model=MODEL,
    output:
        cuts=results("retrieve/cuts.h5"),
    log:
        results("logs/retrieve/cuts.log"),
    benchmark:
        results("benchmarks/retrieve/cuts.tsv")
    conda:
        "../envs/retrieve.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=60,
    params:
        flags=flags("retrieve"),
    message:
        "Finding where the lists of each query end"
    shell:
        "python {input.script:q} {params.flags:q}"
        " cut"
        " --counts {input.counts:q}"
        " --codes {input.codes:q}"
        " --model {input.model:q}"
        " --output {output.cuts:q}"
        " 2> {log:q}"


rule retrieve:
    input:
        script="scripts/retrieve.py",
        library=library("retrieve"),
        codes=results("encode/{shard}.h5"),
        cuts=results("retrieve/cuts.h5"),
        model=MODEL,
    output:
        retrieved=results("retrieve/{shard}.h5"),
    log:
        results("logs/retrieve/{shard}.log"),
    benchmark:
        results("benchmarks/retrieve/{shard}.tsv")
    conda:
        "../envs/retrieve.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 900 * attempt,
        runtime=60,
    params:
        flags=flags("retrieve"),
    message:
        "Retrieving from shard {wildcards.shard}"
    shell:
        "python {input.script:q} {params.flags:q}"
        " select"
        " --threads {threads}"
        " --codes {input.codes:q}"
        " --cuts {input.cuts:q}"
        " --model {input.model:q}"
        " --output {output.retrieved:q}"
        " 2> {log:q}"


rule match:
    input:
        script="scripts/match.py",
        library=library("match"),
        spectra=results("rebin/{shard}.h5"),
        model=MODEL,
    output:
        match=results("match/{shard}.h5"),
    log:
        results("logs/match/{shard}.log"),
    benchmark:
        results("benchmarks/match/{shard}.tsv")
    conda:
        "../envs/match.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=120,
    params:
        flags=flags("match"),
    message:
        "Fitting averages to shard {wildcards.shard}"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --spectra {input.spectra:q}"
        " --model {input.model:q}"
        " --output {output.match:q}"
        " 2> {log:q}"


rule candidates:
    input:
        script="scripts/candidates.py",
        library=library("candidates"),
        retrieved=every("retrieve/{shard}.h5"),
        codes=every("encode/{shard}.h5"),
        match=every("match/{shard}.h5"),
        model=MODEL,
        labels=optional("labels"),
    output:
        candidates=results("candidates/candidates.csv"),
        summary=results("candidates/summary.csv"),
        calibration=results("candidates/calibration.csv"),
    log:
        results("logs/candidates/candidates.log"),
    benchmark:
        results("benchmarks/candidates/candidates.tsv")
    conda:
        "../envs/candidates.yaml"
    threads: 1
    resources:
        mem_mb=by_size(4),
        runtime=60,
    params:
        flags=flags("candidates"),
    message:
        "Ranking the candidates"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --retrieved {input.retrieved:q}"
        " --codes {input.codes:q}"
        " --match {input.match:q}"
        " --model {input.model:q}"
        " --labels={input.labels:q}"
        " --output {output.candidates:q}"
        " --summary {output.summary:q}"
        " --calibration {output.calibration:q}"
        " 2> {log:q}"


rule inspect:
    input:
        script="scripts/inspection.py",
        library=library("inspection"),
        frame="scripts/inspection.html",
        candidates=results("candidates/candidates.csv"),
        spectra=every("rebin/{shard}.h5"),
        model=MODEL,
        labels=optional("labels"),
    output:
        page=results("inspect/index.html"),
    log:
        results("logs/inspect/inspect.log"),
    benchmark:
        results("benchmarks/inspect/inspect.tsv")
    conda:
        "../envs/inspect.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=30,
    params:
        flags=flags("inspect"),
        target=config["target"],
    message:
        "Writing the page to inspect candidates"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --frame {input.frame:q}"
        " --candidates {input.candidates:q}"
        " --spectra {input.spectra:q}"
        " --model {input.model:q}"
        " --target {params.target:q}"
        " --labels={input.labels:q}"
        " --page {output.page:q}"
        " 2> {log:q}"
