"""Questions of one moment, answered together by one stage or two."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.reranked import Reranked, first_stage
from tfrecs.serve.questions import (
    Items,
    Question,
    Ranked,
    Recommend,
    RecommendForHistory,
    Score,
    ScoresOfPairs,
    SimilarItems,
)
from tfrecs.serve.reranking import Served, misfit, orders, reranked

if TYPE_CHECKING:
    import pandas as pd

Answer: TypeAlias = Items | ScoresOfPairs


def answers(served: Served, questions: Sequence[Question]) -> list[Answer | Exception]:
    """Returns an answer, or its error, for each question.

    Users without an allow or a deny list are scored in one matmul, and their candidates
    in one call of a ranker. A question that fails does not change the answers to
    others.
    """
    groups: dict[Any, list[int]] = defaultdict(list)
    found: dict[int, Answer | Exception] = {}
    for place, question in enumerate(questions):
        if isinstance(question, Recommend) and (error := misfit(served, question)):
            found[place] = error
        else:
            groups[_together(served, question, place)].append(place)
    for places in groups.values():
        asked = [questions[place] for place in places]
        found |= zip(places, _of_group(served, asked), strict=True)
    return [found[place] for place in range(len(questions))]


def _together(served: Served, question: Question, place: int) -> Any:
    """Returns a key, the same for questions that one call answers."""
    if isinstance(question, Recommend) and question.allow is question.deny is None:
        return question.exclude_seen, orders(served, question)
    return "alone", place


def _of_group(served: Served, asked: Sequence[Any]) -> Sequence[Answer | Exception]:
    try:
        if not isinstance(asked[0], Recommend):
            return [_alone(first_stage(served), asked[0])]
        if isinstance(served, Reranked) and orders(served, asked[0]):
            return [Items(items=_ranked(x)) for x in reranked(served, asked)]
        return _recommended(first_stage(served), asked)
    except Exception as error:
        if len(asked) == 1:
            return [error]
        return [_of_group(served, [question])[0] for question in asked]


def _recommended(
    recommender: Recommender, asked: Sequence[Recommend]
) -> list[Answer | Exception]:
    users = list(dict.fromkeys(question.user for question in asked))
    first, num_items = asked[0], recommender.train.num_items
    table = recommender.recommend(
        users,
        min(max(question.k for question in asked), num_items),
        exclude_seen=first.exclude_seen,
        allow=first.allow,
        deny=first.deny,
        unknown="popular",
    )
    ranked: dict[Any, list[Ranked]] = {user: [] for user in users}
    for user, item in zip(table["user"].tolist(), _ranked(table), strict=True):
        ranked[user].append(item)
    is_known = dict(zip(users, recommender.train.users.index(users) >= 0, strict=True))
    return [
        Items(
            items=ranked[question.user][: question.k],
            source="model" if is_known[question.user] else "popularity",
        )
        for question in asked
    ]


def _alone(recommender: Recommender, question: Question) -> Answer:
    most = recommender.train.num_items
    if isinstance(question, RecommendForHistory):
        table = recommender.recommend_for_history(
            question.items,
            min(question.k, most),
            exclude_seen=question.exclude_seen,
            allow=question.allow,
            deny=question.deny,
        )
    elif isinstance(question, SimilarItems):
        k = min(question.k, most - 1)
        table = recommender.similar_items([question.item], k)
    elif isinstance(question, Score):
        scores = recommender.score(question.users, question.items)["score"]
        return ScoresOfPairs(scores=scores.tolist())
    else:
        raise TypeError(f"Received: {type(question).__name__}")
    return Items(items=_ranked(table))


def _ranked(table: "pd.DataFrame") -> list[Ranked]:
    pairs = zip(table["item"].tolist(), table["score"].tolist(), strict=True)
    return [Ranked(item=item, score=score) for item, score in pairs]
