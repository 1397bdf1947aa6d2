"""Questions for a bundle with a second stage."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.reranked import Reranked
from tfrecs.serve.questions import Recommend

if TYPE_CHECKING:
    import pandas as pd

Served: TypeAlias = Recommender | Reranked
"""What a bundle holds: one stage, or two."""


def misfit(served: Served, question: Recommend) -> ValueError | None:
    """Returns the error of a question that does not fit the bundle, if it has one."""
    names = served.context if isinstance(served, Reranked) else []
    given = list(question.context or {})
    if sorted(given) != sorted(names):
        wanted = f"a number for each of {', '.join(names)}" if names else "no column"
        received = ", ".join(name[:40] for name in given[:20]) or "none"
        return ValueError(f"`context` must have {wanted}. Received: {received}")
    is_given = "k" in question.model_fields_set
    if isinstance(served, Reranked) and is_given and question.k > served.candidates:
        return ValueError(
            f"`k` must be at most {served.candidates}, the number of candidates that "
            f"the second stage orders. Received: k={question.k}"
        )
    return None


def orders(served: Served, question: Recommend) -> bool:
    """Returns whether a second stage orders the user's items: if it is known."""
    if not isinstance(served, Reranked):
        return False
    return bool(served.recommender.train.users.index([question.user])[0] >= 0)


def reranked(stages: Reranked, asked: Sequence[Recommend]) -> "list[pd.DataFrame]":
    """Returns the items of known users, whose candidates the ranker scores together.

    All questions have the options and lists of the first.
    """
    first = asked[0]
    table = stages.recommend(
        [question.user for question in asked],
        min(stages.candidates, max(question.k for question in asked)),
        exclude_seen=first.exclude_seen,
        allow=first.allow,
        deny=first.deny,
        context=_context(stages, asked),
    )
    starts = np.flatnonzero(table["rank"] == 1)
    lists = (table[a:b] for a, b in pairwise([*starts, len(table)]))
    listed, none = {*table["user"].tolist()}, table[:0]
    return [
        (next(lists) if question.user in listed else none)[: question.k]
        for question in asked
    ]


def warm_up(served: Served) -> None:
    """Answers one question, so that no first user waits."""
    if isinstance(served, Reranked):
        users = served.recommender.train.users.ids[:1].tolist()
        zeros = dict.fromkeys(served.context, 0.0)
        reranked(
            served,
            [
                Recommend.model_construct(user=user, k=1, context=zeros)
                for user in users
            ],
        )
    else:
        served.recommend(served.train.users.ids[:1], 1)


def _context(stages: Reranked, asked: Sequence[Recommend]) -> "pd.DataFrame | None":
    import pandas as pd

    if not stages.context:
        return None
    return pd.DataFrame([question.context for question in asked])
