"""The rows of `published.py`: what was printed where, and our ways to train."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
from _training import Setting

from tfrecs import Interactions, encode_features
from tfrecs.baselines import Fitted, fit_ease, fit_lightfm
from tfrecs.models import (
    TwoTower,
    build_gmf,
    build_hybrid,
    build_mf,
    build_mlp,
    build_neumf,
    pretrain,
)
from tfrecs.optimizers import separate_bias_optimizer

Fit = Callable[[Interactions, int], Fitted]
"""Takes training data and a seed."""


@dataclass(frozen=True)
class Row:
    """A row of a published table.

    Args:
        task: a name of `_tasks.TASKS`.
        source: who published it.
        published: the figures, by the task's metrics.
        candidates: our ways to train, by a label that tells the settings.
        is_random: whether the seed changes anything.
    """

    task: str
    source: str
    published: Mapping[str, float]
    candidates: Mapping[str, Fit]
    is_random: bool = True


def built(
    builder: Callable[..., TwoTower], **settings: Any
) -> Callable[[Interactions], TwoTower]:
    """Takes training data and builds a model of its size."""
    return lambda train: builder(train.num_users, train.num_items, **settings)


def ncf(hit_rate: float, ndcg: float) -> dict[str, float]:
    return {"hit_rate@10": hit_rate, "ndcg@10": ndcg}


def bars(recall: float, ndcg: float) -> dict[str, float]:
    return {"recall@20": recall, "ndcg@20": ndcg}


def collie(mean_ap: float, mrr: float, auc: float) -> dict[str, float]:
    return {"map@10": mean_ap, "mrr": mrr, "auc": auc}


def recommenders(mean_ap: float, ndcg: float, precision: float, recall: float) -> dict:
    return {
        "map_all@10": mean_ap,
        "ndcg@10": ndcg,
        "precision@10": precision,
        "recall@10": recall,
    }


def fit_pretrained(
    train: Interactions, seed: int, *, gmf: Setting, mlp: Setting, neumf: Setting
) -> Fitted:
    """NeuMF from a trained GMF and a trained MLP (He et al. 2017, sec. 3.4.1)."""
    keras.utils.set_random_seed(seed)
    halves = {}
    taken = 0.0
    for name, setting in {"gmf": gmf, "mlp": mlp}.items():
        halves[name] = setting.build(train)
        taken += setting.go_on(halves[name], train, seed).fit_seconds
    model = pretrain(neumf.build(train), **halves)
    last = neumf.go_on(model, train, seed)
    passes = gmf.passes + mlp.passes + neumf.passes
    return Fitted(last.score_users, taken + last.fit_seconds, passes, last.parameters)


def hybrid(train: Interactions, **settings: Any) -> TwoTower:
    """The hybrid with ML-100K's metadata of films."""
    films, _ = encode_features(
        train.item_features, categorical=["decade"], multi_hot=["genres"]
    )
    return build_hybrid(
        train.num_users, train.num_items, item_features=films, **settings
    )


def bias_by_sgd(rate: float) -> Callable[[TwoTower, Any], keras.optimizers.Optimizer]:
    """Adam, and for the bias tables SGD."""
    return lambda model, schedule: separate_bias_optimizer(
        model, keras.optimizers.Adam(schedule), keras.optimizers.SGD(rate)
    )


MF = built(build_mf, embedding_dim=128, dropout=0.3)
GMF = built(build_gmf, embedding_dim=128, dropout=0.3, init_std=0.1)
MLP = built(build_mlp, embedding_dim=32, hidden_units=(16, 8))
NEUMF = {"embedding_dim": 128, "mlp_embedding_dim": 32, "hidden_units": (16, 8)}
OWN = {"negatives": "own", "num_negatives": 4}

NCF_ROWS: dict[str, Row] = {
    "ncf-ease": Row(
        "ncf-ml-1m",
        "EASE, Ferrari Dacrema et al. 2021",
        ncf(0.7192, 0.4494),
        {"l2 1320": partial(fit_ease, l2=1320)},
        is_random=False,
    ),
    "ncf-lightfm": Row(
        "ncf-ml-1m",
        "LightFM WARP: no published figure",
        {},
        {
            "64 components, 10 epochs": partial(
                fit_lightfm,
                no_components=64,
                epochs=10,
                learning_rate=0.03,
                alpha=1e-5,
            )
        },
    ),
    "ncf-mf": Row(
        "ncf-ml-1m",
        "MF, d=192, Rendle et al. 2020",
        ncf(0.7294, 0.4523),
        {
            "one Adam": Setting(MF, 50, 0.02),
            "biases by SGD(.1)": Setting(MF, 50, 0.02, bias_by_sgd(0.1)),
        },
    ),
    "ncf-gmf": Row(
        "ncf-ml-1m",
        "GMF, 32 factors, guoyang9/NCF",
        ncf(0.708, 0.429),
        {"50 passes": Setting(GMF, 50, 0.02), "80 passes": Setting(GMF, 80, 0.015)},
    ),
    "ncf-mlp": Row(
        "ncf-ml-1m",
        "MLP, 32 factors, guoyang9/NCF",
        ncf(0.691, 0.416),
        {
            "own negatives": Setting(
                built(build_mlp, embedding_dim=64, hidden_units=(64, 32, 16)),
                12,
                0.003,
                negatives="own",
                num_negatives=8,
            ),
            "all negatives": Setting(
                built(build_mlp, embedding_dim=64, hidden_units=(32, 16), dropout=0.1),
                20,
                0.01,
                batch_size=32,
            ),
        },
    ),
    "ncf-neumf-8": Row(
        "ncf-ml-1m",
        "NeuMF from scratch, 8 factors, He et al. 2017",
        ncf(0.688, 0.410),
        {
            "own negatives": Setting(
                built(build_neumf, embedding_dim=8), 20, 0.003, **OWN
            ),
            "all negatives": Setting(
                built(build_neumf, embedding_dim=8), 12, 0.005, batch_size=16
            ),
        },
    ),
    "ncf-neumf": Row(
        "ncf-ml-1m",
        "NeuMF, chosen on validation data, Ferrari Dacrema et al. 2021",
        ncf(0.7093, 0.4349),
        {
            "from scratch": Setting(
                built(build_neumf, **NEUMF, dropout=0.3, init_std=0.1),
                50,
                0.02,
            ),
        },
    ),
    "ncf-neumf-pretrained": Row(
        "ncf-ml-1m",
        "NeuMF, pretrained, 64 factors, He et al. 2017",
        ncf(0.730, 0.447),
        {
            "GMF 50 passes, MLP 10, both 5": partial(
                fit_pretrained,
                gmf=Setting(GMF, 50, 0.02),
                mlp=Setting(MLP, 10, 0.003, **OWN),
                neumf=Setting(
                    built(build_neumf, **NEUMF, dropout=0.3, init_std=0.1), 5, 0.002
                ),
            ),
        },
    ),
}

ROWS: dict[str, Row] = {**NCF_ROWS}
