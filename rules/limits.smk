"""What the search misses, and what enters its list."""


rule completeness:
    input:
        script="scripts/completeness.py",
        library=library("completeness"),
        spectra=every("rebin/{shard}.h5"),
        templates=results("templates/templates.h5"),
        model=MODEL,
        cuts=results("retrieve/cuts.h5"),
        candidates=results("candidates/candidates.csv"),
        calibration=results("candidates/calibration.csv"),
        truth=TRUTH,
    output:
        completeness=results("completeness/completeness.csv"),
        purity=results("completeness/purity.csv"),
        check=results("completeness/check.csv"),
        figure=results("completeness/completeness.png"),
    log:
        results("logs/completeness/completeness.log"),
    benchmark:
        results("benchmarks/completeness/completeness.tsv")
    conda:
        "../envs/completeness.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 1900 * attempt,
        runtime=120,
    params:
        flags=flags("completeness"),
        retrieve=" ".join(flags("retrieve")),
        match=" ".join(flags("match")),
        candidates=" ".join(flags("candidates")),
        target=config["target"],
        min_p=float(config["measure"]["min_p"]),
    message:
        "Injecting stars, counting what is recovered"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --threads {threads}"
        " --retrieve={params.retrieve:q}"
        " --match={params.match:q}"
        " --candidates={params.candidates:q}"
        " --target {params.target:q}"
        " --min-p {params.min_p}"
        " --spectra {input.spectra:q}"
        " --templates {input.templates:q}"
        " --model {input.model:q}"
        " --cuts {input.cuts:q}"
        " --listed {input.candidates:q}"
        " --calibration {input.calibration:q}"
        " --truth={input.truth:q}"
        " --completeness {output.completeness:q}"
        " --purity {output.purity:q}"
        " --check {output.check:q}"
        " --figure {output.figure:q}"
        " 2> {log:q}"
