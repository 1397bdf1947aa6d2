"""The files of a bundle beside its models: ids, interactions, features and encoders."""

import io
import json
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.limits import Limits
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import from_json, to_json

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("user", "item")
COLUMNS = ("user_ids", "item_ids", "ratings", "timestamps", "weights")
ADVICE = "Save the recommender again, or take another copy of the bundle."
OWN_LAYERS = (
    "If the model has custom layers, register them with Keras and import them before; "
    "else save the recommender again."
)


def write_train(train: Interactions, folder: Path) -> None:
    """Writes the ids, interactions and features of training data."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for side, ids in (("users", train.users), ("items", train.items)):
        (folder / f"{side}.json").write_text(to_json(ids), encoding="utf-8")
    columns = {name: getattr(train, name) for name in COLUMNS}
    given = {name: column for name, column in columns.items() if column is not None}
    pq.write_table(pa.table(given), folder / "interactions.parquet")
    for side in SIDES:
        features = getattr(train, f"{side}_features")
        if features is not None:
            _write_features(features, folder / f"{side}_features.parquet")


def read_train(
    folder: Path, files: Collection[str], limits: Limits, rules: dict[str, Any]
) -> Interactions:
    """Reads what `write_train` wrote; `rules` are arguments of `Interactions`."""
    import pandas as pd
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {}
    for side in SIDES:
        with naming(folder / f"{side}s.json") as path:
            ids = from_json(path.read_text(encoding="utf-8"))
        columns[f"{side}s"] = ids
        if f"{side}_features.parquet" in files:
            with naming(folder / f"{side}_features.parquet") as path:
                limits.check_parquet(path, path.stat().st_size)
                frame = pd.read_parquet(path)
                index = pd.Index(ids.ids, name=frame.index.name, tupleize_cols=False)
                columns[f"{side}_features"] = frame.set_axis(index)
    with naming(folder / "interactions.parquet") as path:
        limits.check_parquet(path, path.stat().st_size)
        table = pq.read_table(io.BytesIO(path.read_bytes()))
        columns |= {name: table[name].to_numpy() for name in table.column_names}
        return Interactions(**columns, **rules)


def write_encoder(encoder: FeatureEncoder | None, path: Path) -> None:
    """Writes a fitted encoder of features, if there is one."""
    if encoder is not None:
        path.write_text(encoder.to_json(), encoding="utf-8")


def read_encoder(path: Path, files: Collection[str]) -> FeatureEncoder | None:
    """Reads a fitted encoder, if it is among the files of the manifest."""
    if path.name not in files:
        return None
    with naming(path):
        return FeatureEncoder.from_json(path.read_text(encoding="utf-8"))


def write_json(content: dict[str, Any], path: Path) -> None:
    """Writes JSON values; raises TypeError for others."""
    try:
        text = json.dumps(content, allow_nan=False, indent=1)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "`settings`, `metrics` and `protocol` must be JSON values: dict, list, "
            f"str, finite numbers, bool, None. Received: {error}"
        ) from error
    path.write_text(text, encoding="utf-8")


@contextmanager
def naming(path: Path, advice: str = ADVICE) -> Iterator[Path]:
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
