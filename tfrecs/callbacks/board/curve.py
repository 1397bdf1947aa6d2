"""Precision and recall at every length of the lists, as a PR curve."""

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.pr_curve import metadata
from tensorboard.util.tensor_util import make_tensor_proto

from tfrecs._base.types import AnyArray
from tfrecs.evaluation.metrics.ranking import Ranks


def lengths_up_to(num_items: int) -> list[int]:
    """Returns 1, 2, 3, 5, 10, 20, 30, 50, 100, ..., and the whole catalogue."""
    steps = (10**n * m for n in range(len(str(num_items))) for m in (1, 2, 3, 5))
    return [*(length for length in steps if length < num_items), num_items]


def counts_at(ranked: Ranks, lengths: list[int]) -> AnyArray:
    """Counts the pairs inside and outside of lists of these lengths: `[6, lengths]`.

    The rows are true and false positives, true and false negatives, precision and
    recall, of all users together. A list is no longer than the number of items that its
    user can get, so the longest lists hold everything.
    """
    hits = np.array([np.count_nonzero(ranked.ranks <= length) for length in lengths])
    listed = np.array([np.minimum(ranked.num_candidates, x).sum() for x in lengths])
    relevant, pairs = ranked.num_relevant.sum(), ranked.num_candidates.sum()
    missed = relevant - hits
    rows = [hits, listed - hits, pairs - listed - missed, missed]
    return np.stack([*rows, hits / listed, hits / relevant]).astype(np.float32)


def pr_curve(tag: str, ranked: Ranks, num_items: int) -> Summary:
    """Returns the curve, from the whole catalogue (TensorBoard's threshold 0) to one.

    The length of the lists takes the place of a threshold on probabilities.
    """
    lengths = lengths_up_to(num_items)[::-1]
    description = (
        f"Points, from right to left: lists of {', '.join(map(str, lengths))} items, "
        "without training items. TensorBoard numbers them from 0 to 1 as thresholds."
    )
    summary = Summary()
    summary.value.add(
        tag=tag,
        metadata=metadata.create_summary_metadata(tag, description, len(lengths)),
        tensor=make_tensor_proto(counts_at(ranked, lengths)),
    )
    return summary
