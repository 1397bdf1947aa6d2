# `make bench` and `make test` set a fresh machine up by themselves.
PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin/python -m

.PHONY: bench app test test-slow test-jax docs notebooks dist extras minimum lint format
bench: $(VENV)/.bench
	$(IN_VENV) tfrecs.bench $(ARGS)

app: $(VENV)/.bench
	$(IN_VENV) tfrecs.app $(ARGS)

# Optimizing the code that XLA compiles takes longer than the small tests run it, and
# more threads than one wait for each other: there is a process for each core. It takes
# half of the files in order, so few fixtures are made twice.
SMALL := XLA_FLAGS=--xla_backend_optimization_level=0 TF_NUM_INTRAOP_THREADS=1
test: $(VENV)/.dev
	$(SMALL) $(IN_VENV) pytest --numprocesses 2 --dist worksteal $(ARGS)

# Minutes of training: the tests that are marked as slow.
test-slow: $(VENV)/.dev
	$(IN_VENV) pytest --numprocesses 2 -m slow $(ARGS)

# Part of the tests once more, on JAX. Optimizing its code takes longer than the tests.
QUICK_XLA := JAX_DISABLE_MOST_OPTIMIZATIONS=1
ON_JAX := tests/models/steps_on_jax.py tests/models/stablehlo_on_jax.py \
  tests/optimizers/rows_on_jax.py \
  tests/models/test_checked_batches.py tests/inference/test_bundle.py \
  tests/inference/test_fold_in.py tests/inference/test_recommender.py
test-jax: $(VENV)/.jax
	KERAS_BACKEND=jax JAX_PLATFORMS=cpu $(QUICK_XLA) $(IN_VENV) pytest \
	  --numprocesses 2 $(ON_JAX) $(ARGS)

# The site, in `site/`: registries, models and figures are written first.
docs: $(VENV)/.dev
	for page in registries figures models_page; do $(VENV)/bin/python docs/$$page.py || exit 1; done
	NO_MKDOCS_2_WARNING=1 $(IN_VENV) mkdocs build --strict

# The outputs of the notebooks, which the site shows.
notebooks: $(VENV)/.dev
	$(VENV)/bin/python docs/notebooks.py

# The sdist and the wheel, checked and tried.
dist: $(VENV)/.dev
	rm -rf dist
	$(IN_VENV) build
	$(IN_VENV) twine check --strict dist/*
	.ci/try-wheel $(PYTHON)

# Each extra alone, and the declared minimum of each dependency, in new environments.
extras: dist
	.ci/try-extras $(PYTHON)

minimum:
	.ci/try-minimum $(PYTHON)

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
	$(IN_VENV) pip install --quiet --disable-pip-version-check --editable '.[app,bench,dev,docs,stream]'
	touch $@ $(VENV)/.bench

$(VENV)/.jax: $(VENV)/.dev
	$(IN_VENV) pip install --quiet --disable-pip-version-check --editable '.[jax]'
	touch $@

# Makes the load of the test of the server; its packages are apart from the others.
$(VENV)/locust/bin/locust: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/locust
	$(VENV)/locust/bin/pip install --quiet --disable-pip-version-check locust

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'tfrecs needs Python 3.11 or later: make PYTHON=python3.11 ...'; exit 2; }
	$(PYTHON) -m venv $(VENV)
