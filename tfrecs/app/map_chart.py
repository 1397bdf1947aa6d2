"""The map of the catalogue as a chart, and as a table for screen readers."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.app.catalogue import Catalogue

LIKED, RECOMMENDED, OTHER = "liked", "recommended", "other"
COLOURS = (
    "#3b82f6", "#e5484d", "#2f9e44", "#9b5de5", "#0d9aa8", "#a87142", "#8a9a00",
)  # fmt: skip
"""Of the most frequent genres: distinct to the eye, on white and on black."""

ELSE, ELSE_COLOUR = "others", "#8b929a"
LIKED_COLOUR, RECOMMENDED_COLOUR = "#d6337f", "#ff9f1c"


def map_frame(
    items: IntArray,
    places: FloatArray,
    catalogue: Catalogue,
    liked: Collection[int],
    recommended: Collection[int],
) -> pd.DataFrame:
    """Builds a row for each item: position, title, genres, main genre, and kind.

    Items are indices, `places` `[items, 2]` are of `tfrecs.app.projection.positions`.
    """
    facts = [catalogue.facts[item] for item in items]
    main = [fact.genres[0] if fact.genres else ELSE for fact in facts]
    often = {name for name, _ in Counter(main).most_common(len(COLOURS))}
    kinds = dict.fromkeys(liked, LIKED) | dict.fromkeys(recommended, RECOMMENDED)
    return pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "title": [catalogue.labels[item] for item in items],
            "genres": [", ".join(fact.genres) for fact in facts],
            "genre": [name if name in often else ELSE for name in main],
            "kind": [kinds.get(int(item), OTHER) for item in items],
        }
    )


def map_chart(frame: pd.DataFrame) -> Any:
    """Draws the map: other items as dots, recommended as stars, liked as rings."""
    import altair as alt

    colours = colours_of(frame)
    every = alt.Chart(frame).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(zero=False)),
        tooltip=[
            alt.Tooltip("title:N", title="Title"),
            alt.Tooltip("genres:N", title="Genres"),
            alt.Tooltip("kind:N", title="Kind"),
        ],
    )
    scale = alt.Scale(domain=[*colours], range=[*colours.values()])
    colour = alt.Color("genre:N", scale=scale, legend=None)
    layers = [
        _of(every, OTHER).mark_circle(size=28, opacity=0.75).encode(color=colour),
        _of(every, RECOMMENDED).mark_point(
            size=190, shape=STAR, filled=True, opacity=1, color=RECOMMENDED_COLOUR,
            stroke="#3b2200", strokeWidth=1,
        ),
        # Above the stars, and wider.
        _of(every, LIKED).mark_point(
            size=330, strokeWidth=2.5, opacity=1, color=LIKED_COLOUR
        ),
    ]  # fmt: skip
    layers[0] = layers[0].add_params(
        # Without Ctrl the wheel scrolls the page.
        alt.selection_interval(bind="scales", zoom="wheel![event.ctrlKey]")
    )
    return alt.layer(*layers).properties(height=520, description=summary(frame))


def colours_of(frame: pd.DataFrame) -> dict[str, str]:
    """Returns the colours of the most frequent genres, in order of frequency."""
    often = Counter(frame["genre"])
    names = [name for name, _ in often.most_common() if name != ELSE]
    found = dict(zip(names, COLOURS, strict=False))
    return found | {ELSE: ELSE_COLOUR} if ELSE in often else found


def marks(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Returns the legend: sign, colour and meaning of each mark."""
    of_genres = [("●", colour, name) for name, colour in colours_of(frame).items()]
    kinds = [("★", RECOMMENDED_COLOUR, RECOMMENDED), ("○", LIKED_COLOUR, LIKED)]
    return [*kinds, *of_genres]


STAR = (
    "M0,-1 L0.24,-0.32 L0.95,-0.31 L0.38,0.12 L0.59,0.81 L0,0.4 L-0.59,0.81 "
    "L-0.38,0.12 L-0.95,-0.31 L-0.24,-0.32 Z"
)


def summary(frame: pd.DataFrame) -> str:
    """Describes the map in a sentence."""
    count = Counter(frame["kind"])
    return (
        f"Map of {len(frame):,} titles, similar ones close together: "
        f"{count[LIKED]} liked, {count[RECOMMENDED]} recommended."
    )


def map_rows(frame: pd.DataFrame) -> Iterator[Sequence[str]]:
    """Yields kind, title, genres and the three nearest titles of the marked items."""
    places, titles = frame[["x", "y"]].to_numpy(), frame["title"].tolist()
    kinds, genres = frame["kind"].tolist(), frame["genres"].tolist()
    for row in sorted(range(len(frame)), key=kinds.__getitem__, reverse=True):
        if kinds[row] == OTHER:
            continue
        squares = np.square(places - places[row]).sum(axis=1)
        near = [titles[i] for i in squares.argsort(kind="stable") if i != row][:3]
        yield kinds[row], titles[row], genres[row], ", ".join(near)


def _of(chart: Any, kind: str) -> Any:
    """Returns the chart of the items of one kind."""
    return chart.transform_filter(f"datum.kind == '{kind}'")
