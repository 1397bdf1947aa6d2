"""The files of a second stage in a bundle.

    ranker.keras            the ranker
    ranker.json             the number of candidates, the names of context columns, and
                            all columns that the ranker reads, in their order
    ranker_user_encoder.json, ranker_item_encoder.json
                            optional, the ranker's own encoders of features; without
                            them it reads what the first stage's encoders return

`ranker.keras` is checked as the bundle's model is: see `read_model`.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from tfrecs._base.finite_json import read_json
from tfrecs.data.features import FeatureEncoder
from tfrecs.inference.bundle_files import (
    OWN_LAYERS,
    SIDES,
    naming,
    read_encoder,
    write_encoder,
    write_json,
)
from tfrecs.inference.second_stage.ranker import is_keras

RANKER, SETTINGS = "ranker.keras", "ranker.json"
SECOND_STAGE = (RANKER, SETTINGS, *(f"ranker_{side}_encoder.json" for side in SIDES))


class SecondStage(NamedTuple):
    """The parts of a second stage: arguments of `Reranked`, and all columns."""

    ranker: Any
    candidates: int
    context: list[str]
    columns: list[str]
    user_encoder: FeatureEncoder | None
    item_encoder: FeatureEncoder | None


def check_to_save(ranker: Any) -> None:
    """Raises TypeError or ValueError for a ranker that has no safe form in a file."""
    from tfrecs.models.finite_weights import check_weights

    if not is_keras(ranker):
        raise TypeError(
            "`ranker` must be a Keras model to be saved or exported: other estimators "
            f"have no form that is safe to load. Received: {type(ranker).__name__}. "
            "Save `recommender` as a bundle and the ranker in its own way, such as by "
            "skops or joblib, and make a Reranked of both again."
        )
    if not ranker.built:
        raise ValueError(
            "`ranker` must have weights to be saved. Received: a model that was not "
            f"built, {ranker.name}. Fit it before."
        )
    check_weights(ranker)


def write_second_stage(second: SecondStage, folder: Path) -> dict[str, Any]:
    """Writes the files, and returns what a model card says of them."""
    about = {"candidates": second.candidates, "context": second.context}
    write_json({**about, "columns": second.columns}, folder / SETTINGS)
    for side in SIDES:
        encoder: FeatureEncoder | None = getattr(second, f"{side}_encoder")
        write_encoder(encoder, folder / f"ranker_{side}_encoder.json")
    second.ranker.save(folder / RANKER)
    parameters = second.ranker.count_params()
    return {"name": second.ranker.name, "parameters": parameters, **about}


def read_second_stage(folder: Path, files: Collection[str]) -> SecondStage | None:
    """Reads the files, if the manifest names any of them.

    Raises:
        ValueError: if one cannot be read, or a weight is not finite.
    """
    from tfrecs.models.finite_weights import check_weights
    from tfrecs.models.model_file import read_model

    if set(files).isdisjoint(SECOND_STAGE):
        return None
    with naming(folder / SETTINGS) as path:
        about = read_json(path.read_text(encoding="utf-8"))
        settings = about["candidates"], about["context"], about["columns"]
    encoders = (
        read_encoder(folder / f"ranker_{side}_encoder.json", files) for side in SIDES
    )
    with naming(folder / RANKER, OWN_LAYERS) as path:
        ranker = read_model(path)
        check_weights(ranker)
    return SecondStage(ranker, *settings, *encoders)
