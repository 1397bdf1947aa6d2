"""Writes `models.md` from the registries and results: `python docs/models_page.py`."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figures import BENCHES, fit_seconds, measured, table
from sections import formula_of

from tfrecs.models import HISTORY_MODELS, MODELS

WHEN = {
    "mf": "The simplest model: small data, ratings (`y_range`), a baseline.",
    "cosine": "First choice for logs of ids of any size; trains by a softmax.",
    "gmf": "As a part of NeuMF, or to learn which dimensions count.",
    "mlp": "To reproduce the NCF paper; dot products are better and faster.",
    "neumf": "To reproduce the NCF paper, or as a baseline that reviewers ask for.",
    "hybrid": "Metadata of items or users, and new ones without interactions.",
    "nonlinear_mf": "Dense layers in the towers, with vectors for an index of items.",
    "mlp_mf": "An MLP that need not learn popularity.",
    "deepfm": "Metadata whose pairs of fields matter.",
    "cml": "Distances that mean something: similar items, maps, clusters.",
    "bucketed_mf": "Each item has one category, and many items are rare.",
    "history_mean": "A quick model of histories, and the baseline of the next two.",
    "gru": "Order matters, and users are not known in training.",
    "sasrec": "The next item, where order and distance of the last ones matter.",
}
"""When to use each model, in a line."""


def page() -> str:
    """Returns the whole page, in Markdown."""
    models = {**MODELS, **HISTORY_MODELS}
    head = (
        "# Models\n\nWritten by `python docs/models_page.py` from the registries, the "
        "docstrings and `benchmarks/results`.\nQuality is that of the bench's settings "
        "on test data; † stopped early by the bench's limit of time.\n"
        "[Benchmarks](benchmarks.md) has the protocols and the machine, and "
        "[histories](histories.md) describes\nthe last three models, which read what a "
        "user did."
    )
    rows = [[f"[`{name}`](#{name})", WHEN[name]] for name in models]
    overview = "\n".join(
        [
            "| model | when to use it |",
            "|---|---|",
            *(f"| {a} | {b} |" for a, b in rows),
        ]
    )
    sections = [section(name, build) for name, build in models.items()]
    return "\n\n".join([head, overview, *sections]) + "\n"


def section(name: str, build: Callable[..., Any]) -> str:
    """Returns the section of one model."""
    doc = inspect.getdoc(build) or ""
    parts = [
        f"## {name}",
        doc.split("\n")[0],
        f"```text\n{formula_of(doc)}\n```",
        f"**When to use it.** {WHEN[name]}",
        f"**Parameters.** {parameters(build)}",
        quality(name),
    ]
    return "\n\n".join(part for part in parts if part)


def parameters(build: Callable[..., Any]) -> str:
    """Returns a builder's parameters with their defaults."""
    signature = inspect.signature(build)
    bare = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    plain = signature.replace(parameters=bare, return_annotation=signature.empty)
    return f"`{build.__name__}{plain}`"


def quality(name: str) -> str:
    """Returns a model's figures on each data set that it ran on, if any."""
    rows = []
    for bench in BENCHES:
        found = measured(bench).get(name)
        if found:
            values = [found[f"{metric}@{bench.k}"] for metric in ("ndcg", "recall")]
            texts = [f"{value:.4f}" for value in values]
            rows.append([f"{bench.title}, k = {bench.k}", *texts, fit_seconds(found)])
    return table(["", "NDCG@k", "recall@k", "fit, s"], rows) if rows else ""


if __name__ == "__main__":
    Path(__file__).with_name("models.md").write_text(page(), encoding="utf-8")
