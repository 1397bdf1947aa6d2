# `make bench` and `make test` set a fresh machine up by themselves.
PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin/python -m

.PHONY: bench app test test-slow docs lint format
bench: $(VENV)/.bench
	$(IN_VENV) tfrecs.bench $(ARGS)

app: $(VENV)/.bench
	$(IN_VENV) tfrecs.app $(ARGS)

test: $(VENV)/.dev
	$(IN_VENV) pytest --numprocesses 2 $(ARGS)

# Minutes of training: the tests that are marked as slow.
test-slow: $(VENV)/.dev
	$(IN_VENV) pytest --numprocesses 2 -m slow $(ARGS)

# What is written from the code: the outputs of the notebooks, and the page of registries.
docs: $(VENV)/.dev
	$(VENV)/bin/python docs/notebooks.py
	$(VENV)/bin/python docs/registries.py

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
