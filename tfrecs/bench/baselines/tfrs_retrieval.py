"""The two-tower retrieval model of TensorFlow Recommenders, in a process of its own.

TensorFlow Recommenders refuses Keras 3: its process has `TF_USE_LEGACY_KERAS=1`.
"""

from tfrecs.bench.baselines._fitted import Fitted
from tfrecs.bench.baselines._worker import fit_apart
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
    worker: str = "tfrecs.bench.baselines._tfrs_worker",
) -> Fitted:
    """Fits two embeddings with `tfrs.tasks.Retrieval` and Adagrad, as in its tutorial.

    The tutorial has neither a penalty nor a correction, and ranks worse than popularity
    on ML-100K: both are options that the library has. Weights of `train` are not used.

    Formula:
        -log softmax(u . v - log p) of the positive item among the items of the batch,
        summed over the batch, + l2 (|U|^2 + |V|^2) at each step

    Args:
        train: the interactions.
        seed: of the embeddings and the order of the interactions.
        embedding_dim: length of the embeddings. The defaults are the best of 8 trials
            by NDCG@10 on a validation tenth of ML-100K's `ua.base`.
        epochs: passes over the interactions.
        batch_size: interactions whose items are each other's negatives.
        learning_rate: of Adagrad.
        l2: weight of the squares of all embeddings.
        correct_sampling: whether p is the item's share of the interactions, rather than
            the same for all. Without, items are pushed down for being popular.
        worker: the module that fits, run with `python -m`.

    Raises:
        BaselineError: if a package is not installed, or its process fails.

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
        worker,
        train,
        settings,
        epochs=epochs,
        packages=["tensorflow_recommenders", "tf_keras"],
        environment={"TF_USE_LEGACY_KERAS": "1"},
    )
