"""Losses of ratings."""

from typing import Any

from keras import ops

from tfrecs.losses._rows import registered


@registered
def mse(labels: Any, scores: Any) -> Any:
    """Squared error of ratings, which their mean minimizes.

    Formula:
        (rating - s)^2

    Args:
        labels: `[batch]`, ratings.
        scores: `[batch]`.

    References:
        Koren, Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender
        Systems", eq. 5, without its regularization.
    """
    return ops.square(labels - scores)


@registered
def mae(labels: Any, scores: Any) -> Any:
    """Absolute error of ratings, which their median minimizes.

    Formula:
        |rating - s|

    Args:
        labels: `[batch]`, ratings.
        scores: `[batch]`.

    References:
        Willmott and Matsuura 2005, "Advantages of the mean absolute error (MAE) over
        the root mean square error (RMSE) in assessing average model performance".
    """
    return ops.abs(labels - scores)
