"""A start of the global bias in closed form, in place of 0."""

import math

from keras import ops

from tfrecs.data.interactions import Interactions
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.plan import Plan


def start_at_prior(
    model: TwoTower, train: Interactions, plan: Plan, batch_size: int | None = None
) -> None:
    """Sets the global bias of an untrained model to a closed-form start.

    For "bce" this is the log-odds of a positive: without it almost all pairs start
    wrong, and on ML-100K a hundred epochs go into this number. For ratings it is their
    mean. Losses that rank do not depend on it. A bias that is frozen or not 0 is left
    alone. For the arguments see `fit` and `Plan`.

    References:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", sec. 3.3.
    """
    interaction = model.interaction
    if not interaction.use_bias or not interaction.global_bias.trainable:
        return
    if ops.convert_to_numpy(interaction.global_bias) != 0:
        return
    if train.ratings is not None and plan.negatives.kind == "none":
        prior = float(train.ratings.mean())
    elif plan.objective == "bce":
        prior = -math.log(max(1, plan.others(train, batch_size)))
    else:
        return
    interaction.global_bias.assign(_before_range(prior, interaction.y_range))


def _before_range(score: float, y_range: tuple[float, float] | None) -> float:
    """Returns the logit of a score within the range, kept off its ends."""
    if y_range is None:
        return score
    low, high = y_range
    share = min(max((score - low) / (high - low), 0.01), 0.99)
    return math.log(share / (1 - share))
