"""Saves a recommender to one file and loads it, exactly.

The file is NumPy's .npz without pickles: the arrays of the log and the learner, and
"about", a JSON text with the version of the format, the settings and the raw ids.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.array_files import read_arrays
from tfrecs._base.files import replaced_when_whole
from tfrecs._base.finite_json import read_json
from tfrecs._base.types import AnyArray
from tfrecs.data.vocabulary import Vocabulary, from_json, to_json
from tfrecs.streaming.event_log import Forgetting
from tfrecs.streaming.learners import LEARNERS, Learner
from tfrecs.streaming.model_json import check_model
from tfrecs.streaming.recommender import DIVERGED, IncrementalRecommender
from tfrecs.streaming.stored import part_of

KIND, VERSION = "tfrecs stream", 2

DAMAGED = (
    *(ValueError, TypeError, AttributeError, LookupError),
    *(RecursionError, OverflowError, MemoryError),
)
"""Errors of damaged files."""


def save(recommender: IncrementalRecommender, path: str | Path) -> None:
    """Writes a recommender to a file, atomically.

    Args:
        recommender: recommender with a learner of `LEARNERS`.
        path: path of the file, which is replaced if it exists.

    Raises:
        TypeError: if the learner is not in `LEARNERS`, or an id is not an int, float,
            str, bool or tuple of these.
        ValueError: if learning has diverged; the file is as before.
    """
    write_state(recommender, path, {})


def load(path: str | Path) -> IncrementalRecommender:
    """Reads a recommender that `save` wrote.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if the file is damaged, of another kind, or of a later version.
    """
    about, arrays = _read(Path(path))
    with whole(path):
        forgetting, settings = about["forgetting"], about["settings"]
        if "model_config" in settings:
            check_model(settings["model_config"], arrays)
        recommender = IncrementalRecommender(
            LEARNERS[about["learner"]](**settings),
            confidence=about["confidence"],
            min_rating=about.get("min_rating"),
            forgetting=None if forgetting is None else Forgetting(**forgetting),
        )
        _restore(recommender, about, arrays)
    return recommender


def write_state(
    recommender: IncrementalRecommender, path: str | Path, more: Mapping[str, AnyArray]
) -> None:
    """Writes a recommender and more arrays to a file, atomically."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with recommender.lock:  # whose state has views of its arrays
        about = {
            **_settings(recommender),
            "users": to_json(Vocabulary(recommender.users, "users")),
            "items": to_json(Vocabulary(recommender.items, "items")),
        }
        state = recommender.state()
        learned = part_of(state, "learner/").values()
        if not all(np.isfinite(x).all() for x in learned if x.dtype.kind == "f"):
            raise ValueError(DIVERGED)
        arrays: dict[str, Any] = {
            "about": np.array(json.dumps(about)),
            **state,
            **{f"more/{name}": array for name, array in more.items()},
        }
        with replaced_when_whole(path) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)


def read_state(
    recommender: IncrementalRecommender, path: str | Path
) -> dict[str, AnyArray]:
    """Restores a recommender of the same settings, and returns the other arrays.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: as `load`, and if the settings differ.
    """
    about, arrays = _read(Path(path))
    own = json.loads(json.dumps(_settings(recommender)))
    for name, value in own.items():
        if about.get(name) != value:
            raise ValueError(
                f"{path}: must be of the same settings: {name} {value!r}. Received: "
                f"{about.get(name)!r}. Name another file, or delete this one."
            )
    with whole(path):
        _restore(recommender, about, arrays)
    return part_of(arrays, "more/")


def _settings(recommender: IncrementalRecommender) -> dict[str, Any]:
    forgetting = recommender.log.forgetting
    return {
        "kind": KIND,
        "version": VERSION,
        "learner": _name_of(recommender.learner),
        "settings": settings_of(recommender.learner),
        "confidence": recommender.confidence,
        "min_rating": recommender.min_rating,
        "forgetting": None if forgetting is None else asdict(forgetting),
    }


def settings_of(learner: Learner) -> dict[str, Any]:
    """Returns the settings of a learner, which are the fields of its constructor."""
    settings = fields(learner)  # type: ignore[arg-type]
    return {f.name: getattr(learner, f.name) for f in settings if f.init}


def _name_of(learner: Learner) -> str:
    for name, kind in LEARNERS.items():
        if type(learner) is kind:
            return name
    raise TypeError(
        f"A learner that is saved must be one of {', '.join(LEARNERS)}. Received: "
        f"{type(learner).__name__}. Add it to LEARNERS."
    )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Check the name and the folder.")
    with whole(path):
        arrays = read_arrays(path)
        about: dict[str, Any] = read_json(str(arrays.pop("about")))
        kind, version = about["kind"], about["version"]
    if kind != KIND or version != VERSION:
        raise ValueError(
            f"{path}: must be a {KIND} of version {VERSION}. Received: {kind!r} of "
            f"version {version!r}. Load it with the tfrecs that wrote it, or a later "
            "one."
        )
    return about, arrays


def _restore(
    recommender: IncrementalRecommender,
    about: Mapping[str, Any],
    arrays: Mapping[str, AnyArray],
) -> None:
    users, items = (from_json(about[side]).ids.tolist() for side in ("users", "items"))
    recommender.restore(arrays, users, items)


@contextmanager
def whole(path: str | Path) -> Iterator[None]:
    """Turns an error of what a file contains into a ValueError that names the file."""
    try:
        yield
    except DAMAGED as error:
        reason = " ".join(repr(error).split())
        raise ValueError(
            f"{path}: must be a whole {KIND} file. Received: {reason}. Use an earlier "
            "copy, or learn again."
        ) from error
