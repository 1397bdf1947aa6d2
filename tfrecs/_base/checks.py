"""Checks of arguments, each with a message that says how to mend the call."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any


def check_positive(**sizes: int) -> None:
    """Raises ValueError for the first of the named sizes that is not an int >= 1."""
    _check(sizes, "a whole number of at least 1", lambda x: _is_whole(x) and x >= 1)


def check_at_least_zero(**numbers: int) -> None:
    """Raises ValueError for the first of the named numbers that is not an int >= 0."""
    _check(numbers, "a whole number of at least 0", lambda x: _is_whole(x) and x >= 0)


def check_above_zero(**numbers: float) -> None:
    """Raises ValueError for the first number that is not above 0 and finite."""
    _check(numbers, "above 0, and finite", lambda x: 0 < x < math.inf)


def check_not_negative(**numbers: float) -> None:
    """Raises ValueError for the first number that is not at least 0 and finite."""
    _check(numbers, "at least 0, and finite", lambda x: 0 <= x < math.inf)


def check_fraction(**fractions: float) -> None:
    """Raises ValueError for the first of the named fractions outside [0, 1)."""
    _check(fractions, "at least 0 and less than 1", lambda x: 0 <= x < 1)


def check_share(**shares: float) -> None:
    """Raises ValueError for the first of the named shares outside (0, 1]."""
    _check(shares, "above 0 and at most 1", lambda x: 0 < x <= 1)


def check_proportion(**proportions: float) -> None:
    """Raises ValueError for the first of the named proportions outside [0, 1]."""
    _check(proportions, "from 0 to 1", lambda x: 0 <= x <= 1)


def check_inside(**numbers: float) -> None:
    """Raises ValueError for the first of the named numbers outside (0, 1)."""
    _check(numbers, "above 0 and less than 1", lambda x: 0 < x < 1)


def _is_whole(number: Any) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


def _check(
    numbers: Mapping[str, Any], expected: str, is_right: Callable[[Any], bool]
) -> None:
    """Raises ValueError for the first number that is not as expected."""
    for name, number in numbers.items():
        if not is_right(number):
            raise ValueError(
                f"`{name}` must be {expected}. Received: {name}={number!r}"
            )


def check_range(**ranges: Sequence[float]) -> None:
    """Raises ValueError for the first of the named ranges that is not low < high."""
    for name, ends in ranges.items():
        if len(ends) != 2 or not -math.inf < ends[0] < ends[1] < math.inf:
            raise ValueError(f"`{name}` must be two finite numbers, the lower first. "
                             f"Received: {name}={tuple(ends)!r}")  # fmt: skip


def check_choice(name: str, choice: str, choices: Iterable[str]) -> None:
    """Raises ValueError that lists the choices if `choice` is not among them."""
    known = list(choices)
    if choice not in known:
        raise ValueError(
            f"`{name}` must be one of {', '.join(known)}. Received: {choice!r}"
        )


def check_unlabelled(name: str, table: Any) -> None:
    """Raises ValueError for a table with ids of rows or names of columns.

    Where numbers are taken in the order of rows and columns, a table of pandas must
    have the default index and columns, and other tables always have names.
    """
    axes = {"columns": getattr(table, "columns", None)}
    if hasattr(table, "iloc"):
        axes["index"] = table.index
    for axis, labels in axes.items():
        start, step = getattr(labels, "start", None), getattr(labels, "step", None)
        if labels is not None and (start, step) != (0, 1):
            raise ValueError(
                f"`{name}` must be numbers in the order of rows and columns. Received: "
                f"a {type(table).__name__} with {axis} such as {labels[0]!r:.60}, "
                "which would be ignored. Encode it by a tfrecs.FeatureEncoder, or pass "
                "table.to_numpy() in that order."
            )


def check_cutoffs(k: int | Sequence[int], num_items: int) -> tuple[int, ...]:
    """Returns the cut-offs as a tuple, each a whole number from 1 to `num_items`."""
    cutoffs = tuple(k) if isinstance(k, Iterable) else (k,)
    if not cutoffs:
        raise ValueError("`k` must name at least one cut-off. Received: none")
    for cutoff in cutoffs:
        check_positive(k=cutoff)
        if cutoff > num_items:
            raise ValueError(
                f"`k` must be at most num_items={num_items}, the catalogue's size. "
                f"Received: k={cutoff}. Lower k."
            )
    return cutoffs
