"""MovieLens 100K: ratings of films, from GroupLens' files or RecBole's copy."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import Source, fetch, grouplens
from tfrecs.data.datasets.movielens_tables import KINDS, make_dataset, read_table
from tfrecs.data.readers.layouts import Kind

if TYPE_CHECKING:
    import pandas as pd

GENRES = (
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|"
    "Fantasy|Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western"
).split("|")
"""In the order of the flags in `u.item`, which is that of `u.genre`."""

UA_FILES = ("ua.base", "ua.test", "u.item", "u.user")
RECBOLE_FILES = ("ml-100k.inter", "ml-100k.item", "ml-100k.user")
LAYOUTS = (UA_FILES, ("u.data", "u.item", "u.user"), RECBOLE_FILES)
SOURCES = (
    grouplens(
        "ml-100k",
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        UA_FILES,
    ),
    Source(
        "pip download recbole==1.2.1",
        "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
        "recbole/dataset_example/ml-100k",
        RECBOLE_FILES,
    ),
)

FILMS = " ".join(["item_id title release_date video_release_date imdb_url", *GENRES])
PEOPLE = "user_id age gender occupation zip_code"
RECBOLE_COLUMNS = (
    "user_id:token item_id:token rating:float timestamp:float",
    "item_id:token movie_title:token_seq release_year:token class:token_seq",
    " ".join(f"{name}:token" for name in PEOPLE.split()),
)

KINDS_100K: Mapping[str, Kind] = {
    **KINDS,
    **dict.fromkeys(GENRES, "integer"),
    **dict.fromkeys(("movie_title", "release_year", "class"), "text"),
}

NO_SPLIT = (
    "ua.base and ua.test are missing from this copy of the data, so ten random ratings "
    "of each user will be used instead"
)


def load_ml_100k() -> Dataset:
    """Loads MovieLens 100K: 943 users, 1,682 films, 100,000 ratings from 1 to 5.

    If the publisher's `ua` files are found, `test_rows` is their split: ten ratings of
    each user. RecBole's copy of the data lacks it, and the note says so.

    Returns:
        Ratings and timestamps, under GroupLens' ids. The catalogue is the films that
        were rated. They have `title` (without the year), `year`, `decade` ("1990s") and
        `genres` ("Action|Comedy"); one film has no year. Users have `age`, `age_group`
        ("20s"), `gender` and `occupation`.

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """
    import pandas as pd

    files = fetch("ml-100k", LAYOUTS, SOURCES)
    if "ml-100k.inter" in files:
        ratings, films, people = _read_recbole(files)
    else:
        ratings = [
            read_table(files[name], "user_id item_id rating timestamp", "\t")
            for name in ("ua.base", "ua.test", "u.data")
            if name in files
        ]
        films = _read_films(files["u.item"])
        people = read_table(files["u.user"], PEOPLE, "|")
    decades = people["age"] // 10 * 10
    people.insert(2, "age_group", decades.astype("string") + "s")
    dataset = make_dataset(
        "ml-100k",
        next(iter(files.values())).parent,
        pd.concat(ratings),
        films,
        people=people.set_index("user_id"),
        min_rating=3.0,
    )
    if "ua.test" not in files:
        return replace(dataset, note=NO_SPLIT)
    test_rows = np.arange(len(dataset.interactions)) >= len(ratings[0])
    return replace(dataset, test_rows=test_rows, split_name="ua")


def _read_films(path: Path) -> "pd.DataFrame":
    films = read_table(path, FILMS, "|", KINDS_100K, encoding="latin-1")
    flags = films[GENRES].to_numpy()
    wrong = np.flatnonzero(((flags != 0) & (flags != 1)).any(axis=1))
    if wrong.size:
        raise ValueError(
            f"{path}: the genre flags must be 0 or 1. Received: others for film "
            f"{films['item_id'].iloc[wrong[0]]}. Fetch the file anew."
        )
    names = np.array(GENRES)
    films["genres"] = ["|".join(names[row == 1]) for row in flags]
    return films[["item_id", "title", "genres"]]


def _read_recbole(
    files: dict[str, Path],
) -> "tuple[list[pd.DataFrame], pd.DataFrame, pd.DataFrame]":
    """Reads ratings, films and people, with the columns of GroupLens' files."""
    ratings, films, people = (
        read_table(files[name], columns, "\t", KINDS_100K, header=True)
        for name, columns in zip(RECBOLE_FILES, RECBOLE_COLUMNS, strict=True)
    )
    genres = films["class"].str.split()
    unknown = genres.explode().dropna()
    unknown = unknown[~unknown.isin(GENRES)]
    if len(unknown):
        raise ValueError(
            f"{files['ml-100k.item']}: the genres must be among GroupLens'. Received: "
            f"{unknown.iloc[0][:40]} for film {films['item_id'][unknown.index[0]]}. "
            "Fetch the file anew."
        )
    # RecBole cut GroupLens' title at its last parentheses, whatever stood in them.
    titles = films["movie_title"] + " (" + films["release_year"] + ")"
    has_no_title = films["release_year"] == "unkonwn"  # RecBole's spelling
    films["title"] = titles.mask(has_no_title, "unknown")
    films["genres"] = ["|".join(sorted(row, key=GENRES.index)) for row in genres]
    return [ratings], films, people
