"""MovieLens 1M, 10M, 20M, 25M, 32M and latest-small."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch, grouplens
from tfrecs.data.datasets.movielens_tables import make_dataset, read_table

if TYPE_CHECKING:
    import pandas as pd

RATINGS = "userId movieId rating timestamp"
FILMS = "movieId title genres"
TAGS = "userId movieId tag timestamp"

FILES_1M = ("ratings.dat", "movies.dat", "users.dat")
SOURCE_1M = grouplens(
    "ml-1m",
    "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    FILES_1M,
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

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """
    files = fetch("ml-1m", (FILES_1M,), (SOURCE_1M,))
    ratings, films, people = (files[name] for name in FILES_1M)
    return make_dataset(
        "ml-1m",
        ratings.parent,
        read_table(ratings, RATINGS, "::"),
        read_table(films, FILMS, "::", encoding="latin-1"),
        people=_read_people(people),
        min_rating=None,
    )


CHECKSUMS = {
    "ml-10m": "",
    "ml-20m": "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
    "ml-25m": "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    "ml-32m": "",
    "ml-latest-small": (
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"
    ),
}
"""SHA-256 of each archive; a data set without one is not downloaded."""


def load_movielens(name: str) -> Dataset:
    """Loads a release of MovieLens: its ratings, films and tags.

        name               users  rated films     ratings
        ml-10m            69,878       10,677  10,000,054
        ml-20m           138,493       26,744  20,000,263
        ml-25m           162,541       59,047  25,000,095
        ml-32m           200,948       87,585  32,000,204
        ml-latest-small      610        9,724     100,836   of 9/2018

    Returns:
        Ratings of 0.5 to 5 and timestamps, under GroupLens' ids. The catalogue is the
        films that were rated. They have `title` (without the year), `year`, `decade`
        ("1990s"), `genres` ("Action|Comedy") and, if the file of tags is found, `tags`:
        the ten that most users applied to the film, of the 500 that most films have.
        Users apply tags at any time: drop `tags` to avoid leakage.

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context". Ratings
        of 4 or more are positives in Liang et al. 2018, "Variational Autoencoders for
        Collaborative Filtering".
    """
    is_csv = name != "ml-10m"
    ending = "csv" if is_csv else "dat"
    names = tuple(f"{table}.{ending}" for table in ("ratings", "movies", "tags"))
    source = grouplens(name, CHECKSUMS[name], names)
    sources = (source,) if source.sha256 else ()
    files = fetch(name, (names, names[:2]), sources, origin=source.url)
    ratings, *films_and_tags = (
        read_table(
            files[file],
            columns,
            "," if is_csv else "::",
            header=is_csv,
            quotes=is_csv and columns != RATINGS,  # reading quotes is slower
        )
        for file, columns in zip(names, (RATINGS, FILMS, TAGS), strict=True)
        if file in files
    )
    folder = files[names[0]].parent
    return make_dataset(name, folder, ratings, *films_and_tags, min_rating=4.0)


def _read_people(path: Path) -> "pd.DataFrame":
    """Reads users by id, with the meanings of their codes."""
    people = read_table(path, "userId gender age occupation zip-code", "::")
    people = people.set_index("user_id")
    people.insert(1, "age_group", people.pop("age").map(AGES))
    meanings = {str(code): meaning for code, meaning in enumerate(OCCUPATIONS)}
    people["occupation"] = people["occupation"].map(meanings)
    unknown = people.isna().any(axis=1)
    if unknown.any():
        raise ValueError(
            f"{path}: ages and occupations must be the publisher's codes. Received: "
            f"others for user {people.index[unknown][0]}. Fetch the file anew."
        )
    return people
