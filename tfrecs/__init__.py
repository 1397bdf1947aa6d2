"""Recommender models for Keras 3: two towers, one formula, numbers you can trust.

The names below are the public ones. Each is imported on first use, so that reading data
and computing metrics does not load TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from wrapt import register_post_import_hook

from tfrecs._base.lazy_names import lazy_names

if TYPE_CHECKING:
    from tfrecs import bench as bench
    from tfrecs import callbacks as callbacks
    from tfrecs import data as data
    from tfrecs import evaluation as evaluation
    from tfrecs import inference as inference
    from tfrecs import losses as losses
    from tfrecs import models as models
    from tfrecs import optimizers as optimizers
    from tfrecs import reporting as reporting
    from tfrecs import serve as serve
    from tfrecs import streaming as streaming
    from tfrecs import training as training
    from tfrecs._base.limits import Limits as Limits
    from tfrecs.data.datasets import load_dataset as load_dataset
    from tfrecs.data.features import FeatureEncoder as FeatureEncoder
    from tfrecs.data.interactions import Interactions as Interactions
    from tfrecs.data.readers import read_interactions as read_interactions
    from tfrecs.evaluation import Evaluation as Evaluation
    from tfrecs.evaluation import evaluate as evaluate
    from tfrecs.evaluation import evaluate_ratings as evaluate_ratings
    from tfrecs.evaluation.ranking.top_k import top_k as top_k
    from tfrecs.inference.recommender import Recommender as Recommender
    from tfrecs.inference.recommender import load as load
    from tfrecs.inference.second_stage.reranked import Reranked as Reranked
    from tfrecs.models import *  # noqa: F403 its builders
    from tfrecs.optimizers import separate_bias_optimizer as separate_bias_optimizer
    from tfrecs.training.batches import pairwise_batches as pairwise_batches
    from tfrecs.training.batches import pointwise_batches as pointwise_batches
    from tfrecs.training.batches import rating_batches as rating_batches
    from tfrecs.training.batches import (
        several_positives_batches as several_positives_batches,
    )
    from tfrecs.training.batches import (
        shared_negatives_batches as shared_negatives_batches,
    )
    from tfrecs.training.batches import user_batches as user_batches
    from tfrecs.training.fit import fit as fit
    from tfrecs.training.partial_credit import credit_from_frame as credit_from_frame
    from tfrecs.training.partial_credit import partial_credit as partial_credit
    from tfrecs.training.plan import Negatives as Negatives
    from tfrecs.training.split_tables import SplitTables as SplitTables
    from tfrecs.training.svd_start import start_from_svd as start_from_svd
    from tfrecs.training.tuning.tune import tune as tune

__version__ = "0.2.0.dev0"
__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)

# Their classes and functions are registered with Keras, which loads them from files.
_ROOMS = ("models", "losses", "optimizers", "training.row_metrics")
register_post_import_hook(
    lambda keras: [import_module(f"{__name__}.{room}") for room in _ROOMS], "keras"
)
