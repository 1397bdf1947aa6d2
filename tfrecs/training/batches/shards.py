"""Shards to `tf.data`, of the same batches that `tfrecs.training.batches` makes.

An epoch opens the shards in a new order, some of them at a time, shuffles what is open
as one, cuts it into batches, and goes on to the next ones. As each shard is a random
sample of all interactions, so is what is open; but two rows of shards that are not open
together never share a batch of that epoch. With all shards open at once the shuffle is
one of everything.

Rows that do not fill a batch, at most one batch of them for each time that shards are
opened, are left out of an epoch, other ones in each. Every order is drawn anew from the
seed and the number of the epoch, so that any batch can be made without those before.
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
from tfrecs.training.negatives import approximate_negatives, shared_negatives
from tfrecs.training.partial_credit import PartialCredit

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
    """Gives positives and negatives that the whole batch shares, from shards.

    Batches are those of `tfrecs.shared_negatives_batches`, and so are the arguments that are
    not told here. Memory is a few times that of the shards that are open.

    Args:
        shards: from `prepare_shards` or `open_shards`.
        seed: of the order and of the negatives.
        batch_size: positives in a batch.
        num_negatives: items drawn for the batch, by "uniform" and "popularity".
        sampling: a name of `tfrecs.training.negatives.SHARED_NEGATIVES`.
        exponent: of "popularity": an item is drawn by its interactions to that power.
        correct: whether scores are to be corrected for how often an item is drawn.
        epochs: passes over the shards in one iteration of the dataset.
        open_at_once: shards that are shuffled together.
        start_step: batches that were trained on before, in all epochs together: the
            first batch is the one that would have been next, and what comes before it
            is not read, but for the shards that are open then.
        credit: what other items are given for being like the positive.

    Returns:
        A finite dataset. Each time that it is gone over it goes on where the time
        before was to end.

    Raises:
        ValueError: if a size is below 1, `batch_size` is more than the rows that are
            open at once, `sampling` is unknown, `exponent` is not finite or not for it,
            or `credit` is of another catalogue.
    """
    check_positive(num_negatives=num_negatives)
    order = _Order(shards, seed, batch_size, open_at_once)
    negatives = shared_negatives(shards, sampling=sampling, exponent=exponent)
    give = None if credit is None else credit.giver(shards.num_items)
    assemble = with_shared(negatives, batch_size, num_negatives, correct, give)
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
    """Gives rows of one positive and negatives of its own, from shards.

    Batches are those of `tfrecs.pairwise_batches(..., exact=False)`: now and then a
    positive is among the negatives. Arguments, what is returned, and errors are those
    of `sharded_shared_negatives_batches`, but that `num_negatives` are for each positive and
    `sampling` is "uniform" or "popularity".
    """
    check_positive(num_negatives=num_negatives)
    order = _Order(shards, seed, batch_size, open_at_once)
    draw = approximate_negatives(shards, sampling=sampling, exponent=exponent)
    give = None if credit is None else credit.giver(shards.num_items)
    assemble = with_own(draw, batch_size, num_negatives, give)
    return _batches(order, assemble, epochs, start_step)


@dataclass(frozen=True)
class _Order:
    """The order of all positives in all epochs.

    Args:
        shards: where they are.
        seed: of the order.
        batch_size: positives in a batch.
        open_at_once: shards that are shuffled together, at most.
    """

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
        """`[groups]`, the batches of an epoch up to the end of each group of shards."""
        rows = self._rows * np.array([len(group) for group in self._groups(epoch=0)])
        return np.cumsum(rows // self.batch_size)

    def chunks(self, start: int, stop: int) -> Iterator[tuple[IntArray, AnyArray]]:
        """Gives batches `[n, batch_size, 2]` and their numbers, a group at a time."""
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
        """Of the smallest shard: one that has a row more leaves out one more."""
        return self.shards.num_interactions // self.shards.num_shards

    def _groups(self, epoch: int) -> list[AnyArray]:
        """The shards that are open together, as many in each epoch, but other ones."""
        order = np.random.default_rng([self.seed, epoch, 0]).permutation(
            self.shards.num_shards
        )
        return np.array_split(order, math.ceil(len(order) / self.open_at_once))

    def _shuffled(self, epoch: int, group: int) -> IntArray:
        """The batches of a group of shards, `[n, batch_size, 2]`."""
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
    starts = count(start_step, steps)  # a start for each time that it is gone over

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
    # The next shards are read and shuffled while those before are trained on.
    groups = tf.data.Dataset.from_generator(chunks, output_signature=kinds).prefetch(1)
    batches = groups.unbatch().map(gather)
    return ready(batches.apply(tf.data.experimental.assert_cardinality(steps)))
