"""A person's list from a model: candidates once, their order at each slider move."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfrecs._base.cosine import cosines
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scores
from tfrecs.app.models import Model
from tfrecs.data.interactions import Interactions
from tfrecs.inference.balancing import balance
from tfrecs.inference.explanations import nearest_liked, rests_on
from tfrecs.inference.similarity import most_similar
from tfrecs.reporting.items import history

CANDIDATES = 200
"""The best items of a model, which the sliders reorder."""


@dataclass(frozen=True)
class Person:
    """The person to recommend to.

    Args:
        user: the raw id; None for an unseen user, known by the liked items only.
        liked: indices of the liked items: of a user of the data the most liked first,
            of an unseen user in the order in which they were picked, their history.
    """

    user: Any
    liked: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Candidates:
    """A model's best items for a person, seen items excluded.

    Args:
        items: `[candidates]` indices, best first.
        scores: `[candidates]`.
        similarities: `[candidates, candidates]` cosines of the items' vectors.
        reasons: `[candidates, 2]` indices of liked items that explain each, -1 for
            none: the ones that it rests on, or else the nearest.
        strengths: `[candidates, 2]` differences of scores, or else cosines.
    """

    items: IntArray
    scores: Scores
    similarities: FloatArray
    reasons: IntArray
    strengths: FloatArray


@dataclass(frozen=True)
class Place:
    """A place of a list.

    Args:
        item: its index.
        before: its rank by the model's scores, from 1.
        reasons: indices of the liked items that explain it, the strongest first.
    """

    item: int
    before: int
    reasons: tuple[int, ...]


def known_person(train: Interactions, user: Any) -> Person:
    """Returns a user of `train` with the items of their history.

    Raises:
        ValueError: if the user is unknown.
    """
    train = train.positives
    [user_id] = train.users.known([user])
    liked = train.item_ids[history(train, user_id)]
    return Person(user, tuple(liked.tolist()))


def find_candidates(model: Model, person: Person, count: int) -> Candidates:
    """Returns a model's best items for a person, with reasons.

    Raises:
        ValueError: if the model does not know the person, or cannot score unseen users.
    """
    found = _recommend(model, person, min(count, model.train.num_items))
    scores = found["score"].to_numpy()
    good = np.isfinite(scores)
    items = model.train.items.known(found["item"])[good]
    vectors = model.vectors
    reasons, strengths = _reasons(model, person, items)
    return Candidates(
        items=items,
        scores=scores[good],
        similarities=cosines(vectors[items], vectors[items]),
        reasons=reasons,
        strengths=strengths,
    )


def order(
    candidates: Candidates,
    counts: AnyArray,
    k: int,
    *,
    popularity_weight: float,
    diversity_weight: float,
) -> tuple[Place, ...]:
    """Returns at most k candidates under the sliders' weights; see `balancing.balance`.

    `counts` `[num_items]` are the interactions of each item.
    """
    if len(candidates.items) == 0:
        return ()
    places = balance(
        candidates.scores,
        counts[candidates.items],
        candidates.similarities,
        min(k, len(candidates.items)),
        popularity_weight=popularity_weight,
        diversity_weight=diversity_weight,
    )
    explains = candidates.strengths > 0
    return tuple(
        Place(
            item=int(candidates.items[place]),
            before=int(place) + 1,
            reasons=tuple(candidates.reasons[place][explains[place]].tolist()),
        )
        for place in places
    )


def most_like(model: Model, item: int, k: int) -> list[tuple[int, float]]:
    """Returns the k items most similar to one item, and their cosines."""
    vectors = model.vectors
    k = min(k, vectors.shape[0] - 1)
    [items], [values] = most_similar(vectors, np.array([item]), k)
    return list(zip(items.tolist(), values.tolist(), strict=True))


def _reasons(
    model: Model, person: Person, items: IntArray
) -> tuple[IntArray, FloatArray]:
    """Returns the liked items that explain each item, and how much they do."""
    if not model.reads_histories:
        return nearest_liked(model.vectors, items, np.array(person.liked, int))
    history, user_id, train = np.array(person.liked, int), -1, model.train
    if person.user is not None:
        user_id = int(train.users.known([person.user])[0])
        history = train.sequences[user_id]
    towers: Any = model.recommender.model
    return rests_on(towers, items, history, user_id=user_id)


def _recommend(model: Model, person: Person, count: int) -> Any:
    recommender, train = model.recommender, model.train
    if person.user is not None:
        if train.users.index([person.user])[0] < 0:
            raise ValueError(f"{model.name} does not know this person.")
        return recommender.recommend([person.user], count)
    liked = train.items.ids[np.array(person.liked, dtype=int)]
    if model.same_for_all:
        anyone = train.users.ids[:1]
        return recommender.recommend(anyone, count, exclude_seen=False, deny=liked)
    if not model.has_towers:
        raise ValueError(f"{model.name} cannot recommend to unseen users.")
    return recommender.recommend_for_history(liked, count)
