"""Baselines by name; a file and a line in `BASELINES` add one."""

from collections.abc import Callable
from functools import partial

from tfrecs.bench.baselines.ease import fit_ease
from tfrecs.bench.baselines.fitted import BaselineError, Fitted
from tfrecs.bench.baselines.implicit_als import fit_implicit_als
from tfrecs.bench.baselines.item_knn import fit_item_knn
from tfrecs.bench.baselines.lightfm_warp import fit_lightfm
from tfrecs.bench.baselines.markov import fit_markov
from tfrecs.bench.baselines.popularity import fit_popularity
from tfrecs.bench.baselines.slim import fit_slim
from tfrecs.bench.baselines.tfrs_retrieval import fit_tfrs
from tfrecs.data.interactions import Interactions

BASELINES: dict[str, Callable[[Interactions, int], Fitted]] = {
    "popularity": fit_popularity,
    "recent-popularity": partial(fit_popularity, latest=0.1),
    "markov": fit_markov,
    "item-knn": fit_item_knn,
    "history-knn": partial(fit_item_knn, decay=0.7),
    "lightfm": fit_lightfm,
    "lightfm-tuned": partial(
        fit_lightfm, no_components=64, epochs=30, learning_rate=0.03, alpha=1e-5
    ),
    "implicit-als": fit_implicit_als,
    "tfrs": fit_tfrs,
    "slim": fit_slim,
    "ease": fit_ease,
}

__all__ = [
    "BASELINES",
    "BaselineError",
    "Fitted",
    "fit_ease",
    "fit_implicit_als",
    "fit_item_knn",
    "fit_lightfm",
    "fit_markov",
    "fit_popularity",
    "fit_slim",
    "fit_tfrs",
]
