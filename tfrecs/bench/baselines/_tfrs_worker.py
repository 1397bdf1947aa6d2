"""The process of `fit_tfrs`."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
import tensorflow as tf

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.bench.baselines._worker import serve


def fit(
    train: sp.csr_array,
    *,
    embedding_dim: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    l2: float,
    correct_sampling: bool,
    seed: int,
) -> dict[str, Any]:
    """Fits with Adagrad, on batches that are drawn anew in each epoch."""
    import tf_keras

    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    pairs = sp.coo_array(train)
    drawn = np.bincount(pairs.col, minlength=train.shape[1]) / pairs.nnz
    num_users, num_items = train.shape
    model = _two_towers(
        num_users, num_items, embedding_dim, l2, drawn if correct_sampling else None
    )
    model.compile(optimizer=tf_keras.optimizers.Adagrad(learning_rate))
    batches = _batches(pairs.row, pairs.col, batch_size, seed)
    start = time.perf_counter()
    model.fit(batches, epochs=epochs, verbose=0)
    return {
        "seconds": time.perf_counter() - start,
        "users": model.users.embeddings.numpy(),
        "items": model.items.embeddings.numpy(),
    }


def _batches(
    user_ids: IntArray, item_ids: IntArray, batch_size: int, seed: int
) -> tf.data.Dataset:
    """All pairs once, in a new order each time: faster than shuffling one by one."""
    rng = np.random.default_rng(seed)

    def draw() -> Iterator[dict[str, IntArray]]:
        order = rng.permutation(len(user_ids))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            yield {"user_id": user_ids[rows], "item_id": item_ids[rows]}

    ids = tf.TensorSpec([None], tf.int32)
    return tf.data.Dataset.from_generator(
        draw, output_signature={"user_id": ids, "item_id": ids}
    ).prefetch(tf.data.AUTOTUNE)


def _two_towers(
    num_users: int,
    num_items: int,
    embedding_dim: int,
    l2: float,
    drawn: FloatArray | None,
) -> Any:
    """The tutorial's model; `drawn` is how often each item is in a batch `[items]`."""
    import tensorflow_recommenders as tfrs
    import tf_keras

    def embed(number: int) -> Any:
        penalty = tf_keras.regularizers.L2(l2) if l2 else None
        return tf_keras.layers.Embedding(
            number, embedding_dim, embeddings_regularizer=penalty
        )

    class TwoTowers(tfrs.Model):
        def __init__(self) -> None:
            super().__init__()
            self.users, self.items = embed(num_users), embed(num_items)
            self.task = tfrs.tasks.Retrieval(remove_accidental_hits=True)

        def compute_loss(self, inputs: dict[str, Any], training: bool = False) -> Any:
            user_ids, item_ids = inputs["user_id"], inputs["item_id"]
            return self.task(
                self.users(user_ids),
                self.items(item_ids),
                candidate_ids=item_ids,
                candidate_sampling_probability=(
                    None if drawn is None else tf.gather(probability, item_ids)
                ),
            )

    probability = None if drawn is None else tf.constant(drawn, tf.float32)
    return TwoTowers()


if __name__ == "__main__":
    serve(fit)
