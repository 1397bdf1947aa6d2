"""Losses for ranking: functions for `model.compile(loss=...)` and `tfrecs.fit`.

Losses of `LOSSES` take rows of one positive and its negatives, as `pairwise_batches`
and `shared_negatives_batches` yield them: `labels` and `scores` (logits) are
`[batch, 1 + num_negatives]`, and each row has one label 1, in any column. The label of
a negative is its credit, in [0, 1): its similarity to the positive, and 0 without
partial credit. Losses of `CATALOGUE_LOSSES` take all items for each user, as
`user_batches` and `over_catalogue` yield them: both are `[batch, num_items]`, labels 0
or 1. `kos_warp`, `ccl` and `bsl` take rows of several positives too. Losses of
`RATING_LOSSES` take the rating and the score of each pair, `[batch]`. All return
`[batch]` float32, in nats where there is a logarithm.

A name in two registries is one objective, with some negatives and with all.
`configure_loss` changes a loss's settings. A new loss is a `@registered` function and a
line in its registry.
"""

import keras  # noqa: F401 first: our modules are imported right after it

from tfrecs._base.checks import check_choice
from tfrecs.losses.collie import collie_adaptive_bpr as collie_adaptive_bpr
from tfrecs.losses.collie import collie_adaptive_hinge as collie_adaptive_hinge
from tfrecs.losses.collie import collie_bpr as collie_bpr
from tfrecs.losses.collie import collie_hinge as collie_hinge
from tfrecs.losses.collie import collie_warp as collie_warp
from tfrecs.losses.contrastive import ccl as ccl
from tfrecs.losses.multinomial import bsl as bsl
from tfrecs.losses.multinomial import catalogue_softmax as catalogue_softmax
from tfrecs.losses.multinomial import sampled_softmax as sampled_softmax
from tfrecs.losses.pairwise import adaptive_bpr as adaptive_bpr
from tfrecs.losses.pairwise import adaptive_hinge as adaptive_hinge
from tfrecs.losses.pairwise import bpr as bpr
from tfrecs.losses.pairwise import hinge as hinge
from tfrecs.losses.pointwise import catalogue_bce as catalogue_bce
from tfrecs.losses.pointwise import gbce as gbce
from tfrecs.losses.pointwise import sampled_bce as sampled_bce
from tfrecs.losses.pointwise import squared_error as squared_error
from tfrecs.losses.ratings import mae as mae
from tfrecs.losses.ratings import mse as mse
from tfrecs.losses.settings import ConfiguredLoss as ConfiguredLoss
from tfrecs.losses.settings import Loss as Loss
from tfrecs.losses.weighted_rank import kos_warp as kos_warp
from tfrecs.losses.weighted_rank import warp as warp
from tfrecs.losses.weighted_rank import warp_all as warp_all

LOSSES: dict[str, Loss] = {
    "bce": sampled_bce,
    "gbce": gbce,
    "bpr": bpr,
    "hinge": hinge,
    "softmax": sampled_softmax,
    "adaptive-bpr": adaptive_bpr,
    "adaptive-hinge": adaptive_hinge,
    "warp": warp,
    "warp-all": warp_all,
    "kos-warp": kos_warp,
    "ccl": ccl,
    "bsl": bsl,
    "collie-bpr": collie_bpr,
    "collie-hinge": collie_hinge,
    "collie-adaptive-bpr": collie_adaptive_bpr,
    "collie-adaptive-hinge": collie_adaptive_hinge,
    "collie-warp": collie_warp,
}

CATALOGUE_LOSSES: dict[str, Loss] = {
    "softmax": catalogue_softmax,
    "bce": catalogue_bce,
    "squared-error": squared_error,
    "ccl": ccl,
    "bsl": bsl,
}

RATING_LOSSES: dict[str, Loss] = {"mse": mse, "mae": mae}


def configure_loss(name: str, **settings: float) -> ConfiguredLoss:
    """Returns a loss with settings other than its defaults.

    It is an objective for `tfrecs.fit`, and a loss for `model.compile`, which is saved
    with the model. A name in two registries means the loss of `LOSSES`; `fit` replaces
    it by the other one where it scores the catalogue.

    Args:
        name: of a loss in one of the registries.
        settings: arguments of the loss by name.

    Raises:
        ValueError: if `name` is unknown, the loss has no such setting, or a value is
            out of its range.

    Example:
        >>> configure_loss("ccl", margin=0.2)
        configure_loss('ccl', margin=0.2)
    """
    losses = {**RATING_LOSSES, **CATALOGUE_LOSSES, **LOSSES}
    check_choice("name", name, losses)
    return ConfiguredLoss(name, losses[name], settings)
