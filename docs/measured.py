"""What all tables of figures share: the results files and the form of a table."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"


def results(file: str) -> Any:
    """Returns the content of a results file."""
    return json.loads((RESULTS / f"{file}.json").read_text(encoding="utf-8"))


def table(head: list[str], rows: list[list[str]]) -> str:
    """Returns a Markdown table whose columns after the first are right-aligned."""
    marks = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, marks, *rows])


def best_in_bold(column: list[float | None], digits: int = 4) -> list[str]:
    """Returns a column's texts: the highest value bold, a dash for a missing one."""
    texts = ["-" if value is None else f"{value:.{digits}f}" for value in column]
    best = max(value for value in column if value is not None)
    return [
        f"**{text}**" if value == best else text
        for value, text in zip(column, texts, strict=True)
    ]


def block(text: str) -> str:
    """Returns a table's text with the empty lines that Markdown needs around it."""
    return f"\n\n{text}\n\n"
