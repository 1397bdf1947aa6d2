"""Recommender models for Keras 3: two towers, one formula, numbers you can trust.

Names are imported on first use, so that reading data and computing metrics does not
load TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfrecs.bundle import load as load
    from tfrecs.credit import credit_from_frame as credit_from_frame
    from tfrecs.credit import partial_credit as partial_credit
    from tfrecs.datasets import load_dataset as load_dataset
    from tfrecs.evaluation import Evaluation as Evaluation
    from tfrecs.evaluation import evaluate as evaluate
    from tfrecs.evaluation import evaluate_ratings as evaluate_ratings
    from tfrecs.features import encode_features as encode_features
    from tfrecs.interactions import Interactions as Interactions
    from tfrecs.models import build_bucketed_mf as build_bucketed_mf
    from tfrecs.models import build_cml as build_cml
    from tfrecs.models import build_cosine as build_cosine
    from tfrecs.models import build_deepfm as build_deepfm
    from tfrecs.models import build_gmf as build_gmf
    from tfrecs.models import build_hybrid as build_hybrid
    from tfrecs.models import build_mf as build_mf
    from tfrecs.models import build_mlp as build_mlp
    from tfrecs.models import build_mlp_mf as build_mlp_mf
    from tfrecs.models import build_neumf as build_neumf
    from tfrecs.models import build_nonlinear_mf as build_nonlinear_mf
    from tfrecs.optimizers import separate_bias_optimizer as separate_bias_optimizer
    from tfrecs.pipelines import candidate_batches as candidate_batches
    from tfrecs.pipelines import pairwise_batches as pairwise_batches
    from tfrecs.pipelines import pointwise_batches as pointwise_batches
    from tfrecs.pipelines import rating_batches as rating_batches
    from tfrecs.pipelines import several_positives_batches as several_positives_batches
    from tfrecs.pipelines import user_batches as user_batches
    from tfrecs.readers import read_interactions as read_interactions
    from tfrecs.recommender import Recommender as Recommender
    from tfrecs.retrieval import top_k as top_k
    from tfrecs.training import fit as fit

__version__ = "0.1.0"

_HOMES = {
    "Evaluation": "tfrecs.evaluation",
    "Interactions": "tfrecs.interactions",
    "Recommender": "tfrecs.recommender",
    "build_bucketed_mf": "tfrecs.models",
    "build_cml": "tfrecs.models",
    "build_cosine": "tfrecs.models",
    "build_deepfm": "tfrecs.models",
    "build_gmf": "tfrecs.models",
    "build_hybrid": "tfrecs.models",
    "build_mf": "tfrecs.models",
    "build_mlp": "tfrecs.models",
    "build_mlp_mf": "tfrecs.models",
    "build_neumf": "tfrecs.models",
    "build_nonlinear_mf": "tfrecs.models",
    "candidate_batches": "tfrecs.pipelines",
    "credit_from_frame": "tfrecs.credit",
    "encode_features": "tfrecs.features",
    "evaluate": "tfrecs.evaluation",
    "evaluate_ratings": "tfrecs.evaluation",
    "fit": "tfrecs.training",
    "load": "tfrecs.bundle",
    "load_dataset": "tfrecs.datasets",
    "pairwise_batches": "tfrecs.pipelines",
    "partial_credit": "tfrecs.credit",
    "pointwise_batches": "tfrecs.pipelines",
    "rating_batches": "tfrecs.pipelines",
    "read_interactions": "tfrecs.readers",
    "separate_bias_optimizer": "tfrecs.optimizers",
    "several_positives_batches": "tfrecs.pipelines",
    "top_k": "tfrecs.retrieval",
    "user_batches": "tfrecs.pipelines",
}

_MODULES = (
    "baselines",
    "callbacks",
    "datasets",
    "evaluation",
    "freezing",
    "growing",
    "layers",
    "list_metrics",
    "losses",
    "metrics",
    "models",
    "newcomers",
    "optimizers",
    "plots",
    "posters",
    "shards",
    "significance",
    "splits",
    "streaming",
    "stages",
    "training_metrics",
)

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"tfrecs.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'tfrecs' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
