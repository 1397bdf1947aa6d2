"""MovieLens 1M and 10M: ratings, films, and users or tags, with `::` between fields."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch, grouplens
from tfrecs.data.datasets.movielens import make_dataset
from tfrecs.data.readers.layouts import MOVIELENS_DAT, Kind, Layout, read_published

if TYPE_CHECKING:
    import pandas as pd

FILES_1M = ("ratings.dat", "movies.dat", "users.dat")
FILES_10M = ("ratings.dat", "movies.dat", "tags.dat")
SOURCE_1M = grouplens(
    "ml-1m",
    "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    FILES_1M,
)

_FILM_COLUMNS: dict[str, Kind] = {
    "item_id": "integer",
    "title": "text",
    "genres": "text",
}
FILMS_1M = Layout(_FILM_COLUMNS, separator="::", encoding="latin-1")
FILMS_10M = Layout(_FILM_COLUMNS, separator="::")
PEOPLE = Layout(
    {
        "user_id": "integer",
        "gender": "text",
        "age": "integer",
        "occupation": "integer",
        "zip_code": "unread",
    },
    separator="::",
)
TAGS = Layout(
    {
        "user_id": "integer",
        "item_id": "integer",
        "tag": "text",
        "timestamp": "integer",
    },
    separator="::",
)

AGES = {
    1: "under 18",
    18: "18-24",
    25: "25-34",
    35: "35-44",
    45: "45-49",
    50: "50-55",
    56: "56 or more",
}
OCCUPATIONS = (
    "other|academic/educator|artist|clerical/admin|college/grad student|"
    "customer service|doctor/health care|executive/managerial|farmer|homemaker|"
    "K-12 student|lawyer|programmer|retired|sales/marketing|scientist|self-employed|"
    "technician/engineer|tradesman/craftsman|unemployed|writer"
).split("|")
"""Meanings of the codes, from the publisher's README; likewise `AGES`."""


def load_ml_1m() -> Dataset:
    """Loads MovieLens 1M: 6,040 users, 3,706 rated films, 1,000,209 ratings.

    Returns:
        Ratings of 1 to 5 and timestamps, under GroupLens' ids; the note says if a copy
        lacks timestamps. The catalogue is the films that were rated. They have `title`
        (without the year), `year`, `decade` ("1990s") and `genres` ("Action|Comedy").
        Users have `gender`, `age_group` ("25-34") and `occupation`.

    Raises:
        FileNotFoundError: if the files are not here and cannot be fetched.
        ValueError: if a file is malformed; names the file and the line.

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """
    files = fetch("ml-1m", (FILES_1M,), (SOURCE_1M,))
    ratings, films, people = (files[name] for name in FILES_1M)
    return make_dataset(
        "ml-1m",
        ratings.parent,
        read_published(ratings, MOVIELENS_DAT),
        read_published(films, FILMS_1M),
        people=_read_people(people),
        min_rating=None,
    )


def load_ml_10m() -> Dataset:
    """Loads MovieLens 10M: 69,878 users, 10,677 rated films, 10,000,054 ratings.

    It is not downloaded, for want of a checksum. All else is as in `load_ml_20m`.
    """
    source = grouplens("ml-10m", "", FILES_10M)
    files = fetch("ml-10m", (FILES_10M, FILES_10M[:2]), origin=source.url)
    tags = files.get("tags.dat")
    return make_dataset(
        "ml-10m",
        files["ratings.dat"].parent,
        read_published(files["ratings.dat"], MOVIELENS_DAT),
        read_published(files["movies.dat"], FILMS_10M),
        read_published(tags, TAGS) if tags else None,
        min_rating=4.0,
    )


def _read_people(path: Path) -> "pd.DataFrame":
    """Reads users by id, with the meanings of their codes."""
    people = read_published(path, PEOPLE).set_index("user_id")
    people["age_group"] = people["age"].map(AGES)
    people["occupation"] = people["occupation"].map(dict(enumerate(OCCUPATIONS)))
    people = people[["gender", "age_group", "occupation"]]
    unknown = people.isna().any(axis=1)
    if unknown.any():
        raise ValueError(
            f"{path}: ages and occupations must be the publisher's codes. Received: "
            f"others for user {people.index[unknown][0]}. Fetch the file anew."
        )
    return people
