"""The widgets by which someone says who they are, and how lists are ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tfrecs.app.catalogue import Catalogue
from tfrecs.app.lists import Person, known_person
from tfrecs.data.interactions import Interactions

SOMEONE, PICKS = "Someone in the data", "My own picks"
MOST_OPTIONS = 5000
"""People and titles that a browser is given to choose from."""


@dataclass(frozen=True)
class Choice:
    """Who was chosen.

    Args:
        person: None while nobody is.
        told: what the data say of them.
        problem: why there is nobody, or what was left out; "" for nothing.
    """

    person: Person | None
    told: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Weights:
    """How lists are ranked, and whose."""

    popularity: float
    diversity: float
    k: int
    models: tuple[str, ...]


def choose_person(train: Interactions, catalogue: Catalogue) -> Choice:
    """Shows the widgets, and gives who was chosen; the address says it too."""
    _start(train, catalogue)
    switch, rest = st.columns([1, 2], vertical_alignment="bottom")
    with switch:
        who = st.segmented_control(
            "Recommend to", (SOMEONE, PICKS), key="who", required=True
        )
    with rest:
        if who == PICKS:
            return _picked(catalogue)
        return _someone(train)


def choose_weights(models: Sequence[str]) -> Weights:
    """Shows the sliders, and gives how they stand."""
    st.subheader("How to rank", anchor=False)
    popularity = st.slider(
        "Popularity penalty", 0.0, 1.0, 0.0, 0.05, key="popularity",
        help="Moves up what fewer people know. 0: as the model ranks.",
    )  # fmt: skip
    diversity = st.slider(
        "Diversity", 0.0, 1.0, 0.0, 0.05, key="diversity",
        help="Moves up what is unlike the titles above it. 0: as the model ranks.",
    )  # fmt: skip
    k = st.slider("Length of lists", 5, 30, 10, 5, key="k")
    st.subheader("What to compare", anchor=False)
    shown = st.multiselect("Models", models, models, key="models")
    return Weights(popularity, diversity, k, tuple(shown) or tuple(models))


def _start(train: Interactions, catalogue: Catalogue) -> None:
    """Sets the widgets as the address says, once, and keeps those that are hidden."""
    state, asked = st.session_state, st.query_params
    if "who" in state:
        hidden = "user" if state["who"] == PICKS else "picks"
        state[hidden] = state[hidden]  # or Streamlit would forget what is not shown
        return
    labels = {f"{id_}": catalogue.labels[i] for i, id_ in enumerate(catalogue.ids)}
    picks = [labels[text] for text in asked.get_all("liked") if text in labels]
    state["who"] = PICKS if picks else SOMEONE
    state["picks"] = list(dict.fromkeys(picks))
    state["user"] = asked.get("user", f"{train.users.ids[0]}")


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
    """The raw id of each text that someone may type."""
    return {f"{id_}": id_ for id_ in train.users.ids.tolist()}


def _picked(catalogue: Catalogue) -> Choice:
    labels, state = list(catalogue.by_label), st.session_state
    named, problem = _titles_named(state["picks"], catalogue)
    if named != state["picks"]:
        state["picks"] = named
    chosen = st.multiselect(
        "Titles that you like", labels[:MOST_OPTIONS], key="picks",
        placeholder="Pick a few, and see what the models recommend",
        accept_new_options=len(labels) > MOST_OPTIONS,
    )  # fmt: skip
    items = [catalogue.by_label[label] for label in chosen]
    st.query_params.from_dict({"liked": [f"{catalogue.ids[item]}" for item in items]})
    return Choice(Person(None, tuple(items)) if items else None, problem=problem)


def choose_title(catalogue: Catalogue, first: Sequence[int]) -> tuple[int | None, str]:
    """Shows the widget for one title, and gives its item, or why there is none.

    Args:
        catalogue: what is known of the items.
        first: indices of those that stand at the top of the choice.
    """
    of_first = [catalogue.labels[item] for item in first]
    labels = list(dict.fromkeys([*of_first, *catalogue.by_label]))
    state, problem = st.session_state, ""
    if (asked := state.get("similar")) is not None and asked not in catalogue.by_label:
        named, problem = _titles_named([asked], catalogue)
        state["similar"] = named[0] if named else labels[0]
    chosen = st.selectbox(
        "Similar to", labels[:MOST_OPTIONS], key="similar",
        accept_new_options=len(labels) > MOST_OPTIONS,
    )  # fmt: skip
    return (None if chosen is None else catalogue.by_label[chosen]), problem


def _titles_named(texts: Sequence[str], catalogue: Catalogue) -> tuple[list[str], str]:
    """The label of each text, once each, and what is wrong with the last unknown one.

    Where there are more titles than a browser is given, others are typed.
    """
    named, problem = [], ""
    for text in texts:
        item = catalogue.find(text)
        if item is None:
            problem = f"No title has {text} in it."
        else:
            named.append(catalogue.labels[item])
    return list(dict.fromkeys(named)), problem


def _about(train: Interactions, user: object) -> str:
    """What the data say of someone, such as "gender: F, occupation: writer"."""
    features = train.user_features
    if features is None:
        return ""
    [place] = train.users.known([user])
    row = features.iloc[place].dropna()
    told = ", ".join(f"{name} {value}".replace("_", " ") for name, value in row.items())
    return f"Known of them: {told}."
