"""Precision and recall at every length of the lists, as a PR curve."""

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.pr_curve import metadata
from tensorboard.util.tensor_util import make_tensor_proto

from tfrecs._base.types import AnyArray
from tfrecs.evaluation.metrics.ranking import Ranks


def lengths_up_to(num_items: int) -> list[int]:
    """Gives 1, 2, 3, 5, 10, 20, 30, 50, 100, ... and at the end the whole catalogue."""
    steps = (10**n * m for n in range(len(str(num_items))) for m in (1, 2, 3, 5))
    return [*(length for length in steps if length < num_items), num_items]


def counts_at(ranked: Ranks, lengths: list[int]) -> AnyArray:
    """Counts pairs in lists of these lengths and outside: `[6, lengths]`.

    The rows are true and false positives, true and false negatives, precision and
    recall, of all users together. A list is no longer than what its user can get, so
    that the longest ones hold everything.
    """
    hits = np.array([np.count_nonzero(ranked.ranks <= length) for length in lengths])
    given = np.array([np.minimum(ranked.num_candidates, x).sum() for x in lengths])
    relevant, pairs = ranked.num_relevant.sum(), ranked.num_candidates.sum()
    outside = pairs - given - (relevant - hits)
    precision, recall = hits / given, hits / relevant
    return np.stack(
        [hits, given - hits, outside, relevant - hits, precision, recall]
    ).astype(np.float32)


def pr_curve(tag: str, ranked: Ranks, num_items: int) -> Summary:
    """Gives the curve, from the whole catalogue (TensorBoard's threshold 0) to one.

    There is no probability in it: a list's length is what is changed along the curve.
    """
    lengths = lengths_up_to(num_items)[::-1]
    told = (
        f"Points, from right to left: lists of {', '.join(map(str, lengths))} items, "
        "training items left out. TensorBoard numbers them from 0 to 1 as thresholds."
    )
    summary = Summary()
    summary.value.add(
        tag=tag,
        metadata=metadata.create_summary_metadata(tag, told, len(lengths)),
        tensor=make_tensor_proto(counts_at(ranked, lengths)),
    )
    return summary
