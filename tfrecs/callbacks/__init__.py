"""Keras callbacks for recommenders."""

from tfrecs.callbacks.board.events import EventWriter
from tfrecs.callbacks.board.hparams import log_result
from tfrecs.callbacks.board.projector import ItemDisplay
from tfrecs.callbacks.board.snapshots import Snapshots
from tfrecs.callbacks.ranking_metrics import RankingMetrics
from tfrecs.callbacks.tensorboard import TensorBoard

__all__ = [
    "EventWriter",
    "ItemDisplay",
    "RankingMetrics",
    "Snapshots",
    "TensorBoard",
    "log_result",
]
