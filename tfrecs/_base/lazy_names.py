"""Public names that are imported on first use and written once."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lazy_loader


def lazy_names(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Makes the imports that a package shows to type checkers happen on first use.

    Args:
        package: the package's name.
        file: its `__init__.py`, which imports its public names under
            `if TYPE_CHECKING:`, one `from module import name as name` for each.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.
    """
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    [guarded] = [node for node in tree.body if isinstance(node, ast.If)]
    submodules: set[str] = set()
    names: dict[str, list[str]] = {}
    for node in guarded.body:
        if isinstance(node, ast.ImportFrom) and node.module == package:
            submodules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            module = node.module.removeprefix(f"{package}.")
            names.setdefault(module, []).extend(alias.name for alias in node.names)
    return lazy_loader.attach(package, submodules, names)
