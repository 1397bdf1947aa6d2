"""The highlighted models of a figure, and the colour, line and marker of each."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

from tfrecs._base.checks import check_choice

INK, SOFT, GREY, FAINT = "#1f2328", "#5b636d", "#9aa2ab", "#e3e6ea"
"""Colours of text, of minor text, of models without highlight, and of grids."""

BASELINES = ("lightfm", "popularity")
"""Highlighted beside the best model, since readers know their quality."""

NEVER_BEST = "oracle"
"""Knows the truth, so it does not count as the best model."""

FEW = 4
"""Models that can all be highlighted."""


class Colour(NamedTuple):
    """A colour, with a line and a marker that are as distinct."""

    code: str
    line: str | tuple[int, tuple[float, ...]]
    marker: str
    highlighted: bool = True


COLOURS = (
    Colour("#0062a3", "-", "o"),
    Colour("#b34700", (0, (6, 2)), "s"),
    Colour("#00735c", (0, (2, 1.5)), "^"),
    Colour("#96397b", (0, (6, 1.5, 1.5, 1.5)), "D"),
    Colour("#7a5b00", (0, (9, 2)), "v"),
    Colour("#3b4cc0", (0, (4, 1, 1, 1, 1, 1)), "P"),
)
"""Of highlighted models, in order: the colours of Okabe and Ito, which are distinct in
all kinds of colour vision, darker, so that text in them is readable."""

OTHER = Colour(GREY, "-", "o", highlighted=False)


def colours_of(
    values: Mapping[str, float], highlighted: Sequence[str] | None
) -> dict[str, Colour]:
    """Returns the colour of each model.

    Args:
        values: model to its quality, which chooses the default highlights.
        highlighted: models to highlight, in this order; unknown names are ignored. None
            for the default ones.

    Raises:
        ValueError: if there are no models, or more to highlight than colours.
    """
    if not values:
        raise ValueError("There must be at least one model. Received: none")
    chosen = _default(values) if highlighted is None else list(highlighted)
    if len(chosen) > len(COLOURS):
        raise ValueError(
            f"`highlighted` must name at most {len(COLOURS)} models, as there are no "
            f"more colours. Received: {len(chosen)}"
        )
    own = dict(zip(chosen, COLOURS, strict=False))
    return {model: own.get(model, OTHER) for model in values}


def check_measured(metrics: Mapping[str, Mapping[str, float]], metric: str) -> None:
    """Raises ValueError for the first model that lacks the metric."""
    for model, known in metrics.items():
        check_choice(f"metric of {model}", metric, known)


def _default(values: Mapping[str, float]) -> list[str]:
    ranked = sorted(values, key=lambda model: (isnan(values[model]), -values[model]))
    if len(ranked) <= FEW:
        return ranked
    [best] = [model for model in ranked if model != NEVER_BEST][:1]
    return list(dict.fromkeys([best, *(b for b in BASELINES if b in values)]))
