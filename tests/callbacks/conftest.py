from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util.tensor_util import make_ndarray

import tfrecs
from tfrecs.data.splits import random_split

HOSTILE = [
    "<script>document.title='owned'</script>",
    '<img src=x onerror="alert(1)">',
    "a | b *c* _d_ `e` [f](javascript:alert(1)) # 1. > &amp; &#60;",
    "\u05e9\u05dc\u05d5\u05dd \U0001f600 \u202eabc",
    "tab\there\nand there",
]


@pytest.fixture(scope="session")
def films():
    """Train and validation, with ratings, titles that are hostile, and features."""
    import pandas as pd

    rng = np.random.default_rng(0)
    matrix = (rng.random((30, 20)) < 0.4) * rng.integers(1, 6, (30, 20))
    titles = [*HOSTILE, *(f"Film {number}" for number in range(5, 20))]
    data = tfrecs.Interactions.from_matrix(
        matrix,
        item_features=pd.DataFrame({"title": titles, "genres": ["Drama|War"] * 20}),
        user_features=pd.DataFrame({"gender": ["F", "M"] * 15}),
    )
    return random_split(data, seed=0)


def read_events(folder: Path) -> list:
    """All events of a run, which must lie in one file."""
    [path] = folder.glob("events.out.tfevents.*")
    return list(EventFileLoader(str(path)).Load())


def read_tags(folder: Path) -> dict[str, dict[int, np.ndarray]]:
    """What a run holds, by tag and step."""
    found: dict[str, dict[int, np.ndarray]] = {}
    for event in read_events(folder):
        for value in event.summary.value:
            found.setdefault(value.tag, {})[event.step] = make_ndarray(value.tensor)
    return found


@pytest.fixture(scope="session")
def events_of():
    return read_events


@pytest.fixture(scope="session")
def tags_of():
    return read_tags
