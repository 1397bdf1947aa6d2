"""Models by name: a builder in a file of its own and a line in `MODELS` adds one."""

from collections.abc import Callable

from tfrecs.models.bucketed_mf import (
    bucket_output,
    build_bucketed_mf,
    score_buckets,
)
from tfrecs.models.cml import build_cml
from tfrecs.models.cosine import build_cosine
from tfrecs.models.deepfm import build_deepfm
from tfrecs.models.gmf import build_gmf
from tfrecs.models.hybrid import build_hybrid, score_new_items, score_new_users
from tfrecs.models.mf import build_mf
from tfrecs.models.mlp import build_mlp
from tfrecs.models.mlp_mf import build_mlp_mf
from tfrecs.models.neumf import build_neumf, pretrain
from tfrecs.models.nonlinear_mf import build_nonlinear_mf
from tfrecs.models.two_tower import Interaction, TwoTower
from tfrecs.models.views import OverCatalogue, OverSharedNegatives
from tfrecs.models.warm_start import start_from_mf

MODELS: dict[str, Callable[..., TwoTower]] = {
    "mf": build_mf,
    "cosine": build_cosine,
    "gmf": build_gmf,
    "mlp": build_mlp,
    "neumf": build_neumf,
    "hybrid": build_hybrid,
    "nonlinear_mf": build_nonlinear_mf,
    "mlp_mf": build_mlp_mf,
    "deepfm": build_deepfm,
    "cml": build_cml,
    "bucketed_mf": build_bucketed_mf,
}

__all__ = [
    "MODELS",
    "Interaction",
    "OverCatalogue",
    "OverSharedNegatives",
    "TwoTower",
    "bucket_output",
    "build_bucketed_mf",
    "build_cml",
    "build_cosine",
    "build_deepfm",
    "build_gmf",
    "build_hybrid",
    "build_mf",
    "build_mlp",
    "build_mlp_mf",
    "build_neumf",
    "build_nonlinear_mf",
    "pretrain",
    "score_buckets",
    "score_new_items",
    "score_new_users",
    "start_from_mf",
]
