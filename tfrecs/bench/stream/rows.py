"""Rows of the stream bench, and the models that some of them start from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tfrecs.bench.quiet import load_tensorflow
from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.streaming import (
    HistoryScorer,
    Isgd,
    ItemItem,
    Learner,
    Popular,
    RankingSgd,
    Ridge,
)
from tfrecs.streaming.state_file import settings_of

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        learner: makes the learner.
        train: trains the model on the batch that the learner starts from; None if it
            learns from the events of the batch one by one.
    """

    learner: Callable[[StreamProblem], Learner]
    train: Callable[[StreamProblem], "TwoTower"] | None = None

    def settings(self, problem: StreamProblem) -> dict[str, Any]:
        """Returns the settings of the learner, and whether it starts from a model."""
        from_model = self.train is not None
        return {**settings_of(self.learner(problem)), "from_model": from_model}


def train_mf(problem: StreamProblem) -> "TwoTower":
    """Trains matrix factorization on the batch.

    The settings were chosen on the first fifth of ML-1M, half of it as the batch and
    half as the stream.
    """
    load_tensorflow()
    import keras

    from tfrecs.models import build_mf
    from tfrecs.training.fit import fit

    batch = problem.batch
    keras.utils.set_random_seed(problem.seed)
    model = build_mf(batch.num_users, batch.num_items, embedding_dim=32, dropout=0.3)
    fit(
        model,
        batch,
        seed=problem.seed,
        objective="squared-error",
        negatives="all",
        optimizer=keras.optimizers.Adam(0.01),
        epochs=40,
        validate_every=10,
        verbose=False,
    )
    return model


def train_history(problem: StreamProblem) -> "TwoTower":
    """Trains a model of histories on the batch, with the settings of `fit`."""
    load_tensorflow()
    import keras

    from tfrecs.models import build_gru
    from tfrecs.training.fit import fit

    keras.utils.set_random_seed(problem.seed)
    model = build_gru(problem.batch.num_items)
    fit(model, problem.batch, seed=problem.seed, verbose=False)
    return model


ROWS: dict[str, Row] = {
    "popularity": Row(lambda problem: Popular()),
    "recent-popularity": Row(lambda problem: Popular(window=problem.window)),
    "last-item": Row(lambda problem: ItemItem(most=1, power=0, backward=0)),
    "isgd": Row(lambda problem: Isgd(seed=problem.seed)),
    "item-item-cosine": Row(
        lambda problem: ItemItem(most=100, neighbours=4096, decay=1, backward=1)
    ),
    "ranking-sgd": Row(lambda problem: RankingSgd(seed=problem.seed)),
    "ridge": Row(lambda problem: Ridge(seed=problem.seed), train_mf),
    "item-item": Row(lambda problem: ItemItem()),
    "history": Row(lambda problem: HistoryScorer(seed=problem.seed), train_history),
}
"""Baselines first. Settings were chosen on the first fifth of ML-1M, see
`benchmarks/README.md`."""
