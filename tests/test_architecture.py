"""The rooms of the package, their ranks, and the sizes of what is in them."""

import ast

import pytest
from architecture import (
    PACKAGE,
    RANKS,
    circles,
    code_lines,
    imports_of,
    long_functions,
    room_of,
    sources,
    underscore_imports,
    upward_imports,
)

FILES = sources()
MOST_ENTRIES = 17
MOST_ROOMS = 14
MOST_LINES = 300
MOST_CODE_LINES = 40

LONG_FILES: dict[str, str] = {}
"""Files over 300 lines, each with its reason."""

LONG_FUNCTIONS: dict[str, str] = {}
"""Functions over 40 lines of code, each with its reason."""


def test_the_package_has_its_rooms_and_no_other():
    assert {room_of(path) for path in FILES} == {*RANKS, "__init__", "__main__"}
    entries = {path.split("/")[0] for path in FILES}
    assert len(entries) <= MOST_ENTRIES
    assert sum(not entry.endswith(".py") for entry in entries) <= MOST_ROOMS


def test_imports_run_down():
    assert upward_imports(FILES, RANKS) == []


def test_no_files_import_each_other():
    assert circles(FILES) == []


def test_no_room_imports_underscore_names_of_another():
    assert underscore_imports(FILES) == []


def test_files_are_short():
    long = {path for path, text in FILES.items() if text.count("\n") > MOST_LINES}
    assert long == set(LONG_FILES)


def test_functions_are_short():
    assert set(long_functions(FILES, MOST_CODE_LINES)) == set(LONG_FUNCTIONS)


PRINTING = {"__main__.py", "_base/command_line.py", "serve/monitoring.py"}


def test_only_the_command_lines_print():
    printing = {
        path
        for path, text in FILES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    }
    rooms = {"bench", "app", "export"}
    assert {p for p in printing if room_of(p) not in rooms} == PRINTING


def test_metrics_import_numpy_alone():
    known = {
        name.split(".")[0]
        for name in imports_of(FILES["evaluation/metrics/ranking.py"])
    }
    assert known <= {"collections", "dataclasses", "numpy", "tfrecs"}


def test_models_know_neither_data_nor_losses():
    rooms = {
        name.split(".")[1]
        for path, text in FILES.items()
        if path.startswith(("models/", "losses/"))
        for name in imports_of(text)
        if name.startswith("tfrecs.")
    }
    assert rooms == {"_base", "models", "losses"}


# The checks themselves


@pytest.mark.parametrize(
    "line",
    [
        "import tfrecs.models",
        "import os, tfrecs.models.mf as m",
        "from tfrecs import models",
        "from tfrecs.models.mf import build_mf as build",
        "def f():\n    from tfrecs.models import mf",
        "if TYPE_CHECKING:\n    import tfrecs.models.mf",
    ],
)
def test_an_upward_import_is_found_wherever_it_stands(line):
    files = {"data/a.py": line, "models/__init__.py": "", "models/mf.py": ""}
    assert len(upward_imports(files, RANKS)) == 1
    assert not upward_imports({**files, "data/a.py": "import numpy"}, RANKS)


def test_a_relative_import_is_refused():
    with pytest.raises(ValueError, match="absolute"):
        list(imports_of("from .models import mf"))


def test_a_circle_is_found():
    files = {
        "data/a.py": "from tfrecs.data.b import x",
        "data/b.py": "def f():\n    from tfrecs.data.c import y",
        "data/c.py": "import tfrecs.data.a",
        "data/d.py": "import tfrecs.data.a",
    }
    assert circles(files) == [("data.a", "data.b", "data.c")]


def test_an_underscore_name_of_another_room_is_found():
    found = underscore_imports(
        {
            "data/a.py": "from tfrecs.models._x import y",
            "models/b.py": "from tfrecs.models._x import y",
            "losses/c.py": "from tfrecs._base.checks import z",
        }
    )
    assert found == ["data/a.py imports tfrecs.models._x.y"]


def test_code_lines_leave_out_docstrings_comments_and_blank_lines():
    source = '"""Doc.\n\nMore.\n"""\n\n# why\nx = (\n    1\n)\n'
    assert code_lines(source) == 3
    function = "def f():\n    '''Doc.'''\n    return 1\n"
    assert long_functions({"a.py": function}, 1) == {"a.py:f": 2}


def test_the_files_were_found():
    assert PACKAGE.joinpath("py.typed").exists()
    assert len(FILES) > 100
