"""The tables of the MovieLens data sets: ratings, films, tags and people."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.files import naming_file
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers.layouts import Kind, Layout, read_published

if TYPE_CHECKING:
    import pandas as pd

COMMON_TAGS = 500
"""Number of tags at most: the ones that most films have."""

TAGS_PER_FILM = 10
"""Number of tags of a film at most: the ones that most users applied to it."""

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("user_id", "item_id", "timestamp", "age"), "integer"),
    "rating": "number",
    **dict.fromkeys(("title", "genres", "tag", "gender", "occupation"), "text"),
}
"""The columns that are read."""

_NAMES = {"userId": "user_id", "movieId": "item_id"}
_NO_GENRES = "(no genres listed)"
_YEAR = (
    r"^(?P<title>.*?)\s*\((?P<year>\d{4})(?:[-\u2013]\s*(?:\d{4})?)?\)\s*(?:\(V\))?\s*$"
)
"""Matches `Heat (1995)`, series such as `Mushi-Shi (2005-2006)`, and `(V)` of video."""


def read_table(
    path: Path,
    columns: str,
    separator: str,
    kinds: Mapping[str, Kind] = KINDS,
    **form: Any,
) -> "pd.DataFrame":
    """Reads a file whose columns are named in order, separated by spaces.

    The result calls `userId` `user_id`, `movieId` `item_id` and `rating:float`
    `rating`; `kinds` has these names. `form` is that of a `Layout`.
    """
    names = {name: _NAMES.get(name, name.split(":")[0]) for name in columns.split()}
    layout = Layout(
        {name: kinds.get(plain, "unread") for name, plain in names.items()},
        separator,
        **form,
    )
    return read_published(path, layout).rename(columns=names)


def make_dataset(
    name: str,
    folder: Path,
    ratings: "pd.DataFrame",
    films: "pd.DataFrame",
    tags: "pd.DataFrame | None" = None,
    people: "pd.DataFrame | None" = None,
    *,
    min_rating: float | None,
) -> Dataset:
    """Puts the tables of one data set together; its catalogue is the rated films.

    Args:
        name: of the data set.
        folder: of the files, for messages.
        ratings: columns `user_id`, `item_id`, `rating` and `timestamp`.
        films: columns `item_id`, `title` with the year, and `genres` joined by "|".
        tags: columns `item_id` and `tag`, one row for each use of a tag.
        people: categories of each user, and perhaps `age`, indexed by id.
        min_rating: the rating from which the usual protocol counts a positive.

    Raises:
        ValueError: if a pair occurs twice, or a rated film or its user is missing.
    """
    features = film_features(films, tags)
    with naming_file(folder):
        features = _rated(ratings["item_id"], features, "film")
        if people is not None:
            people = _rated(ratings["user_id"], people, "user")
        interactions = Interactions.from_arrays(
            ratings["user_id"],
            ratings["item_id"],
            ratings=ratings["rating"],
            timestamps=ratings["timestamp"],
            duplicates="error",
            user_features=people,
            item_features=features,
        )
    groups = () if people is None else people.columns
    undated = int((ratings["timestamp"] == 0).sum())
    return Dataset(
        name=name,
        interactions=interactions,
        note=f"{undated:,} timestamps are 0 in this copy" if undated else "",
        min_rating=min_rating,
        item_kinds=ColumnKinds(
            categorical=("decade",),
            multi_hot=("genres",) if tags is None else ("genres", "tags"),
        ),
        user_kinds=ColumnKinds(
            categorical=tuple(column for column in groups if column != "age")
        ),
    )


def film_features(films: "pd.DataFrame", tags: "pd.DataFrame | None") -> "pd.DataFrame":
    """Returns `title`, `year`, `decade`, `genres` and perhaps `tags`, indexed by id."""
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
    """Returns each film's `TAGS_PER_FILM` most used `COMMON_TAGS`, joined by "|".

    Tags are compared in lower case. Ties are broken by the alphabet.
    """
    uses = tags[["item_id"]].assign(
        tag=tags["tag"].str.strip().str.lower().str.replace("|", "/")
    )
    counts = uses[uses["tag"] != ""].value_counts().rename("uses").reset_index()
    films = counts["tag"].value_counts().rename_axis("tag").rename("films")
    most = films.reset_index().sort_values(["films", "tag"], ascending=[False, True])
    common = counts[counts["tag"].isin(most["tag"][:COMMON_TAGS])]
    ordered = common.sort_values(
        ["item_id", "uses", "tag"], ascending=[True, False, True]
    )
    best = ordered.groupby("item_id").head(TAGS_PER_FILM)
    return best.groupby("item_id")["tag"].agg("|".join).astype("string")


def _rated(ids: "pd.Series[int]", frame: "pd.DataFrame", kind: str) -> "pd.DataFrame":
    """Returns the rows of the ids of the ratings, sorted."""
    unknown = ids[~ids.isin(frame.index)]
    if len(unknown):
        raise ValueError(
            f"each rated {kind} must have a row. Received: ratings of {kind} "
            f"{unknown.iloc[0]}, which has none"
        )
    return frame[frame.index.isin(ids)].sort_index()
