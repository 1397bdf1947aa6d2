"""MovieLens 20M, 25M, 32M and latest-small: ratings, films and tags in CSV."""

from tfrecs.data.datasets._dataset import Dataset
from tfrecs.data.datasets._fetch import fetch, found, maybe_gzipped
from tfrecs.data.datasets._movielens import make_dataset
from tfrecs.data.datasets._sources import Download
from tfrecs.data.readers._typed import Layout, read_published

FILES = ("ratings.csv", "movies.csv", "tags.csv")
LAYOUTS = (*maybe_gzipped(*FILES), *maybe_gzipped(*FILES[:2]))

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
        ("1990s"), `genres` ("Action|Comedy") and, if `tags.csv` is there, `tags`: the
        ten that most users gave the film, of the 500 that most films have. Who must
        not look ahead leaves `tags` out: users gave them at any time.

    Raises:
        FileNotFoundError: if the files are not here and cannot be fetched.
        ValueError: if a file is malformed; it tells the file and the line.

    References:
        Harper and Konstan 2015, "The MovieLens Datasets: History and Context". Ratings
        of 4 or more are positives in Liang et al. 2018, "Variational Autoencoders for
        Collaborative Filtering".
    """
    return _load(
        "ml-20m",
        198_702_078,
        "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
    )


def load_ml_25m() -> Dataset:
    """Loads MovieLens 25M: 162,541 users, 59,047 rated films, 25,000,095 ratings.

    All else is as in `load_ml_20m`.
    """
    return _load(
        "ml-25m",
        261_978_986,
        "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    )


def load_ml_32m() -> Dataset:
    """Loads MovieLens 32M: 200,948 users, 32,000,204 ratings of 87,585 films.

    All else is as in `load_ml_20m`, but that it is not downloaded, for want of a
    checksum.
    """
    return _load("ml-32m")


def load_ml_latest_small() -> Dataset:
    """Loads MovieLens latest-small (9/2018): 610 users, 9,724 films, 100,836 ratings.

    All else is as in `load_ml_20m`.
    """
    return _load(
        "ml-latest-small",
        978_202,
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    )


def _load(name: str, size: int = 0, sha256: str = "") -> Dataset:
    url = f"https://files.grouplens.org/datasets/movielens/{name}.zip"
    members = tuple(f"{name}/{file}" for file in FILES)
    source = Download(url, size, sha256, members, patience=3600)
    files = fetch(name, LAYOUTS, (source,) if sha256 else (), url)
    ratings = found(files, "ratings.csv")
    tags = None
    if "tags.csv" in files or "tags.csv.gz" in files:
        tags = read_published(found(files, "tags.csv"), TAGS).rename(columns=_NAMES)
    return make_dataset(
        name,
        ratings.parent,
        read_published(ratings, RATINGS).rename(columns=_NAMES),
        read_published(found(files, "movies.csv"), FILMS).rename(columns=_NAMES),
        tags,
        min_rating=4.0,
    )
