"""Model cards: what is known of a saved recommender, as JSON and as a page to read.

Every value of the page is code in Markdown, so that names and settings of other people
are shown as they are and make no links or HTML.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tfrecs.data.interactions import Interactions

FEW = 5
"""Users and items with fewer interactions are counted among the limits."""

COLUMNS = ("ratings", "timestamps", "weights")


def model_card(
    model: Any,
    train: Interactions,
    about: Mapping[str, Any],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Returns the sections of a card, as JSON values.

    Args:
        model: the Keras model.
        train: training data.
        about: `settings`, `metrics` and `protocol` of the recommender. The protocol's
            `intervals` maps names of metrics to `[low, high]` of their 95% intervals.
        versions: versions of packages, by name.

    Raises:
        TypeError: if the intervals are anything else.
    """
    protocol = dict(about["protocol"])
    intervals = protocol.pop("intervals", {})
    if not isinstance(intervals, Mapping) or not all(map(_is_pair, intervals.values())):
        raise TypeError(
            "`protocol`: `intervals` must map names of metrics to [low, high]. "
            f"Received: {intervals!r}"
        )
    return {
        "model": {"name": model.name, "parameters": model.count_params()},
        "data": _data(train),
        "protocol": protocol,
        "metrics": {
            name: {"value": value, "interval": intervals.get(name)}
            for name, value in about["metrics"].items()
        },
        "settings": about["settings"],
        "versions": dict(versions),
        "limits": list(_limits(train, about)),
    }


def as_markdown(card: Mapping[str, Any]) -> str:
    """Returns a card as a page with a table or a list for each section."""
    lines = [
        f"# Model card: {_code(card['model']['name'])}",
        "",
        "Written by tfrecs from what was known when the model was saved.",
    ]
    for title, content in card.items():
        lines += ["", f"## {title.capitalize()}", ""]
        if title == "metrics":
            lines += _table(
                "| metric | value | 95% interval |", map(_metric, content.items())
            )
        elif title == "limits":
            lines += [f"- {limit}" for limit in content]
        else:
            rows = ([_code(name), _code(value)] for name, value in content.items())
            lines += _table("| what | value |", rows)
    return "\n".join([*lines, ""])


def _data(train: Interactions) -> dict[str, Any]:
    features = {
        side: [str(name) for name in frame.columns]
        for side in ("user_features", "item_features")
        if (frame := getattr(train, side)) is not None
    }
    return {
        "users": train.num_users,
        "items": train.num_items,
        "interactions": len(train),
        "columns": [name for name in COLUMNS if getattr(train, name) is not None],
        "min_rating": train.min_rating,
        **features,
    }


def _limits(train: Interactions, about: Mapping[str, Any]) -> Iterator[str]:
    of_users = np.bincount(train.user_ids, minlength=train.num_users)
    for side, counts in (("users", of_users), ("items", train.item_counts)):
        few, none = int((counts < FEW).sum()), int((counts == 0).sum())
        if few:
            yield (
                f"{few} of {len(counts)} {side} have fewer than {FEW} interactions, "
                f"{none} of them none: little is known of their taste or audience."
            )
    yield (
        "Users and items that are not in the training data have scores only where the "
        "model reads features or histories."
    )
    yield "Scores order the items of one user. They are not probabilities."
    if not about["metrics"]:
        yield "No metrics were saved, so the quality is unknown."
    elif not about["protocol"]:
        yield "How the metrics were measured was not saved."


def _is_pair(ends: Any) -> bool:
    return isinstance(ends, list | tuple) and len(ends) == 2


def _metric(item: tuple[str, Mapping[str, Any]]) -> list[str]:
    name, found = item
    ends = found["interval"]
    interval = "" if ends is None else " to ".join(map(_code, ends))
    return [_code(name), _code(found["value"]), interval]


def _table(head: str, rows: Iterator[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|".join(["", *["---"] * (head.count("|") - 1), ""])
    return [head, rule, *lines] if lines else ["Nothing was saved."]


def _code(value: Any) -> str:
    """Returns a JSON value as code, numbers with four digits, in a cell of a table."""
    if isinstance(value, float):
        value = float(f"{value:.4g}")
    text = json.dumps(value, ensure_ascii=False)
    text = text[1:-1] if isinstance(value, str) else text
    return "`{}`".format(text.replace("`", "'").replace("|", r"\|") or " ")
