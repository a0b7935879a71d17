# Two commands for a newcomer: `make demo` and `make test`. Needs Python >= 3.11, git and make; everything else goes
# into .venv. Set PYTHON to choose the interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Threads that wait should sleep: spinning ones make a machine with anything else to do several times slower.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test test-slow test-cluster check format bench-peers bench-train bench-train_gpu bench-tokenize bench-generate bench-finetune bench-translate bench-dump bench-deduplicate clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo       build a language model from raw text on this machine, measured (about 6 minutes)"
	@echo "make test       the default test suite"
	@echo "make test-slow  the long tests as well"
	@echo "make test-cluster  a real two-node Ray cluster on this machine"
	@echo "make check      format, lint, types, import contract, generated docs up to date"
	@echo "make format     format the code and regenerate docs"
	@echo "make bench-X    speed and quality beside named peers: X is dump, deduplicate, tokenize, train, train_gpu, finetune, generate, translate"
	@echo "make bench-peers  the peers that need an environment of their own"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Erya needs Python 3.11 or newer; run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# torch first and by itself: it is the one package with several builds, and the rest must accept the one chosen.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) torch
	$(PIP) -e .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	$(PIP) -e '.[dev]'
	@touch $@

demo: $(INSTALLED)
	$(BIN)/erya demo

test: $(INSTALLED_DEV)
	$(BIN)/python -m pytest

test-slow: $(INSTALLED_DEV)
	$(BIN)/python -m pytest -m 'not gpu and not cluster'

# Ray is no part of the development environment: it is large, and these tests alone need it.
test-cluster: $(INSTALLED_DEV)
	$(PIP) -e '.[cluster]'
	$(BIN)/python -m pytest -m cluster

check: $(INSTALLED_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/reference.py --check

format: $(INSTALLED_DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python scripts/reference.py

# The benchmarks run with the waiting policy the peers' users have.
bench-train bench-train_gpu bench-tokenize bench-generate bench-finetune bench-translate bench-dump bench-deduplicate: bench-%: $(INSTALLED_DEV)
	env -u OMP_WAIT_POLICY $(BIN)/python bench/$*.py

# litgpt cannot stand beside the transformers of the tests (docs/decisions/0002), so it has its own environment, with
# the peers that read dumps.
bench-peers:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet torch==2.13.0 litgpt==0.5.13 wikiextractor==3.1.0 gensim==4.4.0

clean:
	rm -rf $(VENV) .venv-peers .mypy_cache .ruff_cache .pytest_cache
