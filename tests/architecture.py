"""What the architecture test reads: the package's files, imports and their ranks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import tfrecs

PACKAGE = Path(tfrecs.__file__).parent

RANKS = {
    "_base": 0,
    "data": 1,
    "models": 1,
    "losses": 1,
    "optimizers": 2,
    "evaluation": 2,
    "training": 3,
    "inference": 3,
    "streaming": 3,
    "reporting": 4,
    "callbacks": 5,
    "bench": 6,
    "app": 6,
    "export": 6,
    "serve": 6,
}
"""A file imports lower ranks and its own room."""


def sources() -> dict[str, str]:
    """The text of each of the package's files, by path below `tfrecs/`."""
    return {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def room_of(path: str) -> str:
    """The entry of RANKS: "data" of `data/ids.py`, "export" of `export.py`."""
    return path.split("/")[0].removesuffix(".py")


def module_of(path: str) -> str:
    """The dotted name below `tfrecs` of a file: "data.readers" of its `__init__`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports_of(source: str) -> Iterator[str]:
    """Yields each imported name in full: `tfrecs.models.mf.build_mf`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError("imports must be absolute. Received: a relative one")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(source: str, modules: set[str]) -> set[str]:
    """Returns the modules below `tfrecs` that a source imports or imports from."""
    found = set()
    for name in imports_of(source):
        if name == "tfrecs" or name.startswith("tfrecs."):
            parts = name.split(".")[1:]
            while parts and ".".join(parts) not in modules:
                parts.pop()
            found.add(".".join(parts))
    return found


def upward_imports(files: dict[str, str], ranks: dict[str, int]) -> list[str]:
    """Lists imports of a room that is not below the importing file's own room."""
    modules = {module_of(path) for path in files}
    found = []
    for path, source in files.items():
        room = room_of(path)
        for module in sorted(imported_modules(source, modules)):
            other = module.split(".")[0]
            if other and room in ranks and other != room:
                if ranks.get(other, 99) >= ranks[room]:
                    found.append(f"{path} imports {module}")
    return found


def circles(files: dict[str, str]) -> list[tuple[str, ...]]:
    """Lists the groups of files that import each other, imports in functions too."""
    modules = {module_of(path): path for path in files}
    graph = {
        name: imported_modules(files[path], set(modules)) - {name, ""}
        for name, path in modules.items()
    }

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = [*graph[start]]
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                ahead += graph.get(name, ())
        return seen

    reach = {name: reached(name) for name in graph}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach[other]))
        for name in graph
        if name in reach[name]
    }
    return sorted(groups)


def underscore_imports(files: dict[str, str]) -> list[str]:
    """Lists imports of another room's underscore names; `_base` is for all."""
    found = []
    for path, source in files.items():
        room = room_of(path)
        for name in imports_of(source):
            parts = name.split(".")
            if parts[0] == "tfrecs" and len(parts) > 1 and parts[1] != room:
                hidden = [part for part in parts[2:] if part.startswith("_")]
                if hidden or (parts[1].startswith("_") and parts[1] not in RANKS):
                    found.append(f"{path} imports {name}")
    return found


def code_lines(source: str, node: ast.AST | None = None) -> int:
    """Counts lines with code of a source, or of a function in it; no docstrings."""
    tree = node or ast.parse(source)
    lines = source.splitlines()
    first = getattr(tree, "lineno", 1)
    last = getattr(tree, "end_lineno", len(lines))
    left_out = set()
    for part in ast.walk(tree):
        body = getattr(part, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            text = body[0].value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                left_out |= set(range(text.lineno, (text.end_lineno or 0) + 1))
    return sum(
        number not in left_out and line.strip() != "" and line.strip()[0] != "#"
        for number, line in enumerate(lines[first - 1 : last], start=first)
    )


def long_functions(files: dict[str, str], most: int) -> dict[str, int]:
    """Returns the functions of more than `most` lines of code, by path and name."""
    found = {}
    for path, source in files.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = code_lines(source, node)
                if lines > most:
                    found[f"{path}:{node.name}"] = lines
    return found
