"""MovieLens 20M, 25M, 32M and latest-small: ratings, films and tags in CSV."""

from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.datasets.fetch import fetch, grouplens
from tfrecs.data.datasets.movielens import make_dataset
from tfrecs.data.readers.layouts import Layout, read_published

FILES = ("ratings.csv", "movies.csv", "tags.csv")

RATINGS = Layout(
    {
        "userId": "integer",
        "movieId": "integer",
        "rating": "number",
        "timestamp": "integer",
    },
    header=True,
)
FILMS = Layout(
    {"movieId": "integer", "title": "text", "genres": "text"}, header=True, quotes=True
)
TAGS = Layout(
    {"userId": "integer", "movieId": "integer", "tag": "text", "timestamp": "integer"},
    header=True,
    quotes=True,
)

_NAMES = {"userId": "user_id", "movieId": "item_id"}


def load_ml_20m() -> Dataset:
    """Loads MovieLens 20M: 138,493 users, 26,744 rated films, 20,000,263 ratings.

    Returns:
        Ratings of 0.5 to 5 and timestamps, under GroupLens' ids. The catalogue is the
        films that were rated. They have `title` (without the year), `year`, `decade`
        ("1990s"), `genres` ("Action|Comedy") and, if `tags.csv` is found, `tags`: the
        ten that most users applied to the film, of the 500 that most films have. Users
        apply tags at any time: drop `tags` to avoid leakage.

    Raises:
        FileNotFoundError: if the files are not here and cannot be fetched.
        ValueError: if a file is malformed; names the file and the line.

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context". Ratings
        of 4 or more are positives in Liang et al. 2018, "Variational Autoencoders for
        Collaborative Filtering".
    """
    return _load(
        "ml-20m", "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3"
    )


def load_ml_25m() -> Dataset:
    """Loads MovieLens 25M: 162,541 users, 59,047 rated films, 25,000,095 ratings.

    All else is as in `load_ml_20m`.
    """
    return _load(
        "ml-25m", "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa"
    )


def load_ml_32m() -> Dataset:
    """Loads MovieLens 32M: 200,948 users, 32,000,204 ratings of 87,585 films.

    All else is as in `load_ml_20m`, except that it is not downloaded, for want of a
    checksum.
    """
    return _load("ml-32m")


def load_ml_latest_small() -> Dataset:
    """Loads MovieLens latest-small (9/2018): 610 users, 9,724 films, 100,836 ratings.

    All else is as in `load_ml_20m`.
    """
    return _load(
        "ml-latest-small",
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    )


def _load(name: str, sha256: str = "") -> Dataset:
    source = grouplens(name, sha256, FILES)
    files = fetch(
        name, (FILES, FILES[:2]), (source,) if sha256 else (), origin=source.url
    )
    tables = {
        file: read_published(files[file], layout).rename(columns=_NAMES)
        for file, layout in zip(FILES, (RATINGS, FILMS, TAGS), strict=True)
        if file in files
    }
    return make_dataset(
        name,
        files["ratings.csv"].parent,
        tables["ratings.csv"],
        tables["movies.csv"],
        tables.get("tags.csv"),
        min_rating=4.0,
    )
