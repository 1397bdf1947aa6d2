"""Models by name: a new one is a file with its builder, its import here and a line."""

from collections.abc import Callable

import keras  # noqa: F401 first: our modules are imported right after it

from tfrecs.models.bucketed_mf import build_bucketed_mf as build_bucketed_mf
from tfrecs.models.cml import build_cml as build_cml
from tfrecs.models.cosine import build_cosine as build_cosine
from tfrecs.models.deepfm import build_deepfm as build_deepfm
from tfrecs.models.gmf import build_gmf as build_gmf
from tfrecs.models.gru import build_gru as build_gru
from tfrecs.models.history_mean import build_history_mean as build_history_mean
from tfrecs.models.history_towers import HistoryTowers
from tfrecs.models.hybrid import build_hybrid as build_hybrid
from tfrecs.models.mf import build_mf as build_mf
from tfrecs.models.mlp import build_mlp as build_mlp
from tfrecs.models.mlp import build_mlp_mf as build_mlp_mf
from tfrecs.models.neumf import build_neumf as build_neumf
from tfrecs.models.nonlinear_mf import build_nonlinear_mf as build_nonlinear_mf
from tfrecs.models.sasrec import build_sasrec as build_sasrec
from tfrecs.models.two_tower import TwoTower

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

HISTORY_MODELS: dict[str, Callable[..., HistoryTowers]] = {
    "history_mean": build_history_mean,
    "gru": build_gru,
    "sasrec": build_sasrec,
}
"""Models of histories, which take the number of items, and users if they read ids."""
