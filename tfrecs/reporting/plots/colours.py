"""How the models of a figure look: which are highlighted, and how each is drawn."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

from tfrecs._base.checks import check_choice

INK, SOFT, GREY, FAINT = "#1f2328", "#5b636d", "#9aa2ab", "#e3e6ea"
"""Of text, of text beside it, of models that are not highlighted, and of grids."""

BASELINES = ("lightfm", "popularity")
"""Highlighted beside the best, since readers know how good they are."""

NEVER_BEST = "oracle"
"""Knows the truth, and so is the best of nothing."""

FEW = 4
"""As many models can all be highlighted."""


class Look(NamedTuple):
    """How a model is drawn."""

    colour: str
    line: str | tuple[int, tuple[float, ...]]
    marker: str
    highlighted: bool = True


LOOKS = (
    Look("#0062a3", "-", "o"),
    Look("#b34700", (0, (6, 2)), "s"),
    Look("#00735c", (0, (2, 1.5)), "^"),
    Look("#96397b", (0, (6, 1.5, 1.5, 1.5)), "D"),
    Look("#7a5b00", (0, (9, 2)), "v"),
    Look("#3b4cc0", (0, (4, 1, 1, 1, 1, 1)), "P"),
)
"""Of highlighted models, in their order: after Okabe and Ito's colours, which people of
all kinds of colour vision tell apart, darker, so that text in them can be read."""

OTHER = Look(GREY, "-", "o", highlighted=False)


def looks_of(
    values: Mapping[str, float], highlighted: Sequence[str] | None
) -> dict[str, Look]:
    """Gives a look for each model.

    Args:
        values: model to how good it is, which chooses where nobody has.
        highlighted: models to highlight, in this order; names that are not among the
            models are left out. None for the default ones.

    Raises:
        ValueError: if there are no models, or more to highlight than looks.
    """
    if not values:
        raise ValueError("There must be at least one model. Received: none")
    chosen = _default(values) if highlighted is None else list(highlighted)
    if len(chosen) > len(LOOKS):
        raise ValueError(
            f"`highlighted` must name at most {len(LOOKS)} models, or none stands out. "
            f"Received: {len(chosen)}"
        )
    own = dict(zip(chosen, LOOKS, strict=False))
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
