"""A small MovieLens whose titles a page must show as they are."""

import csv
from pathlib import Path

import numpy as np

TITLES = (
    "<img src=x onerror=\"window.hacked='img'\">",
    "<script>window.hacked='script'</script>",
    "Say \"Hi\" & 'Bye'",
    "*Stars* _and_ `ticks` | [a](javascript:alert(1)) # $x$",
    "🎬 Emoji 👩‍👩‍👧 film",
    "שלום עולם",
    "الفيلم العربي",
    "</title></svg></table>",
)
"""Most people have them and rate them highest, so that histories begin with them."""

NUM_USERS, NUM_ITEMS = 60, 60
PER_USER = (20, 30, 40)


def write_films(folder: Path) -> None:
    """Writes them as MovieLens latest-small is published."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    titles = [*TITLES, *(f"Film {n}" for n in range(len(TITLES), NUM_ITEMS))]
    films = [
        (n + 1, f"{title} ({1990 + n % 20})", ("Drama", "Comedy|War")[n % 2])
        for n, title in enumerate(titles)
    ]
    chance = np.where(np.arange(NUM_ITEMS) < len(TITLES), 4.0, 1.0)
    ratings = [
        (user + 1, item + 1, 5 - (item >= len(TITLES)) / 2, 1_000_000 + 100 * user + n)
        for user in range(NUM_USERS)
        for n, item in enumerate(_of(rng, user, chance))
    ]
    _write(folder / "movies.csv", ("movieId", "title", "genres"), films)
    header = ("userId", "movieId", "rating", "timestamp")
    _write(folder / "ratings.csv", header, ratings)


def _of(rng: np.random.Generator, user: int, chance: np.ndarray) -> list[int]:
    """Films of a user, who has a taste for either half of them."""
    liked = chance * np.where(np.arange(NUM_ITEMS) % 2 == user % 2, 3.0, 1.0)
    drawn = rng.choice(
        NUM_ITEMS, PER_USER[user % 3], replace=False, p=liked / liked.sum()
    )
    return [int(item) for item in drawn]


def _write(path: Path, header: tuple[str, ...], rows: list[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
