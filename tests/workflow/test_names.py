"""One name everywhere, and tables that are made from the schema."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import code_reference
import config_reference
import pytest
import yaml
from mstarhash.common.configuration import read_schema
from mstarhash.common.imports import library_of

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = read_schema()["properties"]
RULES = {
    name: (path, text)
    for path in sorted((ROOT / "rules").glob("*.smk"))
    for name, text in re.findall(r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", path.read_text(), re.M | re.S)
}
SCRIPT = {"inspect": "inspection"}  # scripts/inspect.py would hide Python's own module from every script
STEP = {script: step for step, script in SCRIPT.items()}
SCRIPTS = sorted({re.search(r'script="scripts/(\w+)\.py"', text)[1] for _, text in RULES.values() if "script=" in text})
STEPS = [STEP.get(name, name) for name in SCRIPTS]
PACKAGES = {"sklearn": "scikit-learn", "matplotlib": "matplotlib-base", "yaml": "pyyaml", "faiss": "faiss-cpu"}


def section_keys(part):
    return set(part["properties"])


def test_config_and_schema_have_the_same_keys(default_config):
    assert set(default_config) == set(SCHEMA)
    for name, part in SCHEMA.items():
        if part.get("type") == "object":
            assert set(default_config[name]) == section_keys(part) == set(part["required"]), name
            assert part["additionalProperties"] is False, name
            assert all(key["description"] for key in part["properties"].values()), name


def test_key_table_is_up_to_date(default_config):
    page = config_reference.reference(default_config, read_schema())
    assert page == (ROOT / "config" / "README.md").read_text(), "run python scripts/config_reference.py"


def test_page_of_the_code_is_up_to_date_and_names_what_there_is(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = code_reference.page("scripts")
    assert page == Path("docs/code.md").read_text(), "run python scripts/code_reference.py"
    modules = [path.name for path in Path("scripts/mstarhash").glob("*/*.py") if path.name != "__init__.py"]
    assert sorted(re.findall(r"\n\| `(\w+\.py)` \|", page)) == sorted(modules)
    told = {
        name
        for name in re.findall(r"`([\w/]+\.(?:py|csv|json|yaml|smk))`", code_reference.HEAD)
        if "NAME" not in name and "STEP" not in name
    }
    assert all(any(Path(folder, name).exists() for folder in ("", "scripts/mstarhash")) for name in told)


def test_a_folder_of_the_library_needs_none_behind_it():
    package = ROOT / "scripts/mstarhash"
    folders = code_reference.FOLDERS
    assert {path.parent.name for path in package.glob("*/*.py")} == set(folders)
    for place, folder in enumerate(folders):
        for path in (package / folder).glob("*.py"):
            needed = set(re.findall(r"^ *from mstarhash\.(\w+)", path.read_text(), re.M))
            assert needed <= set(folders[: place + 1]), path


@pytest.mark.parametrize("step", STEPS)
def test_rule_script_section_env_log_and_benchmark_have_one_name(step):
    script = f"scripts/{SCRIPT.get(step, step)}.py"
    assert (ROOT / script).exists()
    for name, (_, text) in RULES.items():
        if script in text:
            assert name == step or name.startswith(f"{step}_")
            assert f"envs/{step}.yaml" in text
            assert f'results("logs/{step}/' in text and f'results("benchmarks/{step}/' in text
    sections = {name for name, part in SCHEMA.items() if part.get("type") == "object"} - {"input"}
    assert sections <= set(STEPS)


def imported(step):
    names = set()
    for path in [
        ROOT / f"scripts/{SCRIPT.get(step, step)}.py",
        *map(Path, library_of(ROOT / f"scripts/{SCRIPT.get(step, step)}.py", ROOT / "scripts")),
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.split(".")[0])
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    return names - set(sys.stdlib_module_names) - {"mstarhash"} - scripts


def pins(path):
    lines = [line for line in yaml.safe_load(path.read_text())["dependencies"] if isinstance(line, str)]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("step", STEPS)
def test_env_file_covers_every_import(step):
    found = set(pins(ROOT / f"envs/{step}.yaml")) - {"python"}
    assert found == {PACKAGES.get(name, name) for name in imported(step)}


def test_one_pin_for_a_package_and_it_is_the_lock_s():
    locked = {}  # name: versions, one for each range of Python
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements/bench.txt").read_text(), re.M):
        locked.setdefault(name, []).append(version)
    seen = {}
    for path in (ROOT / "envs").glob("*.yaml"):
        for name, pin in pins(path).items():
            assert seen.setdefault(name, pin) == pin, f"{path.name}: {name}"
    for name, pin in seen.items():
        versions = locked.get({"matplotlib-base": "matplotlib"}.get(name, name), [])
        assert name == "python" or any(version.startswith(pin) for version in versions), name


def test_scripts_options_are_the_section_s_keys():
    for script in SCRIPTS:
        done = subprocess.run(
            [sys.executable, ROOT / f"scripts/{script}.py", "--help"], capture_output=True, text=True, check=True
        )
        for key in SCHEMA.get(STEP.get(script, script), {}).get("properties", {}):
            assert f"--{key.replace('_', '-')} " in done.stdout, script


def test_profiles_share_their_keys():
    profile = {
        name: yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())
        for name in ("default", "conda", "slurm", "slurm-conda")
    }
    assert profile["default"].items() <= profile["slurm"].items()
    conda = {"software-deployment-method": "conda"}
    assert profile["default"] | conda == profile["conda"] and profile["slurm"] | conda == profile["slurm-conda"]


def test_the_locks_agree():
    locks = [(ROOT / f"requirements/{name}.txt").read_text() for name in ("run", "test", "bench")]
    run, *others = (set(re.findall(r"^([\w.-]+==[\w.]+)", text, re.M)) for text in locks)
    assert all(run <= other for other in others)
