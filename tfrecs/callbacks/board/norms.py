"""The lengths of vectors, by popularity of items or activity of users."""

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.summary_v2 import histogram_pb

from tfrecs._base.types import AnyArray, FloatArray, IntArray

MOST_IN_DECILE = 1_000
"""Vectors that are drawn of a decile."""


def deciles(counts: AnyArray) -> IntArray:
    """Returns the decile of each count (an integer), from 1 (the least) to 10.

    Equal counts are all in the lowest decile that one of them is in.

    Example:
        >>> deciles(np.array([7, 0, 5, 5, 9])).tolist()
        [7, 1, 3, 3, 9]
    """
    of_count = np.bincount(counts)
    less = np.cumsum(of_count) - of_count  # than each count, without sorting
    return (10 * less // len(counts) + 1).astype(np.int32)[counts]


def drawn_by_decile(decile: IntArray, rng: np.random.Generator) -> IntArray:
    """Draws at most `MOST_IN_DECILE` of each decile, in ascending order."""
    drawn = []
    for number in np.unique(decile):
        members = np.flatnonzero(decile == number)
        most = min(MOST_IN_DECILE, len(members))
        drawn.append(rng.choice(members, most, replace=False))
    return np.sort(np.concatenate(drawn)).astype(np.int32)


def norms(group: str, vectors: FloatArray, decile: IntArray) -> Summary:
    """Returns a histogram of the lengths of vectors `[n, dim]` for each decile `[n]`.

    `group` is a prefix of the tags.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    named = {1: ", least", 10: ", most"}
    summary = Summary()
    for number in np.unique(decile).tolist():
        tag = f"{group}/decile {number:02}{named.get(number, '')}"
        summary.MergeFrom(histogram_pb(tag, lengths[decile == number]))
    return summary
