"""The columns that a ranker of a second stage reads of users, items and requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import IntArray
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.frames import as_frame
from tfrecs.data.interactions import Interactions
from tfrecs.inference.encoders import Side

if TYPE_CHECKING:
    import pandas as pd


class SideFeatures:
    """Columns of one side: its features, and the number of interactions of each id.

    Names of columns start with the side: "item_year", or of encoded features
    "item_genres=Drama"; and "item_interactions".

    Args:
        side: "user" or "item".
        train: the features and interactions.
        encoder: the fitted encoder of the features; None for their raw columns.

    Raises:
        TypeError: if `encoder` is something else.
        ValueError: if there is an encoder and no features.
    """

    def __init__(
        self, side: Side, train: Interactions, encoder: FeatureEncoder | None
    ) -> None:
        import pandas as pd

        name, frame = f"`{side}_encoder`", getattr(train, f"{side}_features")
        if encoder is not None and not isinstance(encoder, FeatureEncoder):
            raise TypeError(
                f"{name} must be a FeatureEncoder. Received: {type(encoder).__name__}"
            )
        if encoder is not None and frame is None:
            raise ValueError(
                f"{name} needs features of {side}s in the recommender's `train`. "
                f"Received: {train!r}"
            )
        self._raw: pd.DataFrame | None = None
        self._encoded: sp.csr_array | None = None
        encoded: list[str] = []
        if encoder is not None:
            self._encoded = encoder.transform(frame)
            encoded = [f"{side}_{feature}" for feature in encoder.names]
        elif frame is not None:
            self._raw = frame.rename(columns=lambda column: f"{side}_{column}")
        columns = encoded if self._raw is None else list(self._raw.columns)
        self.names = [*columns, f"{side}_interactions"]
        axis = 1 if side == "user" else 0
        self._counts = train.matrix.sum(axis=axis, dtype=np.int64)

    def rows(self, indices: IntArray) -> "pd.DataFrame":
        """Returns the columns of some users or items `[rows]`, by their indices."""
        import pandas as pd

        *names, of_counts = self.names
        if self._encoded is not None:
            found = pd.DataFrame(self._encoded[indices].toarray(), columns=names)
        elif self._raw is not None:
            found = self._raw.iloc[indices].reset_index(drop=True)
        else:
            found = pd.DataFrame(index=range(len(indices)))
        return found.assign(**{of_counts: self._counts[indices]})


def names_of(context: Any) -> list[str]:
    """Returns names of context columns; TypeError unless they are a list of names."""
    names = [context] if isinstance(context, str) else list(context)
    if isinstance(context, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"`context` must be a list of names of columns. Received: {context!r}"
        )
    return names


def check_distinct(*names: Sequence[str]) -> None:
    """Raises ValueError if a column of the ranker is named twice."""
    every = [name for some in names for name in some]
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise ValueError(
            "Columns of features and context must have names of their own, beside "
            f"score and rank. Received: {', '.join(twice)} more than once. Rename them."
        )


def context_rows(
    context: Any, names: Sequence[str], num_users: int
) -> "pd.DataFrame | None":
    """Returns the context columns of a request, a row for each user; None without any.

    Raises:
        TypeError: if the context is not a table.
        ValueError: if a column is missing, there are other numbers of rows, or the
            ranker reads no context.
    """
    if not names:
        if context is not None:
            raise ValueError(
                "`context` is for a ranker that reads context columns, named in "
                "`context` of Reranked. Received: one that reads none"
            )
        return None
    if context is None:
        raise ValueError(
            f"`context` must be a table with the columns {', '.join(names)}, a row for "
            "each user. Received: None"
        )
    frame = as_frame(context, "context")
    check_columns(frame, names, "context")
    if len(frame) != num_users:
        raise ValueError(
            f"`context` must have a row for each of {num_users} users, in their order. "
            f"Received: {len(frame)} rows"
        )
    return frame[list(names)].reset_index(drop=True)


def check_columns(frame: "pd.DataFrame", names: Sequence[str], argument: str) -> None:
    """Raises ValueError if a table lacks a column."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(
            f"`{argument}` must have the columns {', '.join(names)}. Received: "
            f"{', '.join(map(str, frame.columns[:20]))}, without {', '.join(missing)}"
        )
