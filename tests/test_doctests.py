"""Every example of a docstring runs, and shows its result."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import tfrecs

PACKAGE = Path(tfrecs.__file__).parent
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


WITH_EXAMPLES = {
    module_name(path)
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
}


def test_examples_are_found():
    modules = {"evaluation", "data.features", "data.interactions", "data.vocabulary"}
    assert {f"tfrecs.{module}" for module in modules} <= WITH_EXAMPLES


@pytest.mark.parametrize("name", sorted(WITH_EXAMPLES))
def test_examples_run(name):
    failed, run = doctest.testmod(import_module(name), optionflags=OPTIONS)
    assert run > 0
    assert failed == 0
