"""The check that a model and data have the same users and items, by number."""

from numbers import Integral
from typing import Any

import numpy as np

from tfrecs.data.interactions import Interactions


def check_same_sizes(model: Any, data: Interactions, name: str = "train") -> None:
    """Raises ValueError if a model and data differ in the number of users or items.

    Args:
        model: a matrix of scores `[num_users, num_items]`, or an object that may have
            `num_users` and `num_items`. Numbers that it does not have are not checked.
        data: the data.
        name: the argument's name, for the message.
    """
    sizes = (data.num_users, data.num_items)
    of_model: tuple[Any, ...] = sizes
    if isinstance(model, np.ndarray):
        of_model = model.shape
    else:
        given = (getattr(model, name, None) for name in ("num_users", "num_items"))
        of_model = tuple(
            number if isinstance(number, Integral) else size
            for number, size in zip(given, sizes, strict=True)
        )
    if of_model != sizes:
        raise ValueError(
            f"`model` must have the {sizes[0]} users and {sizes[1]} items of `{name}`. "
            f"Received: a model of {' and '.join(map(str, of_model))}. Pass the data "
            "that it was built for, or grow it with `grow_with`."
        )
