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
    ranker.keras, ranker.json, ranker_user_encoder.json, ranker_item_encoder.json
                            optional, a second stage: see `second_stage.files`
    MODEL_CARD.md           what is known of the model, to read; model_card.json, too

There are no pickles, and loading runs no code of the bundle: see `read_model`. The
SHA-256 detect damage, but do not authenticate the writer.
"""

import platform
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tfrecs
from tfrecs._base.finite_json import read_json
from tfrecs._base.folders import folder_when_whole, read_folder
from tfrecs._base.limits import Limits
from tfrecs._base.manifest import MANIFEST, Kind, read_manifest, write_manifest
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.interactions import Interactions
from tfrecs.inference.bundle_files import (
    ADVICE,
    OWN_LAYERS,
    SIDES,
    naming,
    read_encoder,
    read_train,
    write_encoder,
    write_json,
    write_train,
)
from tfrecs.inference.model_card import as_markdown, model_card
from tfrecs.inference.second_stage.files import (
    SECOND_STAGE,
    SecondStage,
    check_to_save,
    read_second_stage,
    write_second_stage,
)

OPTIONAL = (
    "user_features.parquet",
    "item_features.parquet",
    "user_encoder.json",
    "item_encoder.json",
    "MODEL_CARD.md",  # bundles of earlier versions have no card
    "model_card.json",
    *SECOND_STAGE,
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
    ADVICE,
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

    @classmethod
    def of(cls, recommender: Any) -> "Bundle":
        """Returns the parts of a recommender."""
        return cls(**{name: getattr(recommender, name) for name in cls._fields})


def read_bundle(folder: Path, limits: Limits) -> Bundle:
    """Checks every file of a bundle and reads it; see `Recommender.load`.

    A bundle that is replaced meanwhile is read again.
    """
    return read_folder(folder, partial(_read_first, limits=limits))


def read_stages(folder: Path, limits: Limits) -> tuple[Bundle, SecondStage | None]:
    """Reads a bundle and its second stage, if it has one; see `read_bundle`."""
    return read_folder(folder, partial(_read_both, limits=limits))


def _read_first(folder: Path, limits: Limits) -> Bundle:
    files = _files(folder)
    if not files.isdisjoint(SECOND_STAGE):
        raise ValueError(
            f"{folder}: must be a bundle without a second stage. Received: one that "
            "Reranked.save wrote. Load it with tfrecs.Reranked.load, whose "
            "`recommender` is the first stage."
        )
    return _read_files(folder, files, limits)


def _read_both(folder: Path, limits: Limits) -> tuple[Bundle, SecondStage | None]:
    files = _files(folder)
    return _read_files(folder, files, limits), read_second_stage(folder, files)


def _files(folder: Path) -> set[str]:
    """Returns the names of the files that the manifest names, all checked."""
    files = read_manifest(folder, BUNDLE)["files"]
    held = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    others = held - {MANIFEST, *files}
    if others:
        raise ValueError(
            f"{folder}: must hold only files that {MANIFEST} names. Received: "
            f"{min(others)}. Remove it, or take another copy of the bundle."
        )
    missing = [name for name in BUNDLE.files if name not in (*files, *OPTIONAL)]
    if missing:
        raise ValueError(
            f"{folder / MANIFEST}: must name {missing[0]}. Received: "
            f"{', '.join(files)}. {ADVICE}"
        )
    return set(files)


def _read_files(folder: Path, files: Collection[str], limits: Limits) -> Bundle:
    from tfrecs.models.finite_weights import check_weights
    from tfrecs.models.model_file import read_model

    of_users, of_items = (
        read_encoder(folder / f"{side}_encoder.json", files) for side in SIDES
    )
    with naming(folder / "about.json") as path:
        about = read_json(path.read_text(encoding="utf-8"))
        settings, metrics = dict(about["settings"]), dict(about["metrics"])
        protocol = dict(about.get("protocol", {}))  # earlier versions: none
        min_rating = about.get("min_rating")
        if not isinstance(min_rating, int | float | None):
            raise TypeError(f"min_rating is {min_rating!r}")
        # Bundles of earlier versions have no repeats.
        rules = {"min_rating": min_rating, "repeats": about.get("repeats") is True}
    train = read_train(folder, files, limits, rules)
    with naming(folder / "model.keras", OWN_LAYERS) as path:
        model = read_model(path)
        check_weights(model)
    return Bundle(model, train, of_users, of_items, settings, metrics, protocol)


def write_bundle(
    folder: Path,
    bundle: Bundle,
    second: SecondStage | None = None,
    *,
    overwrite: bool,
    durable: bool,
) -> None:
    """Writes a bundle as a whole; see `Recommender.save` and `Reranked.save`."""
    import keras

    from tfrecs.models.finite_weights import check_weights
    from tfrecs.models.gathering import written_once

    if not isinstance(bundle.model, keras.Model):
        raise TypeError(
            "`model` must be a Keras model to be saved, such as from build_mf. "
            f"Received: {type(bundle.model).__name__}"
        )
    if second is not None:
        check_to_save(second.ranker)
    folder = folder.resolve()  # the target of a link is written, and the link stays
    with written_once(bundle.model) as model:
        if model is None:
            return
        _check_place(folder, overwrite)
        check_weights(model)
        with folder_when_whole(folder, overwrite=overwrite, durable=durable) as new:
            _write_files(bundle._replace(model=model), second, new)


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


def _write_files(bundle: Bundle, second: SecondStage | None, folder: Path) -> None:
    import keras

    about = _about(bundle)
    write_json(about, folder / "about.json")
    write_train(bundle.train, folder)
    for side in SIDES:
        encoder: FeatureEncoder | None = getattr(bundle, f"{side}_encoder")
        write_encoder(encoder, folder / f"{side}_encoder.json")
    bundle.model.save(folder / "model.keras")
    versions = {
        "python": platform.python_version(),
        "tfrecs": tfrecs.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    card = model_card(bundle.model, bundle.train, about, versions)
    if second is not None:
        card["ranker"] = write_second_stage(second, folder)
    write_json(card, folder / "model_card.json")
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
