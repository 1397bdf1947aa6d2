"""Checks of the settings of learners."""

import math


def check_above_zero(**numbers: float | None) -> None:
    """Raises ValueError for the first number that is not above 0 and finite."""
    for name, number in numbers.items():
        if number is not None and not 0 < number < math.inf:
            raise ValueError(f"`{name}` must be above 0. Received: {name}={number!r}")


def check_not_negative(**numbers: float) -> None:
    """Raises ValueError for the first number that is not at least 0 and finite."""
    for name, number in numbers.items():
        if not 0 <= number < math.inf:
            raise ValueError(
                f"`{name}` must be at least 0, and finite. Received: {name}={number!r}"
            )
