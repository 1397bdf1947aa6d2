"""Lazy names: what a package declares, and the builders that a room re-exports."""

import importlib
import sys

import pytest

ROOT = """
from typing import TYPE_CHECKING
from tfrecs._base.lazy_names import lazy_names
if TYPE_CHECKING:
    from {name} import other as other
    from {name}.other import value as value
    from {name}.rooms import *
__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
"""

ROOM = """
from {name}.other import build_hut as build_hut
from {name}.other import build_barn
from {name}.other import value as value
import {name}.other as build_other
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    name = "lazy_houses"
    (tmp_path / name / "rooms").mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text(ROOT.format(name=name))
    (tmp_path / name / "rooms" / "__init__.py").write_text(ROOM.format(name=name))
    (tmp_path / name / "other.py").write_text("build_hut = build_barn = value = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(name)
    for loaded in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[loaded]


def test_a_star_stands_for_the_builders_that_the_room_exports(package):
    assert sorted(package.__all__) == ["build_hut", "other", "value"]
    assert [name for name in sys.modules if name.startswith("lazy_houses.")] == []
    assert package.build_hut == package.value == 7
    assert "lazy_houses.rooms" in sys.modules
    with pytest.raises(AttributeError, match="build_barn"):
        package.build_barn  # noqa: B018
