"""Checks of arguments, each with a message that says how to mend the call."""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any


def check_positive(**sizes: int) -> None:
    """Raises ValueError for the first of the named sizes that is not an int >= 1."""
    _check_whole(1, sizes)


def check_at_least_zero(**numbers: int) -> None:
    """Raises ValueError for the first of the named numbers that is not an int >= 0."""
    _check_whole(0, numbers)


def _check_whole(least: int, numbers: Mapping[str, int]) -> None:
    for name, number in numbers.items():
        is_whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not is_whole or number < least:
            raise ValueError(f"`{name}` must be a whole number of at least {least}. "
                             f"Received: {name}={number!r}")  # fmt: skip


def check_fraction(**fractions: float) -> None:
    """Raises ValueError for the first of the named fractions outside [0, 1)."""
    for name, fraction in fractions.items():
        if not 0 <= fraction < 1:
            raise ValueError(f"`{name}` must be at least 0 and less than 1. "
                             f"Received: {name}={fraction!r}")  # fmt: skip


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
