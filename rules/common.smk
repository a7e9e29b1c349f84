"""What all rules share: the checked config, flags, paths, shards."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from mstarhash.common import checking, configuration
from mstarhash.common.errors import InputError
from mstarhash.common.imports import library_of
from mstarhash.common.wording import is_m
from mstarhash.spectra.shards import shard_names

SCHEMA = configuration.read_schema()


def refuse(message):
    """End with one line that says what to mend, as the last one that is printed."""
    sys.exit(f"error: {message}")


try:
    for path in workflow.configfiles:
        checking.refuse_doubles(path)
    checking.check(config, SCHEMA)
except InputError as error:
    refuse(error)

M_STARS = is_m(config["target"])
SHARDS = shard_names(config["manifest"]["shards"])


wildcard_constraints:
    shard=r"\d{4}",


def results(path):
    """A path under the folder of results."""
    return f"{config['results']}/{path}"


def every(path):
    """A file of every shard, in the order of the shards."""
    return expand(results(path), shard=SHARDS)


def flags(*sections):
    """The keys of sections of the config as `--key=value` words, in the schema's order."""
    words = []
    for section in sections:
        words += configuration.flag_list(config[section], SCHEMA["properties"][section])
    return words


def settings(*sections):
    """Sections of the config and the target as JSON: the same text however numbers and keys are written."""
    told = {"target": config["target"]}
    for section in sections:
        keys = SCHEMA["properties"][section]["properties"]
        texts = {key: configuration.to_text(config[section][key], part) for key, part in keys.items()}
        told[section] = {key: configuration.from_text(text, keys[key]) for key, text in texts.items()}
    return json.dumps(told)


def library(step):
    """The modules that scripts/<step>.py imports, directly or not."""
    return library_of(f"scripts/{step}.py", "scripts")


def optional(key):
    """A file of the section `input`, or nothing."""
    return config["input"][key] or []


def table(key):
    """A photometric or astrometric table: the user's, else the mock survey's own, else nothing."""
    if config["input"][key] is None and config["input"]["kind"] == "mock":
        return results(f"survey/{key}.fits")
    return optional(key)


def by_size(times):
    """Memory [MB] of a job that gathers all shards: `times` the size of its inputs, measured on 600,000 spectra."""
    return lambda wildcards, input, attempt: int(500 + times * input.size_mb) * attempt


def learnt(path):
    """A file of what a run of its own learns from and is judged by; nothing where a trained model is given."""
    return [] if config["train"]["model"] else results(path)


def of_stars(files):
    """Files of the steps that measure stars, a path or a list; none where the class searched is not M."""
    return files if M_STARS else []


def of_the_mock(path):
    """A file that only a run has which searches the mock survey for M stars and trains on it."""
    return learnt(path) if config["input"]["kind"] == "mock" and M_STARS else []


def in_full(path):
    """A file that only the outputs of `snakemake full` (wildcard extent: full) take in."""
    return lambda wildcards: learnt(path) if wildcards.extent == "full" else []


TEMPLATES = config["templates"] or ".templates/kastredux-1.1.4-py3-none-any.whl"
if not Path(TEMPLATES).exists():
    refuse(f"no template spectra: {TEMPLATES} is not there; run `make setup`, or set `templates` to a folder or wheel")

for key in ("gaia", "twomass", "wise", "labels"):
    if config["input"][key] and not Path(config["input"][key]).exists():
        refuse(f"input.{key}: {config['input'][key]}: no such file")
if config["train"]["model"] and not Path(config["train"]["model"]).exists():
    refuse(f"train.model: {config['train']['model']}: no such file; null trains one")

EARLIER = config["catalogue"]["earlier"]
if EARLIER and Path(EARLIER).resolve() == Path(results("catalogue/spectra.fits")).resolve():
    refuse(f"catalogue.earlier: {EARLIER} is what this run writes; copy the earlier release to another folder first")
if EARLIER and not Path(EARLIER).exists():
    refuse(f"catalogue.earlier: {EARLIER}: no such file; null compares with none")

if not M_STARS and workflow.is_main_process:
    print(
        f"target {config['target']} is not M: search, evaluation and report are made; the steps for M stars (measure, "
        "crossmatch, luminosity, activity, kinematics, catalogue, claims, completeness, pulls) are left out",
        file=sys.stderr,
    )

MEASURED = every("measure/{shard}.released.h5") + every("measure/{shard}.candidates.h5")
TRUTH = results("survey/truth.csv") if config["input"]["kind"] == "mock" else []
MODEL = config["train"]["model"] or results("train/model.h5")
AVERAGES = config["train"]["model"] or results("positives/averages.h5")

# New, replaced and removed files are noticed here, before the jobs are planned; jobs on a cluster do not look again.
if config["input"]["kind"] == "lamost" and workflow.is_main_process:
    from mstarhash.input.manifest import refresh

    try:
        refresh(
            config["input"]["spectra"],
            config["input"]["catalogue"],
            results("manifest"),
            **config["manifest"],
            candidates=config["input"]["candidates"],
        )
    except InputError as error:
        refuse(error)
    except OSError as error:  # lists cannot be written
        refuse(f"results: {error.filename or config['results']}: {error.strerror}")
