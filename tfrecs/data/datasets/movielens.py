"""What the larger MovieLens data sets share: films, their tags, and the ratings."""

from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.interactions import Interactions

if TYPE_CHECKING:
    import pandas as pd

COMMON_TAGS = 500
"""How many tags there are at the most: those that most films have."""

TAGS_PER_FILM = 10
"""How many of these a film has at the most: those that most users gave it."""

_NO_GENRES = "(no genres listed)"
_YEAR = (
    r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-\u2013]\s*(?:\d{4})?)?\)\s*(?:\(V\))?\s*$"
)
"""Matches `Heat (1995)`, series such as `Mushi-Shi (2005-2006)`, and `(V)` of video."""


def make_dataset(
    name: str,
    folder: Path,
    ratings: "pd.DataFrame",
    films: "pd.DataFrame",
    tags: "pd.DataFrame | None",
    people: "pd.DataFrame | None" = None,
    *,
    min_rating: float | None,
) -> Dataset:
    """Puts the tables of one data set together.

    Args:
        name: the data set's.
        folder: where the files are, for messages.
        ratings: `user_id`, `item_id`, `rating` and `timestamp`.
        films: `item_id`, `title` with the year, `genres` joined by "|".
        tags: `item_id` and `tag` of each use of a tag; None if there are none.
        people: a row for each user, of categories, indexed by id; None if there are
            none.
        min_rating: the rating from which the usual protocol counts a positive.

    Raises:
        ValueError: if a pair stands twice, or a rated film or a user is not described.
    """
    features = film_features(films, tags)
    try:
        features = _described(ratings["item_id"], features, "film")
        if people is not None:
            people = _described(ratings["user_id"], people, "user")
        interactions = Interactions.from_arrays(
            ratings["user_id"],
            ratings["item_id"],
            ratings=ratings["rating"],
            timestamps=ratings["timestamp"],
            duplicates="error",
            user_features=people,
            item_features=features,
        )
    except ValueError as error:
        raise ValueError(f"The files in {folder} do not fit: {error}") from error
    undated = int((ratings["timestamp"] == 0).sum())
    return Dataset(
        name=name,
        interactions=interactions,
        note=f"{undated:,} timestamps are 0 in this copy" if undated else "",
        min_rating=min_rating,
        categorical=("decade", *(() if people is None else people.columns)),
        multi_hot=("genres",) if tags is None else ("genres", "tags"),
    )


def film_features(films: "pd.DataFrame", tags: "pd.DataFrame | None") -> "pd.DataFrame":
    """Films by id: `title` without `year`, `decade`, `genres`, and `tags` if given."""
    import pandas as pd

    parts = films["title"].str.extract(_YEAR)
    years = pd.to_numeric(parts["year"]).astype("Int64")
    frame = pd.DataFrame(
        {
            "title": parts["title"].fillna(films["title"].str.strip()),
            "year": years,
            "decade": (years // 10 * 10).astype("string") + "s",
            "genres": films["genres"].replace(_NO_GENRES, ""),
        }
    ).set_index(pd.Index(films["item_id"], name="item_id"))
    if tags is not None:
        frame["tags"] = common_tags(tags).reindex(frame.index).fillna("")
    return frame


def common_tags(tags: "pd.DataFrame") -> "pd.Series[str]":
    """The `TAGS_PER_FILM` most used of the `COMMON_TAGS` of each film, joined by "|".

    Tags are compared in lower case. Of equally used tags the first by alphabet wins.
    """
    import pandas as pd

    uses = pd.DataFrame(
        {
            "item_id": tags["item_id"],
            "tag": tags["tag"].str.strip().str.lower().str.replace("|", "/"),
        }
    )
    counts = uses[uses["tag"] != ""].value_counts().rename("uses").reset_index()
    films = counts["tag"].value_counts().rename_axis("tag").rename("films")
    most = films.reset_index().sort_values(["films", "tag"], ascending=[False, True])
    common = counts[counts["tag"].isin(most["tag"][:COMMON_TAGS])]
    ordered = common.sort_values(
        ["item_id", "uses", "tag"], ascending=[True, False, True]
    )
    best = ordered.groupby("item_id").head(TAGS_PER_FILM)
    of_films = groupby(zip(best["item_id"], best["tag"], strict=True), itemgetter(0))
    joined = {film: "|".join(tag for _, tag in rows) for film, rows in of_films}
    return pd.Series(joined, dtype="string")


def _described(
    ids: "pd.Series[int]", frame: "pd.DataFrame", kind: str
) -> "pd.DataFrame":
    """The rows of the ids that there are ratings of, in order."""
    unknown = ids[~ids.isin(frame.index)]
    if len(unknown):
        raise ValueError(
            f"each {kind} must be described. Received: ratings of {kind} "
            f"{unknown.iloc[0]}, which is not"
        )
    return frame[frame.index.isin(ids)].sort_index()
