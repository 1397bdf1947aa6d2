"""Public names that are imported on first use and written once."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lazy_loader


def lazy_names(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Imports on first use the names that a package declares to type checkers.

    Args:
        package: the package's name.
        file: its `__init__.py`, which imports its public names under
            `if TYPE_CHECKING:`, one `from module import name as name` for each. For
            `from package.room import *` the names are the `build_*` that the room's
            `__init__.py` re-exports as `name as name`.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.
    """
    [guarded] = [node for node in _body(Path(file)) if isinstance(node, ast.If)]
    submodules: set[str] = set()
    names: dict[str, list[str]] = {}
    for node in guarded.body:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        module = node.module.removeprefix(f"{package}.")
        imported = [alias.name for alias in node.names]
        if node.module == package:
            submodules.update(imported)
        elif imported == ["*"]:
            path = Path(file).parent.joinpath(*module.split("."), "__init__.py")
            names.setdefault(module, []).extend(_builders(path))
        else:
            names.setdefault(module, []).extend(imported)
    return lazy_loader.attach(package, submodules, names)


def _builders(path: Path) -> list[str]:
    """The names `build_*` that a file re-exports, read without importing it."""
    return [
        alias.name
        for node in _body(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("build_") and alias.asname == alias.name
    ]


def _body(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body
