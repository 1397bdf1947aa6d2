"""A run in TensorBoard: what training tells, and looks at the model meanwhile."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs.callbacks.board.budget import Budget
from tfrecs.callbacks.board.card import card_of
from tfrecs.callbacks.board.events import Events, scalars, texts
from tfrecs.callbacks.board.examples import Examples, draw_examples
from tfrecs.callbacks.board.graph import graph_of
from tfrecs.callbacks.board.looks import Looks
from tfrecs.callbacks.board.memory import memory
from tfrecs.callbacks.board.points import PointsOf
from tfrecs.callbacks.board.profiler import Profiler, check_profile
from tfrecs.callbacks.board.projector import write_points
from tfrecs.callbacks.board.rates import learning_rates
from tfrecs.callbacks.board.sample import METRICS, Diverged
from tfrecs.callbacks.board.sessions import (
    check_hparams,
    session_end,
    session_start,
)
from tfrecs.callbacks.board.sessions import log_result as log_result
from tfrecs.callbacks.ranking_metrics import sample_users
from tfrecs.data.columns import as_indices
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import choose_measures
from tfrecs.evaluation.protocol import check_apart
from tfrecs.models.two_tower import TwoTower
from tfrecs.models.views import TrainingView
from tfrecs.reporting.items import ItemNames


class TensorBoard(keras.callbacks.Callback):
    """Writes what can be seen of a training into one run of TensorBoard.

    Put it after `RankingMetrics`, whose metrics it then shows. It changes neither the
    model nor the logs nor any global seed: training gives the same numbers without it.
    The step of every curve is the number of epochs, passes over `train`.

    - Scalars, after each epoch: each number in the logs (`train/loss`, and
      `val_ndcg@10` as `validation/ndcg@10`), the learning rate of each optimizer, and
      under `workload/` interactions a second, without what callbacks take, and memory.
    - Looks (below): ranking metrics, coverage and the share of the most popular items
      for some users, under `validation sample/`; a PR curve over all lengths of their
      lists; recommendations for a few users as text, hits marked; and distributions of
      the lengths of vectors by popularity and activity.
    - At the start: a card of the run as text, and the model as a graph. At the end: the
      vectors of the 10,000 most popular items and of as many users for the projector,
      with titles, genres and popularity.
    - With `hparams`, the run is a line of the HParams tab.

    A look takes some time, so that there is a budget: the first epoch and the end of
    training always get one; after another epoch there is a look if all that this
    callback has taken, with this look and what comes at the end, stays within `share`
    of the training time until then. A model whose scores are NaN is not looked at.

    Of a model that is none of ours there are the scalars, the card, the graph if it is
    functional or sequential, and HParams; if it has `score_users(user_ids)`, all but
    the vectors. Whatever was written before training is interrupted stays, epoch by
    epoch; vectors are written by a training that ends.

    Args:
        log_dir: folder of the run. Each `fit` adds one file of events.
        train: what the model learns from.
        validation: held-out interactions, never the test set; None for none.
        validate_every: epochs between two calls of the callback, as of `tfrecs.fit`.
        hparams: settings to show beside other runs': numbers, strings or bools. None
            for no line there.
        card: more rows of the card, such as {"dataset": "ml-100k", "split": "ua"}.
        k: cut-offs of the sample's metrics; examples show as many items as the largest.
        num_users: users drawn from those of `validation`, the same for each look.
        share: of the training time that looks may take, from 0 to 1.
        example_users: indices of users whose recommendations are shown; None for one
            with few, one with more and one with many training interactions.
        title_col: column of `train.item_features` with names of items. Raw ids are
            shown where it is missing.
        image_col: column of `train.item_features` with paths of pictures (PNG, JPEG,
            GIF), which the projector shows; None for points.
        image_folder: the folder that paths start from; no file out of it is read.
        profile: the first and the last batch to trace, counted from 1 over all epochs;
            see the Profile tab, which `tensorboard-plugin-profile` adds. None for none.
        seed: of what is drawn for looks.

    Raises:
        TypeError: for `hparams` of other types.
        ValueError: for numbers, users or batches out of range, as
            `tfrecs.callbacks.RankingMetrics`, or for pictures as `tfrecs.reporting.posters`; when
            training begins, if no file can be written in `log_dir` or the model has
            other users or items than `train`.

    Example:
        ```python
        board = TensorBoard("logs/mf", train, validation, hparams={"dim": 64})
        tfrecs.fit(model, train, seed=0, validate_every=1, callbacks=[board])
        ```
        Then `tensorboard --logdir logs`.
    """

    def __init__(
        self,
        log_dir: str | Path,
        train: Interactions,
        validation: Interactions | None = None,
        *,
        validate_every: int = 1,
        hparams: Mapping[str, Any] | None = None,
        card: Mapping[str, Any] | None = None,
        k: int | Sequence[int] = 10,
        num_users: int = 200,
        share: float = 0.05,
        example_users: Sequence[int] | None = None,
        title_col: str = "title",
        image_col: str | None = None,
        image_folder: str | Path = ".",
        profile: tuple[int, int] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_positive(validate_every=validate_every, num_users=num_users)
        if not 0 <= share <= 1:
            raise ValueError(f"`share` must be from 0 to 1. Received: share={share!r}")
        check_hparams(hparams or {})
        check_profile(profile)
        self.log_dir = Path(log_dir)
        self.train = train
        self.validation = validation
        self.validate_every = validate_every
        self.hparams = hparams
        self.card = dict(card or {})
        self.async_safe = profile is None  # a trace must begin with its batch
        self._profiler = None if profile is None else Profiler(self.log_dir, *profile)
        self._events = Events(self.log_dir)
        self._epochs = 0
        self.budget = Budget(share)
        with self.budget.spending():
            rng = np.random.default_rng(seed)
            sample = None
            if validation is not None:
                check_apart(train, validation, True)
                sample = sample_users(validation, num_users, seed)
            if example_users is None:
                users = draw_examples(train, sample, rng)
            else:
                users = as_indices(example_users, "example_users", train.num_users)
            names = ItemNames(train, title_col)
            examples = Examples(train, validation, users, names)
            measures = choose_measures(METRICS, check_cutoffs(k, train.num_items))
            self._looks = Looks(train, sample, examples, measures, rng)
            self._points = PointsOf(train, names, image_col, Path(image_folder), rng)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Opens a file and writes what is known before training."""
        self._check_model()
        self._stop_trace()  # of a training that was interrupted
        self._events.close()
        self._is_first, self._is_seen = True, False
        with self.budget.spending():
            self._write_start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self._began = self._ended = time.perf_counter()

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Starts a trace if it is time."""
        if self._profiler is not None:
            with self.budget.spending():
                self._profiler.before(batch)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Notes the time: the last one ends the epoch's training."""
        self._ended = time.perf_counter()
        if self._profiler is not None:
            with self.budget.spending():
                self._profiler.after(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the scalars, and looks at the model if there is time for it."""
        taken = self._ended - self._began
        self._epochs = max(epoch, self._epochs) + 1
        self.budget.trained += taken
        with self.budget.spending():
            self._write_scalars(logs or {}, taken)
        self._is_seen = False
        if self._is_first or self.budget.allows_a_look():
            self._is_seen = self._look()
        self._is_first = False

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Looks at the model, writes the vectors, and closes the file."""
        self._stop_trace()
        is_seen = self._is_seen or self._look()
        with self.budget.spending():
            if is_seen and isinstance(self._towers, TwoTower):
                write_points(self.log_dir, self._points.at(self._towers))
            if self.hparams is not None:
                self._events.write(self._step, session_end())
            self._events.close()

    @property
    def _towers(self) -> keras.Model:
        """The model that is looked at: of a view of one, that one."""
        is_view = isinstance(self.model, TrainingView)
        return self.model.towers if is_view else self.model

    @property
    def _step(self) -> int:
        return self._epochs * self.validate_every

    def _check_model(self) -> None:
        """Raises ValueError for a model of other users or items: not after an epoch."""
        train, model = self.train, self._towers
        if not isinstance(model, TwoTower):
            return
        sizes = (model.num_users, model.num_items)
        if sizes != (train.num_users, train.num_items):
            raise ValueError(
                f"`train` must have the {sizes[0]} users and {sizes[1]} items of the "
                f"model. Received: {train.num_users} and {train.num_items}"
            )

    def _stop_trace(self) -> None:
        if self._profiler is not None:
            with self.budget.spending():
                self._profiler.stop()

    def _write_start(self) -> None:
        told = card_of(self.card, self.train, self.validation, self._towers, self.model)
        self._events.write(self._step, texts({"card of the run": told}))
        if self.hparams is not None:
            self._events.write(self._step, session_start(self.log_dir, self.hparams))
        graph = graph_of(self._towers)
        if graph is not None:
            self._events.write_graph(graph)

    def _write_scalars(self, logs: Mapping[str, Any], taken: float) -> None:
        told = {
            f"validation/{name[4:]}" if name.startswith("val_") else f"train/{name}": x
            for name, x in logs.items()
            if _is_number(x)
        }
        workload = memory()
        if taken > 0:
            workload["examples_per_second"] = (
                self.validate_every * len(self.train) / taken
            )
        told |= {f"workload/{name}": x for name, x in workload.items()}
        told |= learning_rates(getattr(self.model, "optimizer", None))
        self._events.write(self._step, scalars(told))

    def _look(self) -> bool:
        """Writes what is seen of the model; tells whether it can be looked at."""
        if not hasattr(self._towers, "score_users"):
            return False
        with self.budget.looking(), suppress(Diverged):
            self._events.write(self._step, *self._looks.at(self._towers))
            return True
        return False


def _is_number(value: Any) -> bool:
    """Whether it is one number, which a curve can be drawn of."""
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"
