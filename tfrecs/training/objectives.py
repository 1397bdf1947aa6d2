"""What is asked of the scores, and which items a positive stands against in it."""

from dataclasses import dataclass

from tfrecs._base.checks import check_choice
from tfrecs.data.interactions import Interactions
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES
from tfrecs.training.negatives import SHARED_NEGATIVES
from tfrecs.training.partial_credit import PartialCredit

OBJECTIVES = tuple(dict.fromkeys((*LOSSES, *CATALOGUE_LOSSES, *RATING_LOSSES)))
"""What is asked of the scores; see `tfrecs.losses`."""

OWN_NEGATIVES = {"own": "uniform", "own-popularity": "popularity"}
"""Negatives that each positive has of its own, and how they are drawn."""

NEGATIVES = ("auto", "all", "none", *OWN_NEGATIVES, *SHARED_NEGATIVES)
"""Which items a positive stands against; see `Negatives`."""

SEVERAL_POSITIVES = "kos-warp"
"""The objective whose rows have several positives, and negatives of their own."""

MOST_PAIRS = 180
"""Pairs of the whole catalogue, for each positive, up to which it is scored whole."""

SHARED = "mixed"
"""The shared negatives that "auto" takes for catalogues larger than that."""


@dataclass(frozen=True)
class Negatives:
    """Which items a positive stands against in training.

    Args:
        kind: "all" for every other item of the catalogue; "own" or "own-popularity" for
            items drawn for each positive, of which the user has none; the name of a way
            to draw items for a whole batch, in `tfrecs.training.negatives.SHARED_NEGATIVES`; or "none"
            for ratings, which are learned as they are.
        why: the reason for it.
    """

    kind: str
    why: str


def choose_negatives(
    train: Interactions,
    objective: str,
    negatives: str = "auto",
    credit: PartialCredit | None = None,
) -> Negatives:
    """Says which items a positive stands against, for "auto" by what that costs.

    All items are best while they can be afforded, since one matmul scores them and
    nothing is left to chance. Where a positive would stand for more than `MOST_PAIRS`
    pairs, negatives are shared by a batch. Objectives that only compare a positive with
    single items draw each its own, and so do all of them where there are weights or
    partial credit, which are of single positives. Ratings have no negatives.

    Raises:
        ValueError: if a name is unknown, `objective` has no form with such negatives,
            or `train` has weights or there is `credit` that would not be used.
    """
    check_choice("objective", objective, OBJECTIVES)
    check_choice("negatives", negatives, NEGATIVES)
    chosen = Negatives(negatives, "as asked for")
    if negatives == "auto":
        chosen = _affordable(train, objective, credit)
    check_choice("objective", objective, _objectives_with(chosen.kind))
    _check_used(train, objective, chosen, credit)
    return chosen


def _affordable(
    train: Interactions, objective: str, credit: PartialCredit | None
) -> Negatives:
    pairs = train.num_users * train.num_items / len(train)
    if objective in RATING_LOSSES:
        return Negatives("none", f"{objective} is of ratings")
    if objective not in LOSSES:
        return Negatives("all", f"{objective} is over the whole catalogue")
    if objective not in CATALOGUE_LOSSES:
        return Negatives("own", f"{objective} compares a positive with single items")
    if credit is not None:
        return Negatives("own", "credit is for being like a single positive")
    if train.weights is not None:
        return Negatives("own", "train has weights, one for each positive")
    if pairs <= MOST_PAIRS:
        return Negatives(
            "all", f"{pairs:.0f} pairs for each positive, at most {MOST_PAIRS}"
        )
    return Negatives(
        SHARED, f"all would be {pairs:.0f} pairs for each positive, over {MOST_PAIRS}"
    )


def _objectives_with(negatives: str) -> list[str]:
    """The objectives that have a form with such negatives."""
    if negatives == "all":
        return list(CATALOGUE_LOSSES)
    if negatives == "none":
        return list(RATING_LOSSES)
    without = set()
    if negatives == "own-popularity":  # which nothing corrects a softmax for
        without = {"softmax"}
    elif negatives in SHARED_NEGATIVES:  # whose rows have one positive
        without = {SEVERAL_POSITIVES}
    return [name for name in LOSSES if name not in without]


def _check_used(
    train: Interactions,
    objective: str,
    chosen: Negatives,
    credit: PartialCredit | None,
) -> None:
    """Raises ValueError where weights or partial credit would not be used."""
    single = (*OWN_NEGATIVES, *SHARED_NEGATIVES)
    for use, given, kinds in (
        ("use the weights of `train`", train.weights, (*single, "none")),
        ("give partial credit", credit, single),
    ):
        if given is None:
            continue
        if chosen.kind not in kinds:
            raise ValueError(
                f"`negatives` must be one of {', '.join(single)} to {use}. Received: "
                f"{chosen.kind!r} for {objective!r}"
            )
        if objective == SEVERAL_POSITIVES:
            raise ValueError(
                f"`objective` must compare single positives to {use}. Received: "
                f"{objective!r}"
            )
