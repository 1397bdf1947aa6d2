"""Runs the guide's notebooks and keeps what they show: `python docs/notebooks.py`.

The `.ipynb` files are the only source. A cell shows what it prints and the value of its
last expression, as in Jupyter, which the guide therefore needs for reading alone. The
tests run the notebooks by the same function.
"""

import ast
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def run(path: Path) -> dict[str, Any]:
    """Gives a notebook as it is after its cells have run, in a namespace of their own.

    They run in a temporary folder, where whatever they write is lost.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for number, cell in enumerate(code, start=1):
            where = f"<{path.name}, cell {number}>"
            cell["execution_count"] = number
            cell["outputs"] = run_cell("".join(cell["source"]), namespace, where)
    return notebook


def run_cell(source: str, namespace: dict[str, Any], where: str) -> list[Any]:
    """Runs a cell and gives its outputs, as notebooks hold them."""
    tree = ast.parse(source, where)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, where, "exec"), namespace)
        value = None if last is None else eval(compile(last, where, "eval"), namespace)
    outputs: list[Any] = []
    if printed.getvalue():
        text = lines_of(printed.getvalue())
        outputs.append({"name": "stdout", "output_type": "stream", "text": text})
    if value is not None:
        outputs.append(shown(value))
    return outputs


def shown(value: Any) -> dict[str, Any]:
    """The output of an expression, in HTML too if the value knows how."""
    data = {}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = lines_of(value._repr_html_())
    data["text/plain"] = lines_of(repr(value))
    return {
        "data": data,
        "execution_count": None,
        "metadata": {},
        "output_type": "execute_result",
    }


def lines_of(text: str) -> list[str]:
    """Lines with their ends, which is how notebooks hold text."""
    return text.splitlines(keepends=True)


def keep(path: Path, notebook: dict[str, Any]) -> None:
    """Writes a notebook whole or not at all, by way of a temporary name."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


if __name__ == "__main__":
    for notebook_path in sorted(FOLDER.glob("*.ipynb")):
        keep(notebook_path, run(notebook_path))
        print(f"{notebook_path.name}: ran")
