"""Rows and labels that a ranker learns from."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.data.interactions import Interactions
from tfrecs.inference.second_stage.first_stage import Candidates, FirstStage
from tfrecs.inference.second_stage.labels import held_out_pairs

if TYPE_CHECKING:
    import pandas as pd


def labelled_rows(
    stage: FirstStage,
    train: Interactions,
    held_out: Any,
    context: Sequence[str],
    seed: int,
) -> "tuple[pd.DataFrame, AnyArray]":
    """Returns rows of candidates and their labels; see `Reranked.examples`."""
    held = held_out_pairs(held_out, train, context)
    asked = np.unique(held.user_ids)
    first = stage.candidates_of(train.users.ids[asked])
    places, pairs, labels = held.labelled(
        first.user_ids, first.item_ids, train.num_items
    )
    found, known = int(labels.sum()), int(held.labels.sum())
    logging.getLogger("tfrecs").info(
        "the first stage finds %d of %d held-out positives among %d candidates",
        *(found, known, stage.candidates),
    )
    if found in (0, len(labels)):
        raise ValueError(
            "`held_out` must have positives and others among the candidates. "
            f"Received: {found} positives of {len(labels)} rows, and {known} "
            f"positives in all. Pass more data, or more than {stage.candidates} "
            "candidates."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = Candidates(*(column[places[order]] for column in first))
    rows_of_context = None if held.context is None else held.context.iloc[pairs[order]]
    return stage.rows(chosen, rows_of_context), labels[order]
