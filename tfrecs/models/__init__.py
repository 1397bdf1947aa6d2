"""Models by name: a builder in a file of its own and a line in `MODELS` adds one."""

from collections.abc import Callable

from tfrecs.models.cosine import build_cosine
from tfrecs.models.gmf import build_gmf
from tfrecs.models.hybrid import build_hybrid, score_new_items, score_new_users
from tfrecs.models.mf import build_mf
from tfrecs.models.mlp import build_mlp
from tfrecs.models.neumf import build_neumf, pretrain
from tfrecs.models.two_tower import Interaction, TwoTower
from tfrecs.models.views import OverCandidates, OverCatalogue

MODELS: dict[str, Callable[..., TwoTower]] = {
    "mf": build_mf,
    "cosine": build_cosine,
    "gmf": build_gmf,
    "mlp": build_mlp,
    "neumf": build_neumf,
    "hybrid": build_hybrid,
}

__all__ = [
    "MODELS",
    "Interaction",
    "OverCandidates",
    "OverCatalogue",
    "TwoTower",
    "build_cosine",
    "build_gmf",
    "build_hybrid",
    "build_mf",
    "build_mlp",
    "build_neumf",
    "pretrain",
    "score_new_items",
    "score_new_users",
]
