"""Folders of open formats for trained models, which load anywhere.

    manifest.json           format version, versions of packages, and the size and
                            SHA-256 of every other file
    model.keras             the model
    users.json, items.json  raw ids in the order of their indices
    interactions.parquet    the training data, by indices
    user_features.parquet   optional, in the order of the ids; likewise item features
    user_encoder.json       optional, the fitted encoder of features; likewise of items
    about.json              settings, metrics, how these were measured, and the lowest
                            rating of a positive
    MODEL_CARD.md           what is known of the model, to read; model_card.json, too

There are no pickles, and loading runs no code of the bundle: see `read_model`. The
SHA-256 detect damage, but do not authenticate the writer.
"""

import io
import json
import platform
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import tfrecs
from tfrecs._base.finite_json import read_json
from tfrecs._base.folders import folder_when_whole, read_folder
from tfrecs._base.limits import Limits
from tfrecs._base.manifest import MANIFEST, Kind, read_manifest, write_manifest
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import from_json, to_json
from tfrecs.inference.model_card import as_markdown, model_card

if TYPE_CHECKING:
    import pandas as pd

OPTIONAL = (
    "user_features.parquet",
    "item_features.parquet",
    "user_encoder.json",
    "item_encoder.json",
    "MODEL_CARD.md",  # bundles of earlier versions have no card
    "model_card.json",
)
BUNDLE = Kind(
    "tfrecs bundle",
    3,
    (
        "model.keras",
        "users.json",
        "items.json",
        "interactions.parquet",
        "about.json",
        *OPTIONAL,
    ),
    "Save the recommender again, or take another copy of the bundle.",
)
SIDES = ("user", "item")
COLUMNS = ("user_ids", "item_ids", "ratings", "timestamps", "weights")
OWN_LAYERS = (
    "If the model has custom layers, register them with Keras and import them before; "
    "else save the recommender again."
)


class Bundle(NamedTuple):
    """The parts of a bundle."""

    model: Any
    train: Interactions
    user_encoder: FeatureEncoder | None
    item_encoder: FeatureEncoder | None
    settings: dict[str, Any]
    metrics: dict[str, Any]
    protocol: dict[str, Any]


def read_bundle(folder: Path, limits: Limits) -> Bundle:
    """Checks every file of a bundle and reads it; see `Recommender.load`.

    A bundle that is replaced meanwhile is read again.
    """
    return read_folder(folder, partial(_read_files, limits=limits))


def _read_files(folder: Path, limits: Limits) -> Bundle:
    from tfrecs.models.finite_weights import check_weights
    from tfrecs.models.model_file import read_model

    content = read_manifest(folder, BUNDLE)
    _check_no_others(folder, content["files"])
    missing = [
        name for name in BUNDLE.files if name not in (*content["files"], *OPTIONAL)
    ]
    if missing:
        raise ValueError(
            f"{folder / MANIFEST}: must name {missing[0]}. Received: "
            f"{', '.join(content['files'])}. {BUNDLE.advice}"
        )
    of_users, of_items = (
        _read_encoder(folder, side, content["files"]) for side in SIDES
    )
    with _naming(folder / "about.json") as path:
        about = read_json(path.read_text(encoding="utf-8"))
        settings, metrics = dict(about["settings"]), dict(about["metrics"])
        protocol = dict(about.get("protocol", {}))  # earlier versions: none
        min_rating = about.get("min_rating")
        if not isinstance(min_rating, int | float | None):
            raise TypeError(f"min_rating is {min_rating!r}")
        # Bundles of earlier versions have no repeats.
        rules = {"min_rating": min_rating, "repeats": about.get("repeats") is True}
    train = _read_train(folder, content["files"], limits, rules)
    with _naming(folder / "model.keras", OWN_LAYERS) as path:
        model = read_model(path)
        check_weights(model)
    return Bundle(model, train, of_users, of_items, settings, metrics, protocol)


def _check_no_others(folder: Path, files: Any) -> None:
    """Raises ValueError if there are files that the manifest does not name."""
    held = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    others = held - {MANIFEST, *files}
    if others:
        raise ValueError(
            f"{folder}: must hold only files that {MANIFEST} names. Received: "
            f"{min(others)}. Remove it, or take another copy of the bundle."
        )


def write_bundle(
    folder: Path, bundle: Bundle, *, overwrite: bool, durable: bool
) -> None:
    """Writes a bundle as a whole; see `Recommender.save`."""
    import keras

    from tfrecs.models.finite_weights import check_weights
    from tfrecs.models.gathering import written_once

    if not isinstance(bundle.model, keras.Model):
        raise TypeError(
            "`model` must be a Keras model to be saved, such as from build_mf. "
            f"Received: {type(bundle.model).__name__}"
        )
    folder = folder.resolve()  # the target of a link is written, and the link stays
    with written_once(bundle.model) as model:
        if model is None:
            return
        _check_place(folder, overwrite)
        check_weights(model)
        with folder_when_whole(folder, overwrite=overwrite, durable=durable) as new:
            _write_files(bundle._replace(model=model), new)


def _check_place(folder: Path, overwrite: bool) -> None:
    if Path.cwd().is_relative_to(folder):
        raise FileExistsError(
            f"{folder}: must not be the working directory or above it. Choose another "
            "name."
        )
    if not folder.exists():
        return
    is_dir = folder.is_dir()
    held = {path.name for path in folder.iterdir()} if is_dir else {str(folder)}
    is_bundle = {MANIFEST, "model.keras"} <= held
    others = held - {MANIFEST, *BUNDLE.files} if is_bundle else held
    if others:
        raise FileExistsError(
            f"{folder}: must be a new folder or a bundle. Received: {min(others)}, "
            "which is not deleted. Choose another name."
        )
    if is_bundle and not overwrite:
        raise FileExistsError(
            f"{folder}: holds a bundle. Choose another name, or set overwrite=True."
        )


def _write_files(bundle: Bundle, folder: Path) -> None:
    import keras
    import pyarrow as pa
    import pyarrow.parquet as pq

    train = bundle.train
    for side, ids in (("users", train.users), ("items", train.items)):
        (folder / f"{side}.json").write_text(to_json(ids), encoding="utf-8")
    about = _about(bundle)
    _write_json(about, folder / "about.json")
    columns = {name: getattr(train, name) for name in COLUMNS}
    given = {name: column for name, column in columns.items() if column is not None}
    pq.write_table(pa.table(given), folder / "interactions.parquet")
    for side in SIDES:
        features = getattr(train, f"{side}_features")
        if features is not None:
            _write_features(features, folder / f"{side}_features.parquet")
        encoder: FeatureEncoder | None = getattr(bundle, f"{side}_encoder")
        if encoder is not None:
            path = folder / f"{side}_encoder.json"
            path.write_text(encoder.to_json(), encoding="utf-8")
    bundle.model.save(folder / "model.keras")
    versions = {
        "python": platform.python_version(),
        "tfrecs": tfrecs.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    card = model_card(bundle.model, train, about, versions)
    _write_json(card, folder / "model_card.json")
    (folder / "MODEL_CARD.md").write_text(as_markdown(card), encoding="utf-8")
    write_manifest(folder, BUNDLE, {"versions": versions})


def _about(bundle: Bundle) -> dict[str, Any]:
    return {
        "settings": bundle.settings,
        "metrics": bundle.metrics,
        "protocol": bundle.protocol,
        "min_rating": bundle.train.min_rating,
        "repeats": bundle.train.repeats,
    }


def _write_json(content: dict[str, Any], path: Path) -> None:
    try:
        text = json.dumps(content, allow_nan=False, indent=1)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "`settings`, `metrics` and `protocol` must be JSON values: dict, list, "
            f"str, finite numbers, bool, None. Received: {error}"
        ) from error
    path.write_text(text, encoding="utf-8")


def _write_features(frame: "pd.DataFrame", path: Path) -> None:
    """Writes features in the order of the ids; keeps the name of the index."""
    import pandas as pd
    import pyarrow as pa

    rows = frame.set_axis(pd.RangeIndex(len(frame), name=frame.index.name))
    try:
        rows.to_parquet(path)
    except (pa.ArrowException, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise TypeError(
            f"`{path.stem}` must have columns of one type each, with str names. "
            f"Received: {reason}"
        ) from error


def _read_train(
    folder: Path, files: Any, limits: Limits, rules: dict[str, Any]
) -> Interactions:
    import pandas as pd
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {}
    for side in SIDES:
        with _naming(folder / f"{side}s.json") as path:
            ids = from_json(path.read_text(encoding="utf-8"))
        columns[f"{side}s"] = ids
        if f"{side}_features.parquet" in files:
            with _naming(folder / f"{side}_features.parquet") as path:
                limits.check_parquet(path, path.stat().st_size)
                frame = pd.read_parquet(path)
                index = pd.Index(ids.ids, name=frame.index.name, tupleize_cols=False)
                columns[f"{side}_features"] = frame.set_axis(index)
    with _naming(folder / "interactions.parquet") as path:
        limits.check_parquet(path, path.stat().st_size)
        table = pq.read_table(io.BytesIO(path.read_bytes()))
        columns |= {name: table[name].to_numpy() for name in table.column_names}
        return Interactions(**columns, **rules)


def _read_encoder(folder: Path, side: str, files: Any) -> FeatureEncoder | None:
    if f"{side}_encoder.json" not in files:
        return None
    with _naming(folder / f"{side}_encoder.json") as path:
        return FeatureEncoder.from_json(path.read_text(encoding="utf-8"))


@contextmanager
def _naming(path: Path, advice: str = BUNDLE.advice) -> Iterator[Path]:
    """Turns errors into a ValueError of one line with the file's path."""
    import pyarrow as pa

    try:
        yield path
    except (
        *(OSError, ValueError, TypeError, KeyError, AttributeError, ImportError),
        *(RecursionError, pa.ArrowException, zipfile.BadZipFile),
    ) as error:
        reason = " ".join(str(error).split()).removesuffix(".")
        raise ValueError(
            f"{path}: cannot be read. Received: {type(error).__name__}: {reason}. "
            f"{advice}"
        ) from error
