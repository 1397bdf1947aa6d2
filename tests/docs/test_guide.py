"""The guide: every notebook runs, and what it shows is what it would show."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from tfrecs.data.datasets._fetch import DataNotFoundError, fetch
from tfrecs.data.datasets.movielens_100k import LAYOUTS

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted(DOCS.glob("*.ipynb"))
parametrize = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def notebooks() -> ModuleType:
    """The script that runs them, `docs/notebooks.py`."""
    spec = importlib.util.spec_from_file_location("notebooks", DOCS / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data() -> None:
    """Goes on if MovieLens 100K is on this machine: no test downloads it."""
    try:
        fetch("ml-100k", LAYOUTS, sources=())
    except DataNotFoundError as error:
        pytest.skip(f"the notebooks need MovieLens 100K: {error}")


def code_of(notebook) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def kinds(notebook) -> list[list[str]]:
    """What kind of outputs each cell has; values differ from machine to machine."""
    return [
        [
            f"{out['output_type']} {sorted(out.get('data', ()))}"
            for out in cell["outputs"]
        ]
        for cell in code_of(notebook)
    ]


@parametrize
def test_a_notebook_runs_and_shows_what_is_stored(path, notebooks, data):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert kinds(notebooks.run(path)) == kinds(stored)


@parametrize
def test_a_notebook_is_one_that_jupyter_opens(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-zA-Z0-9-_]{1,64}", id_) for id_ in ids)
    assert "".join(notebook["cells"][0]["source"]).startswith("# ")
    counts = [cell["execution_count"] for cell in code_of(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@parametrize
def test_stored_outputs_are_small_and_tell_of_no_machine(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < 100_000
    stored = json.dumps([cell["outputs"] for cell in code_of(json.loads(text))])
    assert not re.search(r"/(home|root|tmp|work|Users)/", stored)


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("x = 1", []),
        ("None", []),
        ("print('a'); print('b')", [["a\n", "b\n"]]),
        ("x = 2\nx + 1", [["3"]]),
        ("print('a')\n'b'", [["a\n"], ["'b'"]]),
        ("'b';\nx = 1", []),
        ("", []),
    ],
)
def test_a_cell_shows_what_it_prints_and_its_last_value(source, outputs, notebooks):
    found = notebooks.run_cell(source, {}, "here")
    assert [out.get("text") or out["data"]["text/plain"] for out in found] == outputs


def test_a_value_that_knows_html_is_shown_so_too(notebooks):
    class Table:
        def __repr__(self):
            return "1\n2"

        def _repr_html_(self):
            return "<table>\n</table>"

    [out] = notebooks.run_cell("table", {"table": Table()}, "here")
    assert out["data"] == {
        "text/plain": ["1\n", "2"],
        "text/html": ["<table>\n", "</table>"],
    }


def test_cells_share_names_and_an_error_stops_a_run_and_tells_where(
    notebooks, tmp_path
):
    cells = [
        {"cell_type": "code", "source": ["x = 1\n", "x"]},
        {"cell_type": "markdown", "source": ["# x"]},
        {"cell_type": "code", "source": ["open('here', 'w').close()\n", "x + 1"]},
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    ran = notebooks.run(path)
    shown = [out["data"]["text/plain"] for c in code_of(ran) for out in c["outputs"]]
    assert shown == [["1"], ["2"]]
    assert [c.get("execution_count") for c in ran["cells"]] == [1, None, 2]
    assert [file.name for file in tmp_path.iterdir()] == ["a.ipynb"]
    cells[2]["source"] = ["y"]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    with pytest.raises(NameError, match="'y'") as error:
        notebooks.run(path)
    assert str(error.traceback[-1].path) == "<a.ipynb, cell 2>"


def test_a_notebook_is_kept_whole(notebooks, tmp_path):
    path = tmp_path / "a.ipynb"
    notebooks.keep(path, {"cells": ["é"]})
    assert json.loads(path.read_text(encoding="utf-8")) == {"cells": ["é"]}
    assert [file.name for file in tmp_path.iterdir()] == ["a.ipynb"]
