"""Rankers of a second stage: estimators of scikit-learn's form, and Keras models."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, Scores
from tfrecs.evaluation.ranking.scorers import in_own_precision

if TYPE_CHECKING:
    import pandas as pd


BLOCK = 2**13
"""Rows that a Keras model scores at once."""


def check_ranker(ranker: Any) -> None:
    """Raises TypeError unless a ranker can be fitted and can predict."""
    scores = hasattr(ranker, "predict_proba") or hasattr(ranker, "predict")
    if not (hasattr(ranker, "fit") and scores) or isinstance(ranker, type):
        raise TypeError(
            "`ranker` must be a Keras model, or an estimator with `fit(X, y)` and "
            f"`predict_proba(X)` or `predict(X)`. Received: {ranker!r}"
        )


def check_width(ranker: Any, columns: Sequence[str]) -> None:
    """Raises ValueError if a built Keras model reads another number of columns."""
    shape = getattr(ranker, "input_shape", None) if is_keras(ranker) else None
    if shape not in (None, (None, len(columns)), (None, None)):
        raise ValueError(
            f"`ranker` must read [rows, {len(columns)}], the columns "
            f"{', '.join(columns)}. Received: a model with the input {shape}"
        )


def fit_ranker(
    ranker: Any, rows: "pd.DataFrame", labels: AnyArray, settings: Mapping[str, Any]
) -> None:
    """Fits a ranker to rows and their labels 0 and 1, with arguments of its `fit`."""
    if is_keras(ranker):
        settings = {"verbose": 0, **settings}
    ranker.fit(_as_read(ranker, rows), labels, **settings)


def ranker_scores(ranker: Any, rows: "pd.DataFrame") -> Scores:
    """Returns a ranker's score of each row `[rows]`, higher is better.

    It is the probability of the second class, or else the prediction.

    Raises:
        ValueError: unless there is one finite score for each row.
    """
    if len(rows) == 0:  # which estimators refuse
        return np.empty(0)
    given = _as_read(ranker, rows)
    if is_keras(ranker):
        starts = range(0, len(given), BLOCK)
        parts = [ranker.predict_on_batch(given[at : at + BLOCK]) for at in starts]
        name, found = "predict_on_batch", np.concatenate(parts)
    elif hasattr(ranker, "predict_proba"):
        name, found = "predict_proba", np.asarray(ranker.predict_proba(given))
        found = found[:, 1] if found.ndim == 2 and found.shape[1] == 2 else found
    else:
        name, found = "predict", ranker.predict(given)
    scores = in_own_precision(found)
    if scores.size != len(rows) or len(scores) != len(rows):
        raise ValueError(
            f"`{name}` of the ranker must return one score for each of {len(rows)} "
            f"rows. Received: shape {list(scores.shape)}"
        )
    scores = scores.reshape(-1)
    if not np.isfinite(scores).all():
        raise ValueError(
            f"`{name}` of the ranker must return finite scores. Received: "
            f"{np.count_nonzero(~np.isfinite(scores))} of {len(scores)} are not"
        )
    return scores


def is_keras(ranker: Any) -> bool:
    """Returns whether a ranker is a Keras model, without importing Keras."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(ranker, keras.Model)


def _as_read(ranker: Any, rows: "pd.DataFrame") -> Any:
    """Returns the table, and for a Keras model its numbers `[rows, columns]`."""
    return numbers_of(rows) if is_keras(ranker) else rows


def numbers_of(rows: "pd.DataFrame") -> Scores:
    """Returns what a Keras model reads of columns: `[rows, columns]` float32.

    Raises:
        ValueError: if a column is not numeric, or not finite.
    """
    import pandas as pd

    numeric = pd.api.types.is_numeric_dtype
    others = [name for name in rows.columns if not numeric(rows[name].dtype)]
    if others:
        raise ValueError(
            "A Keras ranker reads numeric columns alone. Received: "
            f"{', '.join(map(repr, others[:20]))}. Encode features by a "
            "tfrecs.FeatureEncoder, as `user_encoder` or `item_encoder`, and context "
            "as numbers."
        )
    numbers = rows.to_numpy(np.float32, na_value=np.nan)
    missing = ~np.isfinite(numbers).all(axis=0)
    if missing.any():
        raise ValueError(
            "A Keras ranker reads finite numbers alone. Received: missing or infinite "
            f"values in {', '.join(map(repr, rows.columns[missing][:20]))}. Fill them, "
            "or encode features by a tfrecs.FeatureEncoder."
        )
    return numbers
