"""Modules that follow a package: when they are imported, and which ours are."""

import ast
import importlib
import sys
from importlib.util import find_spec

import pytest
from architecture import PACKAGE, imported_modules, module_of, sources

from tfrecs._base.import_after import import_after

NAMES = ("late_house", "garden", "pond")


@pytest.fixture
def town(tmp_path, monkeypatch):
    """A package and two modules, each of which notes when it has run."""
    (tmp_path / "late_house").mkdir()
    (tmp_path / "late_house" / "__init__.py").write_text(
        "import notes\nnotes.seen.append(__name__)\nif notes.fails: raise OSError\n"
    )
    for name in ("garden", "pond"):
        (tmp_path / f"{name}.py").write_text("import notes; notes.seen += [__name__]")
    (tmp_path / "notes.py").write_text("seen, fails = [], False\n")
    monkeypatch.syspath_prepend(tmp_path)
    finders = [*sys.meta_path]
    yield importlib.import_module("notes")
    assert sys.meta_path == finders  # nothing remains once the package is there
    for name in (*NAMES, "notes"):
        sys.modules.pop(name, None)


def test_modules_follow_the_package(town):
    import_after("late_house", ["pond", "garden"])
    for _ in range(2):  # a question after the package is no import
        assert find_spec("late_house").name == "late_house"
    assert find_spec("no_such_house") is None
    assert town.seen == []
    house = importlib.import_module("late_house")
    assert town.seen == ["late_house", "pond", "garden"]
    assert type(house.__spec__.loader).__name__ == "SourceFileLoader"


def test_modules_of_a_package_that_is_there_are_imported_at_once(town):
    importlib.import_module("late_house")
    import_after("late_house", ["garden"])
    assert town.seen == ["late_house", "garden"]


def test_two_requests_and_a_package_that_fails_at_first(town):
    import_after("late_house", ["garden"])
    import_after("late_house", ["pond"])
    town.fails = True
    with pytest.raises(OSError):
        importlib.import_module("late_house")
    assert town.seen == ["late_house"]
    town.fails = False
    importlib.import_module("late_house")
    assert town.seen[1:] == ["late_house", "garden", "pond"]


# Our own


def followers() -> list[str]:
    """The modules below `tfrecs` that follow Keras."""
    [rooms] = [
        ast.literal_eval(node.value)
        for node in ast.parse(sources()["__init__.py"]).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_ROOMS"
    ]
    return list(rooms)


def test_every_file_that_registers_with_keras_follows_it():
    modules = {module_of(path): text for path, text in sources().items()}
    reached, ahead = set(), followers()
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += imported_modules(modules[name], set(modules))
    registering = {
        name for name, text in modules.items() if "register_keras_serializable(" in text
    }
    assert registering - reached == set()
    assert len(registering) > 10


def test_packages_among_them_import_keras_before_their_own_modules():
    """Or a module that imports Keras would be needed while it is incomplete."""
    packages = [x for x in followers() if (PACKAGE / x).is_dir()]
    assert packages == ["models", "losses", "optimizers"]
    for room in packages:
        names = [
            alias.name if isinstance(node, ast.Import) else node.module
            for node in ast.parse(sources()[f"{room}/__init__.py"]).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        ours = [n for n, name in enumerate(names) if name.startswith("tfrecs")]
        assert "keras" in names[: ours[0]]
