# make run: set up what is missing, then the default config to the end.   make help: the others.
CORES ?= 2
CONFIG ?=
PYTHON ?= python3
VENV := .venv
WHEEL := .templates/kastredux-1.1.4-py3-none-any.whl
SNAKEMAKE = PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/snakemake $(if $(CONFIG),--configfile $(CONFIG)) --cores $(CORES)

.PHONY: run test full bench soak check setup lock clean help

run: setup ## the default config (or CONFIG=mine.yaml) to the end
	$(SNAKEMAKE)

test: $(VENV)/test.stamp $(WHEEL) ## all tests
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m pytest -n $(CORES) --dist loadfile

# the two longest steps come first, so that trials of other surveys fill the cores that are free
full: run ## the longer evaluations as well
	$(SNAKEMAKE) full --prioritize evaluate_peers evaluate_accuracy

bench: setup $(VENV)/bench.stamp ## benchmarks, into results/bench/bench.csv
	$(SNAKEMAKE) bench

soak: $(VENV)/test.stamp $(WHEEL) ## fault campaigns: a run killed at 20 random moments, bad files
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m pytest tests/workflow/test_resume.py tests/workflow/test_bad_files.py --soak 20

check: $(VENV)/test.stamp ## static checks
	$(VENV)/bin/ruff check scripts tests
	$(VENV)/bin/ruff format --check scripts tests
	$(VENV)/bin/snakefmt --check Snakefile rules

setup: $(VENV)/run.stamp $(WHEEL) ## the virtual environment and the template spectra

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: requirements/%.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r $<
	touch $@

$(WHEEL): requirements/templates.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip download --quiet --no-deps --require-hashes -r $< -d .templates
	touch $@

lock: ## requirements/*.txt anew from requirements/*.in (needs uv)
	for name in run test bench; do uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/$$name.in -o requirements/$$name.txt; done

clean: ## results of the default config
	rm -rf results/* .snakemake

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/'
