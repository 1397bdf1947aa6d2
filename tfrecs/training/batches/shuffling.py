"""Batches of rows, in a new order in each epoch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from tfrecs._base.checks import check_at_least_zero
from tfrecs.data.interactions import Interactions

if TYPE_CHECKING:
    import tensorflow as tf

BATCHES_AHEAD = 16
"""Batches that are made in advance."""

Assemble: TypeAlias = "Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[Any, Any]]"
"""Takes users `[batch]`, items `[batch]` and a seed `[2]`; returns a batch."""


def batches_of_pairs(
    train: Interactions,
    assemble: Assemble,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    start_epoch: int,
) -> "tf.data.Dataset":
    """Returns batches of the positives of `train`, with its weights if it has any."""
    import tensorflow as tf

    users, items = tf.constant(train.user_ids), tf.constant(train.item_ids)
    weights = None if train.weights is None else tf.constant(train.weights)

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, ...]:
        batch = assemble(tf.gather(users, rows), tf.gather(items, rows), seeds)
        return batch if weights is None else (*batch, tf.gather(weights, rows))

    rows = shuffled_rows(len(train), batch_size, epochs, seed, start_epoch)
    return ready(rows.map(gather))


def ready(batches: "tf.data.Dataset") -> "tf.data.Dataset":
    """Returns the same batches, made while earlier ones are trained on."""
    import tensorflow as tf

    options = tf.data.Options()
    # Both cost much for small data: rewriting the graph takes as long as an epoch, and
    # tuning competes with training for the cores.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return batches.prefetch(BATCHES_AHEAD).with_options(options)


def shuffled_rows(
    num_rows: int, batch_size: int, epochs: int, seed: int, start_epoch: int
) -> "tf.data.Dataset":
    """Returns batches `(rows [batch_size] int32, seed [2])`, shuffled in each epoch.

    Raises:
        ValueError: if `start_epoch` is not a multiple of `epochs`.
    """
    import tensorflow as tf

    check_at_least_zero(start_epoch=start_epoch)
    if start_epoch % epochs:
        raise ValueError(
            f"`start_epoch` must be a multiple of epochs={epochs}, the epochs of an "
            f"iteration. Received: start_epoch={start_epoch}"
        )
    steps = num_rows // batch_size

    @tf.autograph.experimental.do_not_convert
    def one_epoch(drawn: "tf.Tensor") -> "tf.data.Dataset":
        order = tf.random.experimental.stateless_shuffle(
            tf.range(num_rows), seed=tf.stack([tf.constant(seed, tf.int64), drawn])
        )
        batches = tf.reshape(order[: steps * batch_size], [steps, batch_size])
        step = tf.range(steps, dtype=tf.int64)
        seeds = tf.stack([tf.repeat(drawn, steps), step], axis=1)
        return tf.data.Dataset.from_tensor_slices((batches, seeds))

    numbers = _numbers(seed)
    for _ in range(start_epoch // epochs):
        iter(numbers)  # which draws the seed of an iteration, and nothing else
    batches = numbers.take(epochs).flat_map(one_epoch)
    return batches.apply(tf.data.experimental.assert_cardinality(steps * epochs))


def _numbers(seed: int) -> "tf.data.Dataset":
    """Returns endless random int64, different in each iteration, by the seed alone.

    `tf.data.Dataset.random` mixes in the seed of `tf.random.set_seed`; with the same
    seed there the numbers are identical.
    """
    import tensorflow as tf

    seeds = [seed, seed or 2**31 - 1]  # two zeros would be no seed
    numbers = tf.raw_ops.RandomDatasetV2(
        seed=tf.constant(seeds[0], tf.int64),
        seed2=tf.constant(seeds[1], tf.int64),
        seed_generator=tf.raw_ops.DummySeedGenerator(),
        rerandomize_each_iteration=True,
        output_types=[tf.int64],
        output_shapes=[[]],
    )
    return tf.data.experimental.from_variant(numbers, tf.TensorSpec([], tf.int64))
