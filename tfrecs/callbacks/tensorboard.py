"""A Keras callback that shows the training of a recommender in TensorBoard."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.finite import NotFinite
from tfrecs.callbacks.board.budget import Budget
from tfrecs.callbacks.board.card import card_of
from tfrecs.callbacks.board.events import EventWriter, scalars, texts
from tfrecs.callbacks.board.graph import graph_of
from tfrecs.callbacks.board.hparams import check_hparams, session_end, session_start
from tfrecs.callbacks.board.profiler import Profiler, check_profile
from tfrecs.callbacks.board.projector import ItemDisplay, Projector
from tfrecs.callbacks.board.snapshots import Snapshots, SnapshotTaker
from tfrecs.callbacks.board.workload import learning_rates, log_scalars, memory
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.models.two_tower import TwoTower
from tfrecs.models.views import TrainingView


class TensorBoard(keras.callbacks.Callback):
    """Writes a training into one run of TensorBoard.

    Put it after `RankingMetrics`, whose metrics it then shows. It changes neither the
    model nor the logs nor any global seed: the numbers are identical without it.
    The step of every curve is the number of epochs, passes over `train`.

    - Scalars, every `validate_every` epochs: each number in the logs (`train/loss`, and
      `val_ndcg@10` as `validation/ndcg@10`), the learning rate of each optimizer, and
      under `workload/` memory and interactions a second, without the time of callbacks.
    - Snapshots: ranking metrics, coverage and the share of the most popular items for
      some users, under `validation sample/`; a PR curve over all lengths of their
      lists; recommendations for a few users as text, with marked hits; and histograms
      of the lengths of vectors by popularity and activity.
    - At the start: a card of the run as text, and the model as a graph. At the end: the
      vectors of the 10,000 most popular items and of as many users for the projector,
      with titles, genres and popularity.
    - With `hparams`, the run is a line of the HParams tab.

    The first validation step and the end of training always take a snapshot; others
    take one if the time of this callback stays within `snapshots.share` of the training
    time so far. There is no snapshot of a model whose scores are NaN.

    A model of another package has the scalars, the card, the graph if it is functional
    or sequential, and HParams; with a method `score_users(user_ids)` it has everything
    but the vectors. The vectors are written when a training ends.

    Args:
        log_dir: folder of the run. Each `fit` adds one event file.
        train: training data.
        validation: held-out interactions, never the test set; None for none.
        validate_every: epochs between two calls of the callback, as in `tfrecs.fit`.
        hparams: numbers, strings or bools to compare between runs; None for no line in
            the HParams tab.
        card: more rows of the card, such as {"dataset": "ml-100k", "split": "ua"}.
        snapshots: metrics, users and time of snapshots; None for `Snapshots()`.
        items: the columns of titles and pictures; None for `ItemDisplay()`.
        profile: the first and the last batch to trace, counted from 1 over all epochs,
            for the Profile tab of `tensorboard-plugin-profile`; None for no trace.

    Raises:
        TypeError: for `hparams` of other types.
        ValueError: for numbers, users or batches out of range, if `train` and
            `validation` share a pair, or for pictures as `tfrecs.reporting.posters`;
            when training begins, if no file can be created in `log_dir` or the model
            has other users or items than `train`.

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
        snapshots: Snapshots | None = None,
        items: ItemDisplay | None = None,
        profile: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        check_positive(validate_every=validate_every)
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
        self._events = EventWriter(self.log_dir)
        self._steps = 0
        settings, display = snapshots or Snapshots(), items or ItemDisplay()
        self.budget = Budget(settings.share)
        with self.budget.spending():
            rng = np.random.default_rng(settings.seed)
            self._taker = SnapshotTaker(
                train, validation, settings, display.names(train), rng
            )
            self._projector = Projector(train, display, rng)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts a file and writes what is known before training."""
        self._check_model()
        self._stop_trace()  # of an interrupted training
        self._events.start_file()
        self._is_first, self._is_taken = True, False
        with self.budget.spending():
            self._write_start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self._began = self._ended = time.perf_counter()

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Starts a trace if it is due."""
        if self._profiler is not None:
            with self.budget.spending():
                self._profiler.before(batch)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Stops the clock; the last batch ends the training of the epoch."""
        self._ended = time.perf_counter()
        if self._profiler is not None:
            with self.budget.spending():
                self._profiler.after(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the scalars, and a snapshot if there is time for it."""
        seconds = self._ended - self._began
        self._steps = max(epoch, self._steps) + 1
        self.budget.trained += seconds
        with self.budget.spending():
            self._write_scalars(logs or {}, seconds)
        is_due = self._is_first or self.budget.allows_snapshot()
        self._is_taken = is_due and self._take_snapshot()
        self._is_first = False

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Writes a last snapshot and the vectors."""
        self._stop_trace()
        is_taken = self._is_taken or self._take_snapshot()
        with self.budget.spending():
            if is_taken and isinstance(self._towers, TwoTower):
                self._projector.write(self.log_dir, self._towers)
            if self.hparams is not None:
                self._events.write(self._epochs, session_end())

    @property
    def _towers(self) -> keras.Model:
        """The model that is shown, not a view of it that is trained."""
        is_view = isinstance(self.model, TrainingView)
        return self.model.towers if is_view else self.model

    @property
    def _epochs(self) -> int:
        return self._steps * self.validate_every

    def _check_model(self) -> None:
        """Raises ValueError for a model of other users or items, before training."""
        if isinstance(self._towers, TwoTower):
            check_same_sizes(self._towers, self.train)

    def _stop_trace(self) -> None:
        if self._profiler is not None:
            with self.budget.spending():
                self._profiler.stop()

    def _write_start(self) -> None:
        loss = (self.params or {}).get("loss")
        about = self.card, self.train, self.validation, self._towers, self.model
        card = card_of(*about, loss)
        self._events.write(self._epochs, texts({"card of the run": card}))
        if self.hparams is not None:
            self._events.write(self._epochs, session_start(self.log_dir, self.hparams))
        graph = graph_of(self._towers)
        if graph is not None:
            self._events.write_graph(graph)

    def _write_scalars(self, logs: Mapping[str, Any], seconds: float) -> None:
        values = log_scalars(logs) | memory()
        if seconds > 0:
            examples = self.validate_every * len(self.train)
            values["workload/examples_per_second"] = examples / seconds
        values |= learning_rates(getattr(self.model, "optimizer", None))
        self._events.write(self._epochs, scalars(values))

    def _take_snapshot(self) -> bool:
        """Writes a snapshot; returns whether the model allows one."""
        if not hasattr(self._towers, "score_users"):
            return False
        with self.budget.taking_snapshot(), suppress(NotFinite):
            self._events.write(self._epochs, *self._taker.snapshot(self._towers))
            return True
        return False
