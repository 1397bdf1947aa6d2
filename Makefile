# `make bench` and `make test` set a fresh machine up by themselves.
PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin/python -m

.PHONY: bench app test lint format
bench: $(VENV)/.bench
	$(IN_VENV) tfrecs.bench $(ARGS)

app: $(VENV)/.bench
	$(IN_VENV) tfrecs.app $(ARGS)

test: $(VENV)/.dev
	$(IN_VENV) pytest --numprocesses 2 $(ARGS)

lint: $(VENV)/.dev
	$(IN_VENV) ruff format --check .
	$(IN_VENV) ruff check .
	$(IN_VENV) mypy

format: $(VENV)/.dev
	$(IN_VENV) ruff format .
	$(IN_VENV) ruff check --fix .

# Made again when the files that say what to install have changed.
$(VENV)/.bench: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(IN_VENV) pip install --quiet --disable-pip-version-check --editable '.[app,bench]'
	touch $@

$(VENV)/.dev: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(IN_VENV) pip install --quiet --disable-pip-version-check --editable '.[app,bench,dev,stream]'
	touch $@ $(VENV)/.bench

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'tfrecs needs Python 3.11 or later: make PYTHON=python3.11 ...'; exit 2; }
	$(PYTHON) -m venv $(VENV)
