"""Keras callbacks for recommenders."""

from tfrecs.callbacks.ranking_metrics import RankingMetrics
from tfrecs.callbacks.tensorboard import TensorBoard, log_result

__all__ = ["RankingMetrics", "TensorBoard", "log_result"]
