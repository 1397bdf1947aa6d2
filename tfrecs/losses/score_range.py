"""The check that scores within a range fit an objective and its ratings."""

from tfrecs._base.types import FloatArray
from tfrecs.losses import RATING_LOSSES

OF_VALUES = (*RATING_LOSSES, "squared-error")
"""Objectives that compare scores with values; others take logits of any size."""


def check_score_range(
    y_range: tuple[float, float] | None, objective: str, ratings: FloatArray | None
) -> None:
    """Raises ValueError if scores within `y_range` cannot fit an objective.

    Args:
        y_range: the lowest and the highest score of a model; None for logits.
        objective: name of a loss.
        ratings: the ratings of the training data, if any.
    """
    if y_range is None:
        return
    if objective not in OF_VALUES:
        raise ValueError(
            f"`objective` must be one of {', '.join(OF_VALUES)} for scores within "
            f"y_range={y_range}, since the others take logits. Received: "
            f"{objective!r}. Change the objective, or build the model without y_range."
        )
    if objective not in RATING_LOSSES or ratings is None:
        return
    low, high = y_range
    outside = (ratings < low) | (ratings > high)
    if outside.any():
        raise ValueError(
            f"`train` must have ratings from {low:g} to {high:g}, the model's y_range. "
            f"Received: {outside.sum()} of {len(ratings)} outside, ratings from "
            f"{ratings.min():g} to {ratings.max():g}. Build the model with their range."
        )
