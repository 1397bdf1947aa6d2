"""The page: whose recommendations, how they are ranked, and three views of them."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import streamlit as st

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.app import cards, chart
from tfrecs.app.bundles import find_bundles
from tfrecs.app.catalogue import Catalogue, catalogue_of
from tfrecs.app.catalogue_map import positions
from tfrecs.app.choosing import (
    Weights,
    choose_person,
    choose_title,
    choose_weights,
)
from tfrecs.app.lists import (
    CANDIDATES,
    Candidates,
    Person,
    Place,
    find_candidates,
    most_like,
    order,
)
from tfrecs.app.loading import Model, load_all, side_by_side
from tfrecs.app.look import STYLE
from tfrecs.app.options import Options
from tfrecs.data.popularity import most_popular

VIEWS = ("Recommendations", "Similar titles", "Map")
SIMILAR = 10
ON_MAP = 2000
SHELF = 30
"""Most posters on the shelf of what somebody liked."""


@dataclass
class Shop:
    """What the process keeps for all who look: the models, once they are there."""

    lock: Lock = field(default_factory=Lock)
    models: tuple[Model, ...] = ()
    notes: tuple[str, ...] = ()
    catalogue: Catalogue | None = None


def show(options: Options) -> None:
    """Draws the page for the state that its widgets are in."""
    st.set_page_config(page_title="Recommendations side by side", layout="wide")
    st.html(STYLE)
    st.title("Recommendations, side by side", anchor=False)
    try:
        shop = _filled(options)
    except (ValueError, OSError) as error:
        st.html(cards.note(" ".join(str(error).split()), "alert"))
        return
    if shop.catalogue is None:
        return
    st.html("".join(cards.note(text) for text in (_about(shop), *shop.notes)))
    choice = choose_person(shop.models[0].train, shop.catalogue)
    with st.sidebar:  # also while there is nobody, or Streamlit forgets the sliders
        weights = choose_weights([model.name for model in shop.models])
    if choice.problem:
        st.html(cards.note(choice.problem, "alert"))
    if choice.person is not None:
        _show_person(shop.models, shop.catalogue, choice.person, choice.told, weights)


def _show_person(
    models: Sequence[Model],
    catalogue: Catalogue,
    person: Person,
    told: str,
    weights: Weights,
) -> None:
    shown = [model for model in models if model.name in weights.models]
    _show_liked(person, catalogue, told)
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], key="view", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    if view == "Map":
        _show_map(shown, person, catalogue, weights)
    elif view == "Similar titles":
        _show_similar(shown, person, catalogue)
    else:
        _show_lists(shown, person, catalogue, weights)


@st.cache_resource(show_spinner=False)
def _shop(options: Options) -> Shop:
    return Shop()


def _filled(options: Options) -> Shop:
    """The models and their catalogue, which the first who comes waits for."""
    shop = _shop(options)
    with shop.lock:
        if shop.models:
            return shop
        bar = st.progress(0.0, "Starting TensorFlow")
        try:
            recommenders = _recommenders(options, bar.progress)
        finally:
            bar.empty()
        models, notes = side_by_side(recommenders)
        shop.catalogue = catalogue_of(
            models[0].train,
            title_col=options.title_col,
            genres_col=options.genres_col,
            image_col=options.image_col,
            images=options.images,
        )
        shop.models, shop.notes = models, notes
        # Streamlit collects garbage after each run, and would look through TensorFlow's
        # million objects at each move of a slider.
        gc.freeze()
    return shop


def _recommenders(options: Options, tell: Any) -> Mapping[str, Any]:
    if options.bundle:
        return load_all(find_bundles(options.bundle), tell)
    from tfrecs.app.demo import train_demo

    return train_demo(tell)


def _about(shop: Shop) -> str:
    train = shop.models[0].train
    return (
        f"{len(train):,} interactions of {train.num_users:,} people with "
        f"{train.num_items:,} titles"
    )


# Views


def _show_liked(person: Person, catalogue: Catalogue, told: str) -> None:
    count = len(person.liked)
    if count == 0:
        st.html(cards.note(f"{told} Nothing is known of what they like.".strip()))
        return
    shelf = cards.shelf(person.liked[:SHELF], catalogue, "Liked")
    st.html(cards.note(f"{told} Liked {count} title{'s' * (count != 1)}:") + shelf)


def _show_lists(
    models: Sequence[Model], person: Person, catalogue: Catalogue, weights: Weights
) -> None:
    lists = {model.name: _list(model, person, catalogue, weights) for model in models}
    for model, column in zip(models, _columns(len(models)), strict=True):
        places = lists[model.name]
        with column:
            facts = _facts(model, places, catalogue)
            st.html(cards.heading(model.name, facts))
            if isinstance(places, str):
                st.html(cards.note(places, "alert"))
                continue
            elsewhere = {
                place.item
                for name, others in lists.items()
                if name != model.name and not isinstance(others, str)
                for place in others
            }
            st.html(
                cards.listing(
                    [_card(place, rank, elsewhere, len(models))
                     for rank, place in enumerate(places, 1)],
                    catalogue,
                    model.name,
                )
            )  # fmt: skip


def _card(place: Place, rank: int, elsewhere: set[int], models: int) -> cards.Card:
    badges = []
    if place.before != rank:
        way = "↑" if place.before > rank else "↓"
        badges.append(f"{way} was {place.before}")
    if models > 1 and place.item not in elsewhere:
        badges.append("only here")
    return cards.Card(place.item, place.reasons, tuple(badges))


def _facts(
    model: Model, places: "tuple[Place, ...] | str", catalogue: Catalogue
) -> list[str]:
    """What a column tells of its model: metrics it was saved with, and reach."""
    metrics = model.recommender.metrics
    numbers = {
        name: value
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    best = sorted(numbers, key=_importance)[:1]
    facts = [f"{_metric_name(name)} {numbers[name]:.3f}" for name in best]
    if places and not isinstance(places, str):
        known = np.median([catalogue.counts[place.item] for place in places])
        facts.append(f"typical audience {known:.0f} people")
    return facts


def _importance(name: str) -> tuple[bool, bool, str]:
    return (not name.startswith("val_"), "ndcg" not in name, name)


def _metric_name(name: str) -> str:
    told = {"val_": "validation ", "test_": "test "}
    for start, word in told.items():
        if name.startswith(start):
            return f"{word}{name.removeprefix(start)}"
    return name


def _show_similar(
    models: Sequence[Model], person: Person, catalogue: Catalogue
) -> None:
    item, problem = choose_title(catalogue, person.liked)
    if problem:
        st.html(cards.note(problem, "alert"))
    if item is None:
        return
    for model, column in zip(models, _columns(len(models)), strict=True):
        with column:
            kind = "by its vectors" if model.has_towers else "by who had both"
            st.html(cards.heading(model.name, [kind]))
            found = [
                cards.Card(other, badges=(f"cosine {value:.2f}",))
                for other, value in most_like(model, item, SIMILAR)
            ]
            st.html(cards.listing(found, catalogue, f"{model.name}, similar"))


def _show_map(
    models: Sequence[Model], person: Person, catalogue: Catalogue, weights: Weights
) -> None:
    with_vectors = [model for model in models if model.has_towers]
    if not with_vectors:
        st.html(cards.note("Choose a model that has vectors to see its map."))
        return
    names = [model.name for model in with_vectors]
    name = st.selectbox("Map of", names, key="map_of")
    model = with_vectors[names.index(name)]
    with st.spinner("Placing titles: those that are alike get close together"):
        items, places = _map(model, catalogue)
    found = _list(model, person, catalogue, weights)
    recommended = () if isinstance(found, str) else [place.item for place in found]
    frame = chart.map_frame(items, places, catalogue, person.liked, recommended)
    how = "Drag to move; pinch, or scroll with Ctrl, to zoom."
    if len(items) < len(catalogue.entries):
        how = f"Those that fewer people know are left out. {how}"
    st.html(cards.note(f"{chart.summary(frame)} {how}"))
    st.html(cards.legend(chart.marks(frame)))
    st.altair_chart(chart.map_chart(frame), key="map")
    with st.expander("The map as a table"):
        head = ("Is", "Title", "Genres", "Close to it")
        st.html(cards.table(head, chart.map_rows(frame)))


def _columns(count: int) -> list[Any]:
    """Columns, four in a row at most."""
    found: list[Any] = []
    for start in range(0, count, 4):
        found += st.columns(min(4, max(count - start, 1)))
    return found


# What is kept


def _list(
    model: Model, person: Person, catalogue: Catalogue, weights: Weights
) -> "tuple[Place, ...] | str":
    """The list, or why there is none."""
    try:
        found = _candidates(model, repr(person), person)
    except ValueError as error:
        return " ".join(str(error).split())
    return order(
        found,
        catalogue.counts,
        weights.k,
        popularity_weight=weights.popularity,
        diversity_weight=weights.diversity,
    )


# A model is told from another by what it is, not by its name, which others may have.
@st.cache_resource(show_spinner=False, max_entries=500, hash_funcs={Model: id})
def _candidates(model: Model, known: str, _person: Person) -> Candidates:
    return find_candidates(model, _person, CANDIDATES)


@st.cache_resource(show_spinner=False, hash_funcs={Model: id, Catalogue: id})
def _map(model: Model, catalogue: Catalogue) -> tuple[IntArray, FloatArray]:
    items = most_popular(catalogue.counts, ON_MAP)
    return items, positions(model.vectors[items], seed=0)
