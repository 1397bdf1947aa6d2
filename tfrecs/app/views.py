"""The three views of a person: lists side by side, similar titles, and the map."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import streamlit as st

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.app import map_chart
from tfrecs.app.cards import Card, alert, html, note
from tfrecs.app.catalogue import Catalogue
from tfrecs.app.models import Model
from tfrecs.app.projection import positions
from tfrecs.app.recommendations import (
    CANDIDATES,
    Candidates,
    Person,
    Place,
    find_candidates,
    most_like,
    order,
)
from tfrecs.app.widgets import Weights, choose_title
from tfrecs.data.popularity import most_popular

SIMILAR, ON_SHELF, ON_MAP = 10, 30, 2000
"""At most so many items in each view."""

View: TypeAlias = Callable[[Sequence[Model], Person, Catalogue, Weights], None]


def show_liked(person: Person, catalogue: Catalogue, about: str) -> None:
    """Shows the posters of the items that a person liked."""
    count = len(person.liked)
    if count == 0:
        note(f"{about} No liked titles are known.".strip())
        return
    note(f"{about} Liked {count} title{'s' * (count != 1)}:".strip())
    liked = person.liked[:ON_SHELF]
    html("shelf.html", items=liked, catalogue=catalogue, label="Liked")


def show_lists(
    models: Sequence[Model], person: Person, catalogue: Catalogue, weights: Weights
) -> None:
    """Shows each model's list in a column."""
    lists = [_list(model, person, catalogue, weights) for model in models]
    counts = Counter(place.item for places, _ in lists for place in places)
    for (model, column), (places, problem) in zip(_columns(models), lists, strict=True):
        with column:
            facts = _facts(model, places, catalogue)
            html("heading.html", name=model.name, facts=facts)
            if problem:
                alert(problem)
                continue
            cards = [
                _card(place, rank, len(models) > 1 and counts[place.item] == 1)
                for rank, place in enumerate(places, 1)
            ]
            html("list.html", cards=cards, catalogue=catalogue, label=model.name)


def _card(place: Place, rank: int, only_here: bool) -> Card:
    badges = []
    if place.before != rank:
        badges.append(f"{'↑' if place.before > rank else '↓'} was {place.before}")
    if only_here:
        badges.append("only here")
    return Card(place.item, place.reasons, tuple(badges))


def _facts(model: Model, places: Sequence[Place], catalogue: Catalogue) -> list[str]:
    """Returns the model's main saved metric, and the popularity of its list."""
    metrics = {
        name: value
        for name, value in model.recommender.metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    facts = []
    ranked = [(not k.startswith("val_"), "ndcg" not in k, k) for k in metrics]
    for *_, name in sorted(ranked)[:1]:
        title = name.replace("val_", "validation ", 1).replace("test_", "test ", 1)
        digits = ".3f" if abs(metrics[name]) < 10**6 else ".3g"
        facts.append(f"{title} {metrics[name]:{digits}}")
    if places:
        counts = np.median([catalogue.counts[place.item] for place in places])
        facts.append(f"typical audience {counts:.0f} people")
    return facts


def show_similar(
    models: Sequence[Model], person: Person, catalogue: Catalogue, weights: Weights
) -> None:
    """Shows the titles that each model finds most similar to a chosen one."""
    item, problem = choose_title(catalogue, person.liked)
    if problem:
        alert(problem)
    if item is None:
        return
    for model, column in _columns(models):
        with column:
            kind = "by item vectors" if model.has_towers else "by common users"
            html("heading.html", name=model.name, facts=[kind])
            cards = [
                Card(other, badges=(f"cosine {value:.2f}",))
                for other, value in most_like(model, item, SIMILAR)
            ]
            label = f"{model.name}, similar"
            html("list.html", cards=cards, catalogue=catalogue, label=label)


def show_map(
    models: Sequence[Model], person: Person, catalogue: Catalogue, weights: Weights
) -> None:
    """Shows a model's item vectors in the plane, as a chart and as a table."""
    with_vectors = [model for model in models if model.has_towers]
    if not with_vectors:
        note("Choose a model with item vectors to see its map.")
        return
    names = [model.name for model in with_vectors]
    name = st.selectbox("Map of", names, key="map_of")
    model = with_vectors[names.index(name)]
    with st.spinner("Placing similar titles close together"):
        items, places = _map(model, catalogue)
    found, _ = _list(model, person, catalogue, weights)
    recommended = [place.item for place in found]
    frame = map_chart.map_frame(items, places, catalogue, person.liked, recommended)
    how = "Drag to move; pinch, or scroll with Ctrl, to zoom."
    if len(items) < len(catalogue.facts):
        how = f"Less popular titles are left out. {how}"
    note(f"{map_chart.summary(frame)} {how}")
    html("legend.html", marks=map_chart.marks(frame))
    st.altair_chart(map_chart.map_chart(frame), key="map")
    with st.expander("The map as a table"):
        headers = ("Kind", "Title", "Genres", "Nearest titles")
        html("table.html", headers=headers, rows=map_chart.map_rows(frame))


VIEWS: dict[str, View] = {
    "Recommendations": show_lists,
    "Similar titles": show_similar,
    "Map": show_map,
}


def _columns(models: Sequence[Model]) -> list[tuple[Model, Any]]:
    """Returns each model with its column, at most four columns in a row."""
    found: list[Any] = []
    for start in range(0, len(models), 4):
        found += st.columns(min(4, len(models) - start))
    return list(zip(models, found, strict=True))


def _list(
    model: Model, person: Person, catalogue: Catalogue, weights: Weights
) -> tuple[Sequence[Place], str]:
    """Returns the list, and why it is missing."""
    try:
        found = _candidates(model, repr(person), person)
    except ValueError as error:
        return (), str(error)
    places = order(
        found,
        catalogue.counts,
        weights.k,
        popularity_weight=weights.popularity,
        diversity_weight=weights.diversity,
    )
    return places, ""


# Models are distinguished by identity: names can be equal.
@st.cache_resource(show_spinner=False, max_entries=500, hash_funcs={Model: id})
def _candidates(model: Model, known: str, _person: Person) -> Candidates:
    return find_candidates(model, _person, CANDIDATES)


@st.cache_resource(show_spinner=False, hash_funcs={Model: id, Catalogue: id})
def _map(model: Model, catalogue: Catalogue) -> tuple[IntArray, FloatArray]:
    items = most_popular(catalogue.counts, ON_MAP)
    return items, positions(model.vectors[items], seed=0)
