"""Batches of `tfrecs.training.batches`, from shards.

An epoch opens the shards in a new order, a group at a time, shuffles the rows of the
group and cuts them into batches. As each shard is a random sample of all interactions,
so is a group; but rows of shards in different groups never share a batch in that epoch.
With all shards open at once all rows are shuffled together.

The rows of a group that do not fill a batch are left out, other ones in each epoch.
Every order is drawn from the seed and the number of the epoch, so any batch can be made
without the batches before it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_at_least_zero, check_positive
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.shards.folder import Shards
from tfrecs.training.batches import Assemble, ready, with_own, with_shared
from tfrecs.training.negatives import approximate_negatives
from tfrecs.training.partial_credit import PartialCredit
from tfrecs.training.shared_negatives import shared_negatives

if TYPE_CHECKING:
    import tensorflow as tf


def sharded_shared_negatives_batches(
    shards: Shards,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 1024,
    sampling: str = "uniform",
    exponent: float = 1.0,
    correct: bool = True,
    epochs: int = 1,
    open_at_once: int = 4,
    start_step: int = 0,
    credit: PartialCredit | None = None,
) -> "tf.data.Dataset":
    """Makes batches of positives and shared negatives, from shards.

    Batches are as from `tfrecs.shared_negatives_batches`. Memory is a few times that of
    the open shards.

    Args:
        shards: from `prepare_shards` or `open_shards`.
        seed: of the order and of the negatives.
        batch_size: positives in a batch.
        num_negatives: items drawn for the batch, by "uniform" and "popularity".
        sampling: a name of `tfrecs.training.shared_negatives.SHARED_NEGATIVES`.
        exponent: of "popularity": an item is drawn by its interactions to that power.
        correct: whether to correct scores for how often an item is drawn (logQ).
        epochs: passes over the shards in one iteration of the dataset.
        open_at_once: shards that are shuffled together.
        start_step: number of batches to skip, of all epochs together, to resume a
            training. Shards of earlier groups are not read.
        credit: soft labels of negatives; see `tfrecs.training.partial_credit`.

    Returns:
        A finite dataset. Each iteration resumes where the previous one ended.

    Raises:
        ValueError: if a size is below 1, `batch_size` exceeds the rows of the open
            shards, `sampling` is unknown, `exponent` is not finite or does not apply to
            it, or `credit` is of another catalogue.
    """
    check_positive(num_negatives=num_negatives)
    order = _Order(shards, seed, batch_size, open_at_once)
    negatives = shared_negatives(shards, sampling, exponent)
    labels = None if credit is None else credit.function(shards.num_items)
    assemble = with_shared(negatives, batch_size, num_negatives, correct, labels)
    return _batches(order, assemble, epochs, start_step)


def sharded_pairwise_batches(
    shards: Shards,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    sampling: str = "uniform",
    exponent: float = 1.0,
    epochs: int = 1,
    open_at_once: int = 4,
    start_step: int = 0,
    credit: PartialCredit | None = None,
) -> "tf.data.Dataset":
    """Makes rows of one positive and its own negatives, from shards.

    Batches are as from `tfrecs.pairwise_batches(..., exact=False)`. For arguments,
    returns and errors see `sharded_shared_negatives_batches`.
    """
    check_positive(num_negatives=num_negatives)
    order = _Order(shards, seed, batch_size, open_at_once)
    draw = approximate_negatives(shards, sampling, exponent)
    labels = None if credit is None else credit.function(shards.num_items)
    assemble = with_own(draw, batch_size, num_negatives, labels)
    return _batches(order, assemble, epochs, start_step)


@dataclass(frozen=True)
class _Order:
    """The order of all positives in all epochs; fields as the arguments above."""

    shards: Shards
    seed: int
    batch_size: int
    open_at_once: int

    def __post_init__(self) -> None:
        """Checks the sizes."""
        check_positive(batch_size=self.batch_size, open_at_once=self.open_at_once)
        check_at_least_zero(seed=self.seed)
        fewest = min(map(len, self._groups(epoch=0))) * self._rows
        if self.batch_size > fewest:
            raise ValueError(
                f"`batch_size` must be at most {fewest}, the interactions that are "
                f"open at once. Received: batch_size={self.batch_size}. Lower it, or "
                "raise `open_at_once` if there are more shards."
            )

    @property
    def ends(self) -> AnyArray:
        """`[groups]`, the batches of an epoch up to the end of each group."""
        rows = self._rows * np.array([len(group) for group in self._groups(epoch=0)])
        return np.cumsum(rows // self.batch_size)

    def chunks(self, start: int, stop: int) -> Iterator[tuple[IntArray, AnyArray]]:
        """Yields batches `[n, batch_size, 2]` and their numbers, a group at a time."""
        ends = self.ends
        while start < stop:
            epoch, first = divmod(start, int(ends[-1]))
            group = int(np.searchsorted(ends, first, side="right"))
            last = min(int(ends[group]), first + stop - start)
            numbers = np.arange(start, start + last - first)
            before = ends[group - 1] if group else 0
            yield self._shuffled(epoch, group)[first - before : last - before], numbers
            start += last - first

    @property
    def _rows(self) -> int:
        """Rows of the smallest shard; a larger shard leaves out its one row more."""
        return self.shards.num_interactions // self.shards.num_shards

    def _groups(self, epoch: int) -> list[AnyArray]:
        """Returns the groups of shards, of the same sizes in each epoch."""
        order = np.random.default_rng([self.seed, epoch, 0]).permutation(
            self.shards.num_shards
        )
        return np.array_split(order, math.ceil(len(order) / self.open_at_once))

    def _shuffled(self, epoch: int, group: int) -> IntArray:
        """Returns the batches of a group of shards, `[n, batch_size, 2]`."""
        shards = self._groups(epoch)[group]
        pairs = np.concatenate([self.shards.read(shard) for shard in shards])
        rng = np.random.default_rng([self.seed, epoch, 1 + group])
        rng.shuffle(pairs.view(np.int64)[:, 0])  # whole rows, in place
        whole = len(shards) * self._rows // self.batch_size
        return pairs[: whole * self.batch_size].reshape(whole, self.batch_size, 2)


def _batches(
    order: _Order, assemble: Assemble, epochs: int, start_step: int
) -> "tf.data.Dataset":
    import tensorflow as tf

    check_positive(epochs=epochs)
    check_at_least_zero(start_step=start_step)
    steps = int(order.ends[-1]) * epochs
    starts = count(start_step, steps)  # one for each iteration

    def chunks() -> Iterator[tuple[IntArray, AnyArray]]:
        start = next(starts)
        yield from order.chunks(start, start + steps)

    @tf.autograph.experimental.do_not_convert
    def gather(pairs: "tf.Tensor", number: "tf.Tensor") -> tuple[Any, Any]:
        seeds = tf.stack([tf.constant(order.seed, tf.int64), number])
        return assemble(pairs[:, 0], pairs[:, 1], seeds)

    kinds = (
        tf.TensorSpec([None, order.batch_size, 2], tf.int32),
        tf.TensorSpec([None], tf.int64),
    )
    # The next group is read and shuffled during the training on this one.
    groups = tf.data.Dataset.from_generator(chunks, output_signature=kinds).prefetch(1)
    batches = groups.unbatch().map(gather)
    return ready(batches.apply(tf.data.experimental.assert_cardinality(steps)))
