# `make run` and `make test` are all that a newcomer needs: both build .venv first when it is missing or older
# than the pinned set. The other targets are for people who change the project (CONTRIBUTING.md).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test check lint types imports tests lock clean help

help:           ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed       ## the main job on the embedded sample, in a state folder of its own (var/sample)
	$(BIN)/sdg run --sample

test: lint types imports tests  ## everything that CI checks

lint: $(VENV)/.installed      ## style and likely mistakes
	$(BIN)/ruff check .

types: $(VENV)/.installed     ## types, strictly
	$(BIN)/mypy

imports: $(VENV)/.installed   ## which package may import which
	$(BIN)/lint-imports

tests: $(VENV)/.installed     ## all tests, the coverage of branches, and every raised error reached
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=90
	@$(BIN)/python tests/uncovered_errors.py

# A set that changed is installed into an empty environment: a package that left the lock must not linger.
$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Say which with: make run PYTHON=python3.12")'
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "This Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the pinned packages into $(VENV) (about 1 GB, a minute or two)"
	$(PIP) install --quiet --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock:           ## resolve requirements.in into requirements.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --no-strip-extras \
		--generate-hashes --no-emit-index-url requirements.in --output-file requirements.lock

clean:          ## forget the environment and every state
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.*
