"""The map of the catalogue as a chart, and as a table for those who do not see it."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tfrecs._types import FloatArray, IntArray
from tfrecs.app.catalogue import Catalogue
from tfrecs.posters import genre_colour

LIKED, RECOMMENDED, OTHER = "liked", "recommended", "other"
MOST_COLOURS = 8
"""Genres with a colour of their own; the eye tells no more apart."""

ELSE, ELSE_COLOUR = "others", "#8b929a"


def map_frame(
    items: IntArray,
    places: FloatArray,
    catalogue: Catalogue,
    liked: Collection[int],
    recommended: Collection[int],
) -> pd.DataFrame:
    """Gives a row for each item: place, title, genres, main genre, and what it is.

    Args:
        items: `[items]` indices.
        places: `[items, 2]`, of `tfrecs.catalogue_map.positions`.
        catalogue: what is known of the items.
        liked: indices of what the person liked.
        recommended: indices of what they are recommended.
    """
    entries = [catalogue.entries[item] for item in items]
    main = [entry.genres[0] if entry.genres else ELSE for entry in entries]
    often = {name for name, _ in Counter(main).most_common(MOST_COLOURS)}
    kinds = dict.fromkeys(liked, LIKED) | dict.fromkeys(recommended, RECOMMENDED)
    return pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "title": [catalogue.labels[item] for item in items],
            "genres": [", ".join(entry.genres) for entry in entries],
            "genre": [name if name in often else ELSE for name in main],
            "kind": [kinds.get(int(item), OTHER) for item in items],
        }
    )


def map_chart(frame: pd.DataFrame) -> Any:
    """Draws the map: all items small, the liked as rings, the recommended as stars."""
    import altair as alt

    names = [name for name, _ in Counter(frame["genre"]).most_common() if name != ELSE]
    colours = alt.Scale(
        domain=[*names, ELSE], range=[*map(genre_colour, names), ELSE_COLOUR]
    )
    every = alt.Chart(frame).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(zero=False)),
        tooltip=[
            alt.Tooltip("title:N", title="Title"),
            alt.Tooltip("genres:N", title="Genres"),
            alt.Tooltip("kind:N", title="Is"),
        ],
    )
    colour = alt.Color(
        "genre:N",
        scale=colours,
        legend=alt.Legend(title=None, orient="bottom", columns=3, symbolOpacity=1),
    )
    layers = [
        _of(every, OTHER).mark_circle(size=28, opacity=0.75).encode(color=colour),
        _of(every, LIKED).mark_point(size=80, strokeWidth=1.8, color="#e8489b"),
        _of(every, RECOMMENDED).mark_point(
            size=190, shape=STAR, filled=True, opacity=1, color="#ff9f1c",
            stroke="#3b2200", strokeWidth=1,
        ),
    ]  # fmt: skip
    layers[0] = layers[0].add_params(
        # The wheel alone moves the page, which a map must not keep from moving.
        alt.selection_interval(bind="scales", zoom="wheel![event.ctrlKey]")
    )
    return alt.layer(*layers).properties(height=520, description=summary(frame))


STAR = (
    "M0,-1 L0.24,-0.32 L0.95,-0.31 L0.38,0.12 L0.59,0.81 L0,0.4 L-0.59,0.81 "
    "L-0.38,0.12 L-0.95,-0.31 L-0.24,-0.32 Z"
)


def summary(frame: pd.DataFrame) -> str:
    """Says in a sentence what the map shows."""
    count = Counter(frame["kind"])
    return (
        f"Map of {len(frame):,} titles, like ones close together: {count[LIKED]} are "
        f"liked (rings), {count[RECOMMENDED]} recommended (stars)."
    )


def map_rows(frame: pd.DataFrame) -> Iterator[Sequence[str]]:
    """Gives what is liked or recommended: what it is, its genres, and what is close.

    Close are the three titles nearest in the plane.
    """
    places, titles = frame[["x", "y"]].to_numpy(), frame["title"].tolist()
    kinds, genres = frame["kind"].tolist(), frame["genres"].tolist()
    for row in sorted(range(len(frame)), key=kinds.__getitem__, reverse=True):
        if kinds[row] == OTHER:
            continue
        squares = np.square(places - places[row]).sum(axis=1)
        near = [titles[i] for i in squares.argsort(kind="stable") if i != row][:3]
        yield kinds[row], titles[row], genres[row], ", ".join(near)


def _of(chart: Any, kind: str) -> Any:
    """The chart of the items of one kind."""
    return chart.transform_filter(f"datum.kind == '{kind}'")
