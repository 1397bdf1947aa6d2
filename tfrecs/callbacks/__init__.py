"""Keras callbacks for recommenders."""

from tfrecs.callbacks.board.events import EventWriter
from tfrecs.callbacks.board.hparams import log_result
from tfrecs.callbacks.board.projector import ItemDisplay
from tfrecs.callbacks.board.snapshots import Snapshots
from tfrecs.callbacks.tensorboard import TensorBoard
from tfrecs.training.checkpoints.checkpoint import Checkpoint
from tfrecs.training.ranking_metrics import RankingMetrics

__all__ = [
    "Checkpoint",
    "EventWriter",
    "ItemDisplay",
    "RankingMetrics",
    "Snapshots",
    "TensorBoard",
    "log_result",
]
