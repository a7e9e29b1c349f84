"""The search on other surveys: worse ones, many of them, real spectra."""

from snakemake_interface_executor_plugins.settings import DeploymentMethod

CHAIN = ("survey", "manifest", "ingest", "rebin", "positives", "negatives")
CHAIN += ("train", "encode", "retrieve", "match", "candidates")
ROWS = config["robustness"]["rows"]
REAL_SPECTRA = config["robustness"]["real"]
HAS_REAL = M_STARS and REAL_SPECTRA and Path(REAL_SPECTRA, "labels.csv").exists()
for row in ROWS:
    if not Path(f"config/robustness/{row}.yaml").exists():
        refuse(f"robustness.rows: {row}: no such file config/robustness/{row}.yaml")


CONFIGURED = [step for step in CHAIN if step in config and step != "manifest"]
SEARCHING = sorted({path for step in CHAIN for path in (f"scripts/{step}.py", *library(step))})
SOFTWARE = "--software="
if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
    prefix = workflow.deployment_settings.conda_prefix or ".snakemake/conda"
    SOFTWARE += f"--software-deployment-method conda --conda-prefix {Path(prefix).resolve()}"


PCA_SEED = ["--seed", str(config["evaluate"]["seed"])]


wildcard_constraints:
    row="[a-z0-9_]+",
    seed=r"\d+",


# Of the words that trial.py is given, those of `told` make a trial run again where they change. Those of `files` do not:
# they name inputs.
rule trial:
    input:
        script="scripts/trial.py",
        library=library("trial"),
        searching=SEARCHING,
        overlay=lambda wildcards: [] if wildcards.row == "plain" else f"config/robustness/{wildcards.row}.yaml",
        source=TEMPLATES,
        templates=results("templates/templates.h5"),
    output:
        scores=results("trial/{row}-{seed}.csv"),
    log:
        results("logs/trial/{row}-{seed}.log"),
    benchmark:
        results("benchmarks/trial/{row}-{seed}.tsv")
    conda:
        "../envs/trial.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=120,
    params:
        told=["mock", "--settings", settings(*CONFIGURED), SOFTWARE, "--target", config["target"], *PCA_SEED],
        files=lambda wildcards, input: [
            *("--source", input.source, "--templates", input.templates),
            *("--survey-seed", wildcards.seed),
            *(("--overlay", input.overlay) if input.overlay else ()),
        ],
    message:
        "Searching a survey of its own: {wildcards.row}, seed {wildcards.seed}"
    shell:
        "python {input.script:q} {params.told:q} {params.files:q}"
        " --threads {threads}"
        " --output {output.scores:q}"
        " 2> {log:q}"


use rule trial as trial_aside with:
    input:
        script="scripts/trial.py",
        library=library("trial"),
        searching=SEARCHING,
        source=TEMPLATES,
        templates=results("templates/templates.h5"),
        labels=f"{REAL_SPECTRA}/labels.csv",
    output:
        scores=results("trial/aside-{seed}.csv"),
    log:
        results("logs/trial/aside-{seed}.log"),
    benchmark:
        results("benchmarks/trial/aside-{seed}.tsv")
    params:
        told=["aside", "--settings", settings(*CONFIGURED), SOFTWARE, *PCA_SEED],
        files=lambda wildcards, input: [
            *("--source", input.source, "--templates", input.templates),
            *("--real", REAL_SPECTRA, "--survey-seed", wildcards.seed),
        ],
    message:
        "Searching a survey made of real spectra: seed {wildcards.seed}"


use rule trial as trial_real with:
    input:
        script="scripts/trial.py",
        library=library("trial"),
        searching=SEARCHING,
        source=TEMPLATES,
        model=MODEL,
        labels=f"{REAL_SPECTRA}/labels.csv",
    output:
        scores=results("trial/real.csv"),
    log:
        results("logs/trial/real.log"),
    benchmark:
        results("benchmarks/trial/real.tsv")
    params:
        told=["real", "--settings", settings(*CONFIGURED[1:]), SOFTWARE],
        files=lambda wildcards, input: [
            *("--source", input.source, "--model", input.model, "--real", REAL_SPECTRA),
        ],
    message:
        "Searching real spectra with hidden labels by the model of the mock survey"


ruleorder: trial_aside > trial


if TRUTH and not config["train"]["model"]:  # the run itself is the trial of its own survey

    use rule trial as trial_own with:
        input:
            script="scripts/trial.py",
            library=library("trial"),
            candidates=results("candidates/candidates.csv"),
            truth=TRUTH,
            sets=[results("positives/positives.h5"), results("negatives/negatives.h5")],
            spectra=every("rebin/{shard}.h5"),
        output:
            scores=results("trial/plain-{seed}.csv"),
        log:
            results("logs/trial/plain-{seed}.log"),
        benchmark:
            results("benchmarks/trial/plain-{seed}.tsv")
        wildcard_constraints:
            seed=str(config["survey"]["seed"]),
        params:
            told=["own", "--results", config["results"], "--target", config["target"], *PCA_SEED],
            files=[],
        message:
            "Taking the run itself for the trial of its own survey: plain, seed {wildcards.seed}"

    ruleorder: trial_own > trial


rule robustness:
    input:
        script="scripts/robustness.py",
        library=library("robustness"),
        trials=sorted(
            {
                *expand(results("trial/{row}-{seed}.csv"), row=["plain", *ROWS], seed=config["robustness"]["seeds"]),
                *expand(results("trial/plain-{seed}.csv"), seed=config["robustness"]["pooled_seeds"]),
            }
        ),
        overlays=[f"config/robustness/{row}.yaml" for row in ROWS],
        real=results("trial/real.csv") if HAS_REAL else [],
        aside=expand(results("trial/aside-{seed}.csv"), seed=config["robustness"]["aside_seeds"]) if HAS_REAL else [],
    output:
        robustness=results("evaluate/robustness.csv"),
        pooled=results("evaluate/pooled.csv"),
        aside=results("evaluate/aside.csv"),
        reliability=results("evaluate/pooled_reliability.csv"),
        figure=results("figures/surveys.png"),
        numbers=results("figures/surveys.csv"),
    log:
        results("logs/robustness/robustness.log"),
    benchmark:
        results("benchmarks/robustness/robustness.tsv")
    conda:
        "../envs/robustness.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
        runtime=60,
    params:
        flags=flags("robustness"),
    message:
        "Comparing the rankings of worse surveys"
    shell:
        "python {input.script:q} {params.flags:q}"
        " --trials {input.trials:q}"
        " --overlays {input.overlays:q}"
        " --real-scores={input.real:q}"
        " --aside {input.aside:q}"
        " --write-robustness {output.robustness:q}"
        " --write-pooled {output.pooled:q}"
        " --write-aside {output.aside:q}"
        " --write-reliability {output.reliability:q}"
        " --write-figure {output.figure:q}"
        " --write-numbers {output.numbers:q}"
        " 2> {log:q}"
