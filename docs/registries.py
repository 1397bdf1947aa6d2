"""Writes `registries.md` from the package's registries: `python docs/registries.py`."""

import inspect
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

REGISTRIES = {
    "Models": ("tfrecs.models", "MODELS"),
    "Models of histories": ("tfrecs.models", "HISTORY_MODELS"),
    "Losses of positives and negatives": ("tfrecs.losses", "LOSSES"),
    "Losses over the catalogue": ("tfrecs.losses", "CATALOGUE_LOSSES"),
    "Losses of ratings": ("tfrecs.losses", "RATING_LOSSES"),
    "Metrics at k": ("tfrecs.evaluation.metrics", "METRICS"),
    "Metrics by ratings, at k": ("tfrecs.evaluation.metrics", "GRADED_METRICS"),
    "Metrics of the whole ranking": (
        "tfrecs.evaluation.metrics",
        "WHOLE_METRICS",
    ),
    "Metrics of each user's list": (
        "tfrecs.evaluation.metrics",
        "LIST_METRICS",
    ),
    "Metrics of all lists together": (
        "tfrecs.evaluation.metrics",
        "SYSTEM_METRICS",
    ),
    "Splits": ("tfrecs.data.splits", "SPLITS"),
    "Data sets": ("tfrecs.data.datasets", "DATASETS"),
    "Baselines": ("tfrecs.bench.baselines", "BASELINES"),
    "Learners of streams": ("tfrecs.streaming.learners", "LEARNERS"),
}
"""The literal dict, by module and name, of each kind of thing that can be added."""


def page() -> str:
    """Returns the whole page, in Markdown."""
    head = (
        "# Registries\n\nWritten by `python docs/registries.py`. Each section is one "
        "literal dict; to add an entry,\nwrite one function or file and one line there."
    )
    sections = [
        section(title, module, name) for title, (module, name) in REGISTRIES.items()
    ]
    return "\n\n".join([head, *sections]) + "\n"


def section(title: str, module: str, name: str) -> str:
    """Returns the table of one registry."""
    registry: Mapping[str, Any] = getattr(import_module(module), name)
    rows = [f"| `{key}` | {summary(entry)} |" for key, entry in registry.items()]
    head = f"## {title}\n\n`{module}.{name}`\n\n| name | summary |\n|---|---|"
    return "\n".join([head, *rows])


def summary(entry: Any) -> str:
    """Returns the first line of an entry's docstring."""
    if isinstance(entry, partial):
        named = [f"{name}={value!r}" for name, value in entry.keywords.items()]
        return f"{summary(entry.func)} ({', '.join([*entry.args, *named])})"
    return (inspect.getdoc(entry) or "").split("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
