"""The two-tower retrieval model of TensorFlow Recommenders, which refuses Keras 3."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.bench.baselines.fitted import Fitted
from tfrecs.bench.baselines.process import fit_apart
from tfrecs.data.interactions import Interactions


def fit_tfrs(
    train: Interactions,
    seed: int,
    *,
    embedding_dim: int = 64,
    epochs: int = 12,
    batch_size: int = 2048,
    learning_rate: float = 0.1,
    l2: float = 0.1,
    correct_sampling: bool = True,
) -> Fitted:
    """Fits two embeddings with `tfrs.tasks.Retrieval` and Adagrad, as in its tutorial.

    The tutorial has neither a penalty nor a correction, and ranks worse than popularity
    on ML-100K: both are options of the library. Weights of `train` are not used.

    Formula:
        -log softmax(u . v - log p) of the positive item among the items of the batch,
        summed over the batch, + l2 (|U|^2 + |V|^2) at each step

    Args:
        train: the interactions.
        seed: seed of the embeddings and the order of the interactions.
        embedding_dim: length of the embeddings. The defaults are the best of 8 trials
            by NDCG@10 on a validation tenth of ML-100K's `ua.base`.
        epochs: number of epochs.
        batch_size: interactions whose items are each other's negatives.
        learning_rate: learning rate of Adagrad.
        l2: weight of the squares of all embeddings.
        correct_sampling: whether p is the item's share of the interactions, instead of
            a constant, which penalizes popular items.

    Raises:
        BaselineError: if a package is not installed, or the process fails.

    References:
        https://www.tensorflow.org/recommenders/examples/basic_retrieval, the tutorial;
        Yi et al. 2019, "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
        Recommendations".
    """
    settings = {
        "embedding_dim": embedding_dim,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "l2": l2,
        "correct_sampling": correct_sampling,
        "seed": seed,
    }
    return fit_apart(
        __name__,
        train,
        settings,
        epochs=epochs,
        packages=["tensorflow_recommenders", "tf_keras"],
        environment={"TF_USE_LEGACY_KERAS": "1"},
    )


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
    """Fits with Adagrad; see `tfrecs.bench.baselines.process`."""
    import tensorflow as tf
    import tf_keras

    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    pairs = sp.coo_array(train)
    shares = np.bincount(pairs.col, minlength=train.shape[1]) / pairs.nnz
    num_users, num_items = train.shape
    sampled = shares if correct_sampling else None
    model = two_towers(num_users, num_items, embedding_dim, l2, sampled)
    model.compile(optimizer=tf_keras.optimizers.Adagrad(learning_rate))
    batches = _batches(pairs.row, pairs.col, batch_size, seed)
    start = time.perf_counter()
    model.fit(batches, epochs=epochs, verbose=0)
    return {
        "seconds": time.perf_counter() - start,
        "users": model.users.embeddings.numpy(),
        "items": model.items.embeddings.numpy(),
    }


def _batches(user_ids: IntArray, item_ids: IntArray, batch_size: int, seed: int) -> Any:
    """Returns a dataset of all pairs in a new order in each epoch."""
    import tensorflow as tf

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


def two_towers(
    num_users: int,
    num_items: int,
    embedding_dim: int,
    l2: float,
    shares: FloatArray | None,
) -> Any:
    """Builds the tutorial's model; see `fit_tfrs`.

    `shares` `[num_items]` are the probabilities of items to be in a batch, for the
    correction; None for no correction.
    """
    import tensorflow as tf
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
            probability = None if shares is None else tf.gather(sampled, item_ids)
            return self.task(
                self.users(user_ids),
                self.items(item_ids),
                candidate_ids=item_ids,
                candidate_sampling_probability=probability,
            )

    sampled = None if shares is None else tf.constant(shares, tf.float32)
    return TwoTowers()
