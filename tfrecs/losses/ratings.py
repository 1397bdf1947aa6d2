"""Losses of ratings, which a score is to equal."""

from typing import Any

import keras
from keras import ops

from tfrecs.losses._rows import in_float32

_register = keras.saving.register_keras_serializable("tfrecs")


@_register
def mse(ratings: Any, scores: Any) -> Any:
    """Squared error of ratings: the score comes to be their mean.

    Formula:
        (rating - s)^2

    Args:
        ratings: `[batch]`.
        scores: `[batch]`.

    References:
        Koren, Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender
        Systems", eq. 5, without its regularization.
    """
    ratings, scores = in_float32(ratings, scores)
    return ops.square(ratings - scores)


@_register
def mae(ratings: Any, scores: Any) -> Any:
    """Absolute error of ratings: the score comes to be their median.

    Formula:
        |rating - s|

    Args:
        ratings: `[batch]`.
        scores: `[batch]`.

    References:
        Willmott and Matsuura 2005, "Advantages of the mean absolute error (MAE) over
        the root mean square error (RMSE) in assessing average model performance".
    """
    ratings, scores = in_float32(ratings, scores)
    return ops.abs(ratings - scores)
