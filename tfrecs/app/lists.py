"""A person's list from a model: candidates once, and their order at each move."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfrecs._base.cosine import cosines
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.app.loading import Model
from tfrecs.data.interactions import Interactions
from tfrecs.inference.explanations import nearest_liked
from tfrecs.inference.reranking import rerank
from tfrecs.inference.similarity import most_similar
from tfrecs.reporting.items import history

CANDIDATES = 200
"""Best items of a model that sliders put into another order."""


@dataclass(frozen=True)
class Person:
    """Who is recommended to.

    Args:
        user: the raw id; None for someone who is told by what they like alone.
        liked: indices of what they liked, the most liked first.
    """

    user: Any
    liked: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Candidates:
    """A model's best items for a person, without those that they know.

    Args:
        items: `[candidates]` indices, best first.
        scores: `[candidates]`.
        similarities: `[candidates, candidates]` cosines of the items' vectors.
        reasons: `[candidates, 2]` indices of the nearest liked items, -1 for none.
        closeness: `[candidates, 2]`, their cosines.
    """

    items: IntArray
    scores: FloatArray
    similarities: FloatArray
    reasons: IntArray
    closeness: FloatArray


@dataclass(frozen=True)
class Place:
    """A place of a list.

    Args:
        item: its index.
        before: the rank that the model alone gives it, from 1.
        reasons: indices of the liked items that it is most like, nearest first.
    """

    item: int
    before: int
    reasons: tuple[int, ...]


def known_person(train: Interactions, user: Any) -> Person:
    """Someone of whom `train` knows.

    Raises:
        ValueError: if it does not.
    """
    [user_id] = train.users.known([user])
    liked = train.item_ids[history(train, user_id)]
    return Person(user, tuple(liked.tolist()))


def find_candidates(model: Model, person: Person, count: int) -> Candidates:
    """Asks a model for a person's best items.

    Raises:
        ValueError: if the model does not know the person, or knows no way to someone
            new.
    """
    found = _ask(model, person, min(count, model.train.num_items))
    scores = found["score"].to_numpy(dtype=np.float32)
    good = np.isfinite(scores)
    items = model.train.items.known(found["item"])[good]
    vectors = model.vectors
    reasons, closeness = nearest_liked(vectors, items, np.array(person.liked, int))
    return Candidates(
        items=items,
        scores=scores[good],
        similarities=cosines(vectors[items], vectors[items]),
        reasons=reasons,
        closeness=closeness,
    )


def order(
    candidates: Candidates,
    counts: AnyArray,
    k: int,
    *,
    popularity_weight: float,
    diversity_weight: float,
) -> tuple[Place, ...]:
    """Gives the list of the k best candidates, as the sliders stand.

    Args:
        candidates: of a person.
        counts: `[num_items]`, the interactions of each item.
        k: the most items.
        popularity_weight: of `tfrecs.inference.reranking.penalize_popularity`.
        diversity_weight: of `tfrecs.inference.reranking.diversify`.
    """
    if len(candidates.items) == 0:
        return ()
    places = rerank(
        candidates.scores,
        counts[candidates.items],
        candidates.similarities,
        min(k, len(candidates.items)),
        popularity_weight=popularity_weight,
        diversity_weight=diversity_weight,
    )
    return tuple(
        Place(
            item=int(candidates.items[place]),
            before=int(place) + 1,
            reasons=_reasons(candidates, place),
        )
        for place in places
    )


def most_like(model: Model, item: int, k: int) -> list[tuple[int, float]]:
    """Gives the k items that a model finds most like one, and their cosines."""
    vectors = model.vectors
    k = min(k, vectors.shape[0] - 1)
    [items], [values] = most_similar(vectors, np.array([item]), k)
    return list(zip(items.tolist(), values.tolist(), strict=True))


def _ask(model: Model, person: Person, count: int) -> Any:
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
        raise ValueError(f"{model.name} cannot recommend to someone new.")
    return recommender.recommend_for_history(liked, count)


def _reasons(candidates: Candidates, place: int) -> tuple[int, ...]:
    """What it is like at all: a cosine above 0."""
    found = zip(candidates.reasons[place], candidates.closeness[place], strict=True)
    return tuple(int(item) for item, closeness in found if closeness > 0)
