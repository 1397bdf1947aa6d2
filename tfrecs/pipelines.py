"""Interactions to `tf.data`, whole batches at a time.

Nothing here puts a single interaction through `tf.data`: an epoch shuffles one index
vector, cuts it into batches, and gathers each batch, negatives included, in a few ops.
Shapes are static, so that XLA compiles a step once; the rows that do not fill a batch
are left out, other ones in each pass.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs._checks import check_positive
from tfrecs.interactions import Interactions
from tfrecs.negatives import Candidates, Sampler, own_negatives, shared_negatives

if TYPE_CHECKING:
    import tensorflow as tf

BATCHES_AHEAD = 16
"""Batches that are made before they are asked for."""


def pairwise_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    exact: bool = True,
    sampling: str = "uniform",
    exponent: float = 1.0,
    passes: int = 1,
) -> "tf.data.Dataset":
    """Gives rows of one positive and its negatives, reshuffled in each epoch.

    Args:
        train: the positives.
        seed: of the order and of the negatives.
        batch_size: positives in a batch; all of `train` if it has fewer.
        num_negatives: items drawn for each positive.
        exact: whether a known positive is never drawn as a negative.
        sampling: "uniform" or "popularity". A softmax would have to be corrected for
            what is drawn by popularity: take `candidate_batches` for that.
        exponent: of "popularity": an item is drawn by its interactions to that power.
        passes: times that an epoch goes over `train`. A Keras epoch has a cost of its
            own, so small data want several.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch, 1 + n]}, labels
        [batch, 1 + n])`, the positive first; with `[batch]` weights third if `train`
        has weights.

    Raises:
        ValueError: if a size is below 1, `sampling` is unknown, `exponent` is not
            finite or not for it, or with `exact` a user has the whole catalogue.
    """
    import tensorflow as tf

    check_positive(batch_size=batch_size, num_negatives=num_negatives, passes=passes)
    draw = own_negatives(train, sampling=sampling, exact=exact, exponent=exponent)
    batch_size = min(batch_size, len(train))
    users, items = tf.constant(train.user_ids), tf.constant(train.item_ids)
    weights = None if train.weights is None else tf.constant(train.weights)
    assemble = with_own(draw, batch_size, num_negatives)

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, ...]:
        batch = assemble(tf.gather(users, rows), tf.gather(items, rows), seeds)
        return batch if weights is None else (*batch, tf.gather(weights, rows))

    return ready(_shuffled_rows(len(train), batch_size, passes, seed).map(gather))


def pointwise_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    exact: bool = True,
    sampling: str = "uniform",
    exponent: float = 1.0,
    passes: int = 1,
) -> "tf.data.Dataset":
    """Gives single pairs, 1 positive to `num_negatives` negatives.

    The arguments and errors are those of `pairwise_batches`.

    Returns:
        A finite dataset of `({"user_id": [b], "item_id": [b]}, labels [b])` with
        b = batch_size * (1 + num_negatives); with `[b]` weights third if `train` has
        weights.
    """
    import tensorflow as tf

    @tf.autograph.experimental.do_not_convert
    def flatten(
        inputs: Any, labels: "tf.Tensor", *weights: "tf.Tensor"
    ) -> tuple[Any, ...]:
        user_id = tf.repeat(inputs["user_id"], 1 + num_negatives)
        item_id = tf.reshape(inputs["item_id"], [-1])
        flat = ({"user_id": user_id, "item_id": item_id}, tf.reshape(labels, [-1]))
        return (*flat, *(tf.repeat(weight, 1 + num_negatives) for weight in weights))

    return pairwise_batches(
        train,
        seed=seed,
        batch_size=batch_size,
        num_negatives=num_negatives,
        exact=exact,
        sampling=sampling,
        exponent=exponent,
        passes=passes,
    ).map(flatten)


def candidate_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 1024,
    sampling: str = "uniform",
    exponent: float = 1.0,
    correct: bool = True,
    passes: int = 1,
) -> "tf.data.Dataset":
    """Gives positives and negatives that the whole batch shares, for large catalogues.

    A positive meets all of the negatives in one matmul. Some of them may be positives
    of its user: with a large catalogue few are.

    Args:
        train: the positives.
        seed: of the order and of the negatives.
        batch_size: positives in a batch; all of `train` if it has fewer.
        num_negatives: items drawn for the batch, by "uniform" and "popularity".
        sampling: a name of `tfrecs.negatives.CANDIDATES`.
        exponent: of "popularity": an item is drawn by its interactions to that power.
        correct: whether scores are to be corrected for how often an item is drawn
            (logQ), which makes a softmax over the sample one over the catalogue.
        passes: times that an epoch goes over `train`.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch], "candidate_id":
        [n], "log_probability": [batch + n]}, labels [batch, 1 + n])`, the last input
        with `correct` only, and the positive's label first; with `[batch]` weights
        third if `train` has weights. Labels are int8, 0 or 1.

    Raises:
        ValueError: if a size is below 1, `sampling` is unknown, or `exponent` is not
            finite or not for it.
    """
    import tensorflow as tf

    check_positive(batch_size=batch_size, num_negatives=num_negatives, passes=passes)
    candidates = shared_negatives(train, sampling=sampling, exponent=exponent)
    batch_size = min(batch_size, len(train))
    users, items = tf.constant(train.user_ids), tf.constant(train.item_ids)
    weights = None if train.weights is None else tf.constant(train.weights)
    assemble = with_shared(candidates, batch_size, num_negatives, correct)

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, ...]:
        batch = assemble(tf.gather(users, rows), tf.gather(items, rows), seeds)
        return batch if weights is None else (*batch, tf.gather(weights, rows))

    return ready(_shuffled_rows(len(train), batch_size, passes, seed).map(gather))


def user_batches(
    train: Interactions, *, seed: int, batch_size: int = 128, passes: int = 1
) -> "tf.data.Dataset":
    """Gives users and which items are theirs, for catalogue-wide objectives.

    Weights of `train` are not used. What is dense is a batch at a time.

    Args:
        train: the positives.
        seed: of the order.
        batch_size: users in a batch; all who have positives if they are fewer.
        passes: times that an epoch goes over the users.

    Returns:
        A finite dataset of `({"user_id": [batch]}, labels [batch, num_items])`, the
        labels int8, 0 or 1.

    Raises:
        ValueError: if a size is below 1.
    """
    import tensorflow as tf

    check_positive(batch_size=batch_size, passes=passes)
    matrix = train.matrix
    active = np.flatnonzero(np.diff(matrix.indptr)).astype(np.int32)
    batch_size = min(batch_size, len(active))
    users = tf.constant(active)
    items_of = tf.RaggedTensor.from_row_splits(
        matrix.indices.astype(np.int32), matrix.indptr.astype(np.int64)
    )

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, Any]:
        user_id = tf.ensure_shape(tf.gather(users, rows), [batch_size])
        labels = tf.math.bincount(
            tf.gather(items_of, user_id),
            minlength=train.num_items,
            maxlength=train.num_items,
            axis=-1,
            binary_output=True,
        )
        labels = tf.ensure_shape(labels, [batch_size, train.num_items])
        return {"user_id": user_id}, tf.cast(labels, tf.int8)

    return ready(_shuffled_rows(len(active), batch_size, passes, seed).map(gather))


Assemble: TypeAlias = "Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[Any, Any]]"
"""Takes users `[batch]`, items `[batch]` and a seed `[2]`; gives inputs and labels."""


def with_own(draw: Sampler, batch_size: int, num_negatives: int) -> Assemble:
    """Makes batches of `pairwise_batches` of positives, wherever these are from."""
    import tensorflow as tf

    labels = tf.constant(np.eye(1, 1 + num_negatives, dtype=np.float32))

    def assemble(
        user_id: "tf.Tensor", item_id: "tf.Tensor", seed: "tf.Tensor"
    ) -> tuple[Any, Any]:
        negatives = draw(user_id, num_negatives, seed)
        item_id = tf.concat([item_id[:, None], negatives], axis=1)
        item_id = tf.ensure_shape(item_id, [batch_size, 1 + num_negatives])
        inputs = {"user_id": user_id, "item_id": item_id}
        return inputs, tf.repeat(labels, batch_size, axis=0)

    return assemble


def with_shared(
    candidates: Candidates, batch_size: int, num_negatives: int, correct: bool
) -> Assemble:
    """Makes batches of `candidate_batches` of positives, wherever these are from."""
    import tensorflow as tf

    with np.errstate(divide="ignore"):  # of items that are never drawn
        log_probability = tf.constant(np.log(candidates.probability))

    def assemble(
        user_id: "tf.Tensor", item_id: "tf.Tensor", seed: "tf.Tensor"
    ) -> tuple[Any, Any]:
        item_id = tf.ensure_shape(item_id, [batch_size])
        candidate_id = candidates.draw(item_id, num_negatives, seed)
        inputs = {
            "user_id": tf.ensure_shape(user_id, [batch_size]),
            "item_id": item_id,
            "candidate_id": candidate_id,
        }
        if correct:
            both = tf.concat([item_id, candidate_id], axis=0)
            inputs["log_probability"] = tf.gather(log_probability, both)
        first = tf.zeros(batch_size, tf.int32)
        labels = tf.one_hot(first, 1 + candidate_id.shape[0], dtype=tf.int8)
        return inputs, labels

    return assemble


def ready(batches: "tf.data.Dataset") -> "tf.data.Dataset":
    """The same batches, made while the ones before them are trained on."""
    import tensorflow as tf

    options = tf.data.Options()
    # Small data feel both: rewriting the graph takes as long as an epoch, and tuning
    # takes turns with training on the same cores.
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return batches.prefetch(BATCHES_AHEAD).with_options(options)


def _shuffled_rows(
    num_rows: int, batch_size: int, passes: int, seed: int
) -> "tf.data.Dataset":
    """Batches `(rows [batch_size] int32, seed [2])`, in a new order in each pass."""
    import tensorflow as tf

    steps = num_rows // batch_size

    @tf.autograph.experimental.do_not_convert
    def one_pass(drawn: "tf.Tensor") -> "tf.data.Dataset":
        order = tf.random.experimental.stateless_shuffle(
            tf.range(num_rows), seed=tf.stack([tf.constant(seed, tf.int64), drawn])
        )
        batches = tf.reshape(order[: steps * batch_size], [steps, batch_size])
        step = tf.range(steps, dtype=tf.int64)
        seeds = tf.stack([tf.repeat(drawn, steps), step], axis=1)
        return tf.data.Dataset.from_tensor_slices((batches, seeds))

    batches = _numbers(seed).take(passes).flat_map(one_pass)
    return batches.apply(tf.data.experimental.assert_cardinality(steps * passes))


def _numbers(seed: int) -> "tf.data.Dataset":
    """Random int64 without end, other ones in each iteration, by the seed alone.

    They are those of `tf.data.Dataset.random`, which mixes in the seed of
    `tf.random.set_seed`, where that is set to the same seed.
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
