"""Raw rows of new users and items, as a model reads them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.frames import as_frame
from tfrecs.data.roles import usual_column

if TYPE_CHECKING:
    import pandas as pd

Side: TypeAlias = Literal["user", "item"]
Encoders: TypeAlias = Mapping[Side, FeatureEncoder | None]
"""The fitted encoder of each side's features, None without one."""


def encoded(
    features: Any, encoder: FeatureEncoder | None, side: Side
) -> tuple[AnyArray | None, Any]:
    """Returns the names of new users or items, and their features as numbers.

    Args:
        features: a table of raw columns, for which an encoder is needed; or numbers,
            in an array or in a table whose columns have no names.
        encoder: the encoder of the model's features.
        side: "user" or "item".

    Returns:
        The names, None without any: the index of a table, or its column with a
        usual name of ids if its index counts rows; and numbers or a sparse matrix.

    Raises:
        ValueError: if a table has names of columns, and there is no encoder.
    """
    import pandas as pd

    if isinstance(features, pd.Series):
        return np.asarray(features.index), features.to_numpy()
    if not (hasattr(features, "columns") or hasattr(features, "to_pandas")):
        return None, features
    frame = as_frame(features, f"{side}_features")
    if encoder is not None:
        return _names(frame, encoder, side), encoder.transform(frame)
    if not isinstance(frame.columns, pd.RangeIndex):
        raise ValueError(
            f"A table of raw columns needs the `{side}_encoder` that encoded the "
            f"features of training. Received: columns "
            f"{', '.join(map(str, frame.columns[:20]))}, and no encoder. Pass it to "
            "Recommender(...), or pass numbers: table.to_numpy()."
        )
    return np.asarray(frame.index), frame.to_numpy()


def _names(frame: "pd.DataFrame", encoder: FeatureEncoder, side: Side) -> AnyArray:
    """Returns the ids in the index, or in a column that the encoder does not read."""
    import pandas as pd

    read = {name for _, name in encoder.columns}
    counts_rows = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    others = [name for name in frame.columns if name not in read]
    column = usual_column(others, side) if counts_rows else None
    return np.asarray(frame.index if column is None else frame[column])
