"""Modules that are imported as soon as another package is."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType


def import_after(package: str, modules: Sequence[str]) -> None:
    """Imports modules right after a package is imported, or now if it already is.

    Modules that register themselves with a package that is slow to import do so without
    loading it.

    Args:
        package: name of the package.
        modules: names of the modules. Packages among them must import `package` before
            they import modules of their own, which would be incomplete when `modules`
            need them.
    """
    if package in sys.modules:
        _import_all(modules)
    else:
        sys.meta_path.insert(0, _ImportAfter(package, modules))


class _ImportAfter:
    """Finds the package as the other finders do, and adds to its execution."""

    def __init__(self, package: str, modules: Sequence[str]) -> None:
        self.package = package
        self.modules = modules

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Returns the spec of the package, and None for all others."""
        if fullname != self.package:
            return None
        others = sys.meta_path[sys.meta_path.index(self) + 1 :]
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            sys.meta_path.remove(self)
            _import_all(self.modules)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _import_all(modules: Sequence[str]) -> None:
    for module in modules:
        import_module(module)
