"""The widgets that choose a person, the ranking, the models and the view."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tfrecs.app.catalogue import Catalogue
from tfrecs.app.recommendations import Person, known_person
from tfrecs.data.interactions import Interactions

SOMEONE, PICKS = "Someone in the data", "My own picks"
MOST_OPTIONS = 5000
"""People and titles in a browser's list; others can be typed."""


@dataclass(frozen=True)
class Choice:
    """The chosen person.

    Args:
        person: None if nobody is chosen.
        about: features of the person.
        problem: why there is nobody, or which input was dropped; "" for nothing.
    """

    person: Person | None
    about: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Weights:
    """The settings of the ranking, and the names of the shown models."""

    popularity: float
    diversity: float
    k: int
    models: tuple[str, ...]


def choose_person(train: Interactions, catalogue: Catalogue) -> Choice:
    """Shows the widgets and returns the chosen person, also kept in the address."""
    _start(train, catalogue)
    switch, rest = st.columns([1, 2], vertical_alignment="bottom")
    with switch:
        who = st.segmented_control(
            "Recommend to", (SOMEONE, PICKS), key="who", required=True
        )
    with rest:
        return _picked(catalogue) if who == PICKS else _someone(train)


def choose_weights(models: Sequence[str]) -> Weights:
    """Shows the sliders and returns their values."""
    st.subheader("How to rank", anchor=False)
    popularity = st.slider(
        "Popularity penalty", 0.0, 1.0, 0.0, 0.05, key="popularity",
        help="Moves less popular titles up. 0 keeps the model's order.",
    )  # fmt: skip
    diversity = st.slider(
        "Diversity", 0.0, 1.0, 0.0, 0.05, key="diversity",
        help="Moves titles up that differ from those above. 0 keeps the model's order.",
    )  # fmt: skip
    k = st.slider("Length of lists", 5, 30, 10, 5, key="k")
    st.subheader("What to compare", anchor=False)
    shown = st.multiselect("Models", models, models, key="models")
    return Weights(popularity, diversity, k, tuple(shown) or tuple(models))


def choose_view(views: Sequence[str]) -> str:
    """Shows the names of the views and returns the chosen one."""
    return st.segmented_control(
        "View", views, default=views[0], key="view", label_visibility="collapsed",
        required=True,
    )  # fmt: skip


def choose_title(catalogue: Catalogue, first: Sequence[int]) -> tuple[int | None, str]:
    """Shows the widget for one title, and returns its item and what is wrong.

    The options begin with the labels of the `first` items.
    """
    top = [catalogue.labels[item] for item in first]
    labels = list(dict.fromkeys([*top, *catalogue.by_label]))
    state, problem = st.session_state, ""
    typed = state.get("similar")
    if typed is not None and typed not in catalogue.by_label:
        found, problem = _labels_of([typed], catalogue)
        state["similar"] = found[0] if found else labels[0]
    chosen = st.selectbox(
        "Similar to", labels[:MOST_OPTIONS], key="similar",
        accept_new_options=len(labels) > MOST_OPTIONS,
    )  # fmt: skip
    return (None if chosen is None else catalogue.by_label[chosen]), problem


def _start(train: Interactions, catalogue: Catalogue) -> None:
    """Sets the widgets from the address, once, and keeps the hidden ones."""
    state, query = st.session_state, st.query_params
    if "who" in state:
        hidden = "user" if state["who"] == PICKS else "picks"
        state[hidden] = state[hidden]  # or Streamlit forgets widgets that are not shown
        return
    labels = {f"{id_}": catalogue.labels[i] for i, id_ in enumerate(catalogue.ids)}
    picks = [labels[text] for text in query.get_all("liked") if text in labels]
    state["who"] = PICKS if picks else SOMEONE
    state["picks"] = list(dict.fromkeys(picks))
    state["user"] = query.get("user", f"{train.users.ids[0]}")


def _someone(train: Interactions) -> Choice:
    people = _people(train)
    text = st.selectbox(
        "Person", list(people)[:MOST_OPTIONS], key="user", accept_new_options=True
    )
    if text is None:
        return Choice(None)
    if text not in people:
        return Choice(None, problem=f"Nobody in the data has the id {text}.")
    st.query_params.from_dict({"user": text})
    return Choice(known_person(train, people[text]), _about(train, people[text]))


@st.cache_resource(show_spinner=False, hash_funcs={Interactions: id})
def _people(train: Interactions) -> dict[str, Any]:
    """Maps texts to raw user ids."""
    return {f"{id_}": id_ for id_ in train.users.ids.tolist()}


def _about(train: Interactions, user: object) -> str:
    """Returns a person's features, such as "Features: gender F, age 25."."""
    if train.user_features is None:
        return ""
    [row] = train.users.known([user])
    known = train.user_features.iloc[row].dropna().items()
    return f"Features: {', '.join(f'{k} {v}'.replace('_', ' ') for k, v in known)}."


def _picked(catalogue: Catalogue) -> Choice:
    labels, state = list(catalogue.by_label), st.session_state
    found, problem = _labels_of(state["picks"], catalogue)
    if found != state["picks"]:
        state["picks"] = found
    chosen = st.multiselect(
        "Titles that you like", labels[:MOST_OPTIONS], key="picks",
        placeholder="Pick a few, and see what the models recommend",
        accept_new_options=len(labels) > MOST_OPTIONS,
    )  # fmt: skip
    items = [catalogue.by_label[label] for label in chosen]
    st.query_params.from_dict({"liked": [f"{catalogue.ids[item]}" for item in items]})
    return Choice(Person(None, tuple(items)) if items else None, problem=problem)


def _labels_of(texts: Sequence[str], catalogue: Catalogue) -> tuple[list[str], str]:
    """Returns the distinct labels of typed texts, and what is wrong with the last."""
    found, problem = [], ""
    for text in texts:
        item = catalogue.find(text)
        if item is None:
            problem = f"No title contains {text}."
        else:
            found.append(catalogue.labels[item])
    return list(dict.fromkeys(found)), problem
