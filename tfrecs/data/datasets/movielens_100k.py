"""MovieLens 100K: ratings of films, from GroupLens' files or RecBole's copy."""

import re
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from tfrecs.data.datasets._dataset import Dataset
from tfrecs.data.datasets._fetch import fetch
from tfrecs.data.datasets._sources import Download, Wheel
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
"""In the order of the flags in `u.item`, which is that of `u.genre`."""

_UA = ("ua.base", "ua.test", "u.item", "u.user")
_RECBOLE = ("ml-100k.inter", "ml-100k.item", "ml-100k.user")
LAYOUTS = (_UA, ("u.data", "u.item", "u.user"), _RECBOLE)
SOURCES = (
    Download(
        url="https://files.grouplens.org/datasets/movielens/ml-100k.zip",
        size=4_924_029,
        sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        members=tuple(f"ml-100k/{name}" for name in _UA),
    ),
    Wheel(
        requirement="recbole==1.2.1",
        sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
        members=tuple(f"recbole/dataset_example/ml-100k/{name}" for name in _RECBOLE),
    ),
)

_RATING_COLUMNS = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
_FILM_COLUMNS = (
    "item_id:token",
    "movie_title:token_seq",
    "release_year:token",
    "class:token_seq",
)
_PERSON_COLUMNS = (
    "user_id:token",
    "age:token",
    "gender:token",
    "occupation:token",
    "zip_code:token",
)

_Rating: TypeAlias = tuple[int, int, float, int]
_Film: TypeAlias = tuple[int, str, int | None, str]
_Person: TypeAlias = tuple[int, int, str, str]
_Row = TypeVar("_Row")


def load_ml_100k() -> Dataset:
    """Loads MovieLens 100K: 943 users, 1,682 films, 100,000 ratings from 1 to 5.

    Where the publisher's `ua` files are there, `test_rows` has that split: ten ratings
    of each user. RecBole's copy of the data lacks it, and the note says so.

    Returns:
        Ratings and timestamps, under GroupLens' ids. Items have `title` (without the
        year), `year`, `decade` ("1990s") and `genres` ("Action|Comedy"); one film has
        no year. Users have `age`, `age_group` ("20s"), `gender` and `occupation`.

    Raises:
        FileNotFoundError: if the files are not here and cannot be fetched.
        ValueError: if a file is malformed; it tells the file and the line.

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """
    files = fetch("ml-100k", LAYOUTS, SOURCES)
    train, test, films, people = (
        _read_recbole(files) if "ml-100k.inter" in files else _read_grouplens(files)
    )
    try:
        interactions = _interactions(train + test, films, people)
    except (TypeError, ValueError) as error:
        folder = next(iter(files.values())).parent
        raise ValueError(f"The files in {folder} do not fit: {error}") from error
    test_rows = np.arange(len(interactions)) >= len(train)
    note = (
        "ua.base and ua.test are missing from this copy of the data, so ten random "
        "ratings of each user will be used instead"
    )
    return Dataset(
        name="ml-100k",
        interactions=interactions,
        test_rows=test_rows if test else None,
        split_name="ua" if test else None,
        note="" if test else note,
        min_rating=3.0,
        categorical=("decade", "age_group", "gender", "occupation"),
        multi_hot=("genres",),
    )


_Tables: TypeAlias = tuple[list[_Rating], list[_Rating], list[_Film], list[_Person]]


def _read_grouplens(files: dict[str, Path]) -> _Tables:
    if "ua.base" in files:
        train = _read_rows(files["ua.base"], "\t", 4, _rating)
        test = _read_rows(files["ua.test"], "\t", 4, _rating)
    else:
        train, test = _read_rows(files["u.data"], "\t", 4, _rating), []
    width = 5 + len(GENRES)
    return (
        train,
        test,
        _read_rows(files["u.item"], "|", width, _grouplens_film, encoding="latin-1"),
        _read_rows(files["u.user"], "|", 5, _person),
    )


def _read_recbole(files: dict[str, Path]) -> _Tables:
    ratings, films, people = (files[name] for name in _RECBOLE)
    return (
        _read_rows(ratings, "\t", 4, _rating, header=_RATING_COLUMNS),
        [],
        _read_rows(films, "\t", 4, _recbole_film, header=_FILM_COLUMNS),
        _read_rows(people, "\t", 5, _person, header=_PERSON_COLUMNS),
    )


def _read_rows(
    path: Path,
    separator: str,
    width: int,
    convert: Callable[[list[str]], _Row],
    *,
    encoding: str = "utf-8",
    header: tuple[str, ...] | None = None,
) -> list[_Row]:
    """The rows of a file that has `width` fields a line, and no quoting."""
    rows = []
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if not raw.strip():
                continue
            try:
                fields = raw.decode(encoding).rstrip("\r\n").split(separator)
                if number == 1 and header is not None:
                    if tuple(fields) != header:
                        raise ValueError(f"the header must be {' '.join(header)}")
                    continue
                if len(fields) != width:
                    raise ValueError(
                        f"there must be {width} fields separated by {separator!r}, "
                        f"not {len(fields)}"
                    )
                rows.append(convert(fields))
            except ValueError as error:  # a UnicodeDecodeError is one too
                reason = " ".join(str(error).split())[:200]  # it may quote the line
                raise ValueError(
                    f"{path}, line {number} is malformed: {reason}. "
                    f"Received: {raw[:80]!r}. Fetch the file anew."
                ) from error
    if not rows:
        raise ValueError(f"{path} must have at least one row. Received: none")
    return rows


def _rating(fields: list[str]) -> _Rating:
    user, item, rating, time = fields
    return int(user), int(item), float(rating), int(time)


def _person(fields: list[str]) -> _Person:
    user, age, gender, occupation, _ = fields
    return int(user), int(age), gender, occupation


def _grouplens_film(fields: list[str]) -> _Film:
    item, title = fields[:2]
    flags = fields[5:]
    if not set(flags) <= {"0", "1"}:
        raise ValueError(f"the genre flags must be 0 or 1, not {'|'.join(flags)}")
    genres = [genre for genre, flag in zip(GENRES, flags, strict=True) if flag == "1"]
    return int(item), *_title_and_year(title), "|".join(genres)


def _recbole_film(fields: list[str]) -> _Film:
    item, title, year, classes = fields
    genres = classes.split()
    if not set(genres) <= set(GENRES):
        raise ValueError(f"the genres must be among GroupLens', not {classes}")
    genres.sort(key=GENRES.index)
    if year == "unkonwn":  # RecBole's spelling of the film without title and year
        return int(item), "unknown", None, "|".join(genres)
    # RecBole cut GroupLens' title at its last parentheses, whatever stood in them.
    return int(item), *_title_and_year(f"{title} ({year})"), "|".join(genres)


def _title_and_year(text: str) -> tuple[str, int | None]:
    """The parts of "Toy Story (1995)"; "(V)" for video is left out."""
    parts = re.fullmatch(r"(.*?)\s*\((\d{4})\)\s*(\(V\))?\s*", text)
    return (parts[1], int(parts[2])) if parts else (text.strip(), None)


def _interactions(
    ratings: list[_Rating], films: list[_Film], people: list[_Person]
) -> Interactions:
    users, items, values, times = zip(*ratings, strict=True)
    item_features, user_features = _film_frame(films), _person_frame(people)
    return Interactions.from_arrays(
        users,
        items,
        ratings=values,
        timestamps=times,
        duplicates="error",
        user_vocabulary=Vocabulary(user_features.index, "users"),
        item_vocabulary=Vocabulary(item_features.index, "items"),
        user_features=user_features,
        item_features=item_features,
    )


def _film_frame(films: list[_Film]) -> "pd.DataFrame":
    import pandas as pd

    ids, titles, years, genres = zip(*sorted(films, key=itemgetter(0)), strict=True)
    decades = [None if year is None else f"{year // 10 * 10}s" for year in years]
    return pd.DataFrame(
        {
            "title": pd.array(titles, dtype="string"),
            "year": pd.array(years, dtype="Int64"),
            "decade": pd.array(decades, dtype="string"),
            "genres": pd.array(genres, dtype="string"),
        },
        index=pd.Index(ids, name="item_id"),
    )


def _person_frame(people: list[_Person]) -> "pd.DataFrame":
    import pandas as pd

    ids, ages, genders, occupations = zip(
        *sorted(people, key=itemgetter(0)), strict=True
    )
    return pd.DataFrame(
        {
            "age": ages,
            "age_group": pd.array([f"{a // 10 * 10}s" for a in ages], dtype="string"),
            "gender": pd.array(genders, dtype="string"),
            "occupation": pd.array(occupations, dtype="string"),
        },
        index=pd.Index(ids, name="user_id"),
    )
