"""The guide: every notebook runs, and its stored outputs are those of a run."""

import importlib.util
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

import tfrecs

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted(DOCS.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def run():
    """The function of `docs/notebooks.py` that runs a notebook."""
    spec = importlib.util.spec_from_file_location("notebooks", DOCS / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.run


@pytest.fixture(scope="module")
def data():
    """Skips the test if MovieLens 100K is not at hand."""
    try:
        tfrecs.load_dataset("ml-100k")
    except FileNotFoundError as error:
        pytest.skip(f"the notebooks need MovieLens 100K: {error}")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(notebook):
    """The kinds of each cell's outputs; values differ from machine to machine."""
    return [
        [f"{out.output_type} {sorted(out.get('data', ()))}" for out in cell.outputs]
        for cell in code_cells(notebook)
    ]


@pytest.mark.parametrize(
    "path",
    # All but the first train models for a while.
    [NOTEBOOKS[0], *(pytest.param(p, marks=pytest.mark.slow) for p in NOTEBOOKS[1:])],
    ids=lambda path: path.stem,
)
def test_a_notebook_runs_and_has_the_outputs_that_are_stored(path, run, data):
    assert kinds(run(path)) == kinds(nbformat.read(path, as_version=4))


@every_notebook
def test_a_notebook_is_valid_and_was_run_from_top_to_bottom(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_stored_outputs_are_small_and_free_of_paths(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < 400_000
    outputs = [cell.outputs for cell in code_cells(nbformat.reads(text, as_version=4))]
    assert not re.search(r"/(home|root|tmp|work|Users)/", json.dumps(outputs))


def test_a_cell_that_fails_stops_the_run(run, tmp_path):
    path = tmp_path / "a.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "y", "z = 2")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(CellExecutionError, match="'y' is not defined"):
        run(path)
