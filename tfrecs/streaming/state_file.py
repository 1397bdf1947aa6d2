"""Saves a recommender to one file and loads it, exactly.

The file is NumPy's .npz without pickles: the arrays of the log and the learner, and
"about", a JSON text with the version of the format, the settings and the raw ids.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs._base.types import AnyArray
from tfrecs.data.vocabulary import Vocabulary, from_json, to_json
from tfrecs.streaming.event_log import Forgetting
from tfrecs.streaming.learners import LEARNERS, Learner
from tfrecs.streaming.recommender import IncrementalRecommender

KIND, VERSION = "tfrecs stream", 1


def save(recommender: IncrementalRecommender, path: str | Path) -> None:
    """Writes a recommender to a file, atomically.

    Args:
        recommender: recommender with a learner of `LEARNERS`.
        path: path of the file, which is replaced if it exists.

    Raises:
        TypeError: if the learner is not in `LEARNERS`, or an id is not an int, float,
            str, bool or tuple of these.
    """
    write_state(recommender, path, {})


def load(path: str | Path) -> IncrementalRecommender:
    """Reads a recommender that `save` wrote.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if the file is damaged, of another kind, or of a later version.
    """
    about, arrays = _read(Path(path))
    try:
        forgetting = about["forgetting"]
        recommender = IncrementalRecommender(
            LEARNERS[about["learner"]](**about["settings"]),
            confidence=about["confidence"],
            forgetting=None if forgetting is None else Forgetting(**forgetting),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(_damaged(Path(path), repr(error))) from error
    _restore(recommender, about, arrays, Path(path))
    return recommender


def write_state(
    recommender: IncrementalRecommender, path: str | Path, more: Mapping[str, AnyArray]
) -> None:
    """Writes a recommender and more arrays to a file, atomically."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        **_settings(recommender),
        "users": to_json(Vocabulary(recommender.users, "users")),
        "items": to_json(Vocabulary(recommender.items, "items")),
    }
    arrays: dict[str, Any] = {
        "about": np.array(json.dumps(about)),
        **recommender.state(),
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
    _restore(recommender, about, arrays, Path(path))
    return {
        name.removeprefix("more/"): array
        for name, array in arrays.items()
        if name.startswith("more/")
    }


def _settings(recommender: IncrementalRecommender) -> dict[str, Any]:
    forgetting = recommender.log.forgetting
    return {
        "kind": KIND,
        "version": VERSION,
        "learner": _name_of(recommender.learner),
        "settings": {
            field.name: getattr(recommender.learner, field.name)
            for field in fields(recommender.learner)  # type: ignore[arg-type]
            if field.init
        },
        "confidence": recommender.confidence,
        "forgetting": None if forgetting is None else asdict(forgetting),
    }


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
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about: dict[str, Any] = json.loads(str(arrays.pop("about")))
        kind, version = about["kind"], about["version"]
    except (zipfile.BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise ValueError(_damaged(path, repr(error))) from error
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
    path: Path,
) -> None:
    try:
        users, items = (
            from_json(about[side]).ids.tolist() for side in ("users", "items")
        )
        recommender.restore(arrays, users, items)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(_damaged(path, repr(error))) from error


def _damaged(path: Path, reason: str) -> str:
    return (
        f"{path}: must be a whole {KIND} file. Received: {' '.join(reason.split())}. "
        "Use an earlier copy, or learn again."
    )
