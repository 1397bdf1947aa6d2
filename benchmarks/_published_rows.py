"""The rows of `published.py`: what was printed where, and our ways to train."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
from _report import seconds
from _training import ByShape, Setting, adam, built, hybrid

from tfrecs import Interactions, credit_from_frame
from tfrecs.bench.baselines import Fitted, fit_ease, fit_lightfm
from tfrecs.models import build_cosine, build_gmf, build_mf, build_mlp, build_neumf
from tfrecs.models.two_tower import TwoTower
from tfrecs.models.warm_start import pretrain
from tfrecs.optimizers import separate_bias_optimizer
from tfrecs.training.partial_credit import PartialCredit
from tfrecs.training.stages import fine_tune, make_stages

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
    epochs = gmf.epochs + mlp.epochs + neumf.epochs
    return Fitted(last.score_users, taken + last.fit_seconds, epochs, last.parameters)


def bias_by_sgd(rate: float) -> Callable[[TwoTower, Any], keras.optimizers.Optimizer]:
    """Adam, and for the bias tables SGD."""
    return lambda model, schedule: separate_bias_optimizer(
        model, keras.optimizers.Adam(schedule), keras.optimizers.SGD(rate)
    )


MF = built(build_mf, embedding_dim=128, dropout=0.3)
GMF = built(build_gmf, embedding_dim=128, dropout=0.3, init_std=0.1)
MLP = built(build_mlp, embedding_dim=32, hidden_units=(16, 8))
NEUMF = {"embedding_dim": 128, "mlp_embedding_dim": 32, "hidden_units": (16, 8)}
LIGHTFM = partial(
    fit_lightfm, no_components=64, epochs=10, learning_rate=0.03, alpha=1e-5
)
BY_SHAPE = "cosine, settings by shape"
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
            "64 components, 10 epochs": LIGHTFM,
        },
    ),
    "ncf-mf": Row(
        "ncf-ml-1m",
        "MF, d=192, Rendle et al. 2020",
        ncf(0.7294, 0.4523),
        {
            "one Adam": Setting(MF, 50, 0.02),
            "biases by SGD(.02)": Setting(MF, 50, 0.02, bias_by_sgd(0.02)),
            "d=192, biases by SGD(.02)": Setting(
                built(build_mf, embedding_dim=192, dropout=0.4),
                120,
                0.015,
                bias_by_sgd(0.02),
            ),
        },
    ),
    "ncf-gmf": Row(
        "ncf-ml-1m",
        "GMF, 32 factors, guoyang9/NCF",
        ncf(0.708, 0.429),
        {"50 epochs": Setting(GMF, 50, 0.02), "80 epochs": Setting(GMF, 80, 0.015)},
    ),
    "ncf-mlp": Row(
        "ncf-ml-1m",
        "MLP, 32 factors, guoyang9/NCF",
        ncf(0.691, 0.416),
        {
            f"8 negatives, dropout {dropout}": Setting(
                built(
                    build_mlp,
                    embedding_dim=64,
                    hidden_units=(64, 32, 16),
                    dropout=dropout,
                ),
                12,
                0.003,
                negatives="own",
                num_negatives=8,
            )
            for dropout in (0.0, 0.1)
        },
    ),
    "ncf-neumf-8": Row(
        "ncf-ml-1m",
        "NeuMF from scratch, 8 factors, He et al. 2017",
        ncf(0.688, 0.410),
        {  # .4421 on validation data, where all items as negatives gave .4225
            "4 negatives, 20 epochs": Setting(
                built(build_neumf, embedding_dim=8), 20, 0.003, **OWN
            )
        },
    ),
    "ncf-neumf": Row(
        "ncf-ml-1m",
        "NeuMF, chosen on validation data, Ferrari Dacrema et al. 2021",
        ncf(0.7093, 0.4349),
        {
            "from scratch": Setting(
                built(build_neumf, **NEUMF, dropout=0.3, init_std=0.1), 40, 0.02
            ),
        },
    ),
    "ncf-neumf-pretrained": Row(
        "ncf-ml-1m",
        "NeuMF, pretrained, 64 factors, He et al. 2017",
        ncf(0.730, 0.447),
        {
            "GMF 50 epochs, MLP 10, both 5": partial(
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


def cosine(dim: int, temperature: float) -> Callable[[Interactions], TwoTower]:
    return built(build_cosine, embedding_dim=dim, temperature=temperature)


BARS_ROWS: dict[str, Row] = {
    "m1-ease": Row(
        "ultragcn-ml-1m",
        "EASE, l2 1000, computed for this project",
        bars(0.2755, 0.2674),
        {"l2 1000": partial(fit_ease, l2=1000)},
        is_random=False,
    ),
    "m1-lightfm": Row(
        "ultragcn-ml-1m",
        "LightFM WARP: no published figure",
        {},
        {"64 components, 10 epochs": LIGHTFM},
    ),
    "m1-mf-softmax": Row(
        "ultragcn-ml-1m",
        "MF with softmax loss, d=64; ours with all items as negatives",
        bars(0.2809, 0.2662),
        {
            "cosine, d=64": Setting(cosine(64, 0.17), 60, 0.01, objective="softmax"),
            "cosine, d=128": Setting(cosine(128, 0.17), 60, 0.01, objective="softmax"),
            "cosine, d=256": Setting(cosine(256, 0.17), 60, 0.01, objective="softmax"),
        },
    ),
    "yelp2018-mf-softmax": Row(
        "yelp2018",
        "MF with softmax loss, d=64, BARS's m1 of Yelp2018",
        bars(0.0721, 0.0592),
        {BY_SHAPE: ByShape(built(build_cosine))},
    ),
}


COLLIE_SETTINGS = {  # small, or the training items stand before all others
    "log loss, dropout 0.2, 40 epochs": (0.2, 40, "bce"),
    "log loss, dropout 0.3, 80 epochs": (0.3, 80, "bce"),
    "squared error, dropout 0.2, 30 epochs": (0.2, 30, "squared-error"),
    "squared error, dropout 0.2, 60 epochs": (0.2, 60, "squared-error"),
    "squared error, dropout 0.3, 60 epochs": (0.3, 60, "squared-error"),
}


def collie_candidates(
    build: Callable[..., Callable[[Interactions], TwoTower]],
    optimizer: Callable[[str], Callable[[TwoTower, Any], Any]] = lambda of: adam,
) -> dict[str, Setting]:
    """The same settings for each of Collie's models; `optimizer` takes an objective."""
    return {
        label: Setting(
            build(embedding_dim=10, dropout=dropout),
            epochs,
            0.02,
            optimizer(objective),
            objective=objective,
        )
        for label, (dropout, epochs, objective) in COLLIE_SETTINGS.items()
    }


@dataclass(frozen=True)
class Unfrozen:
    """A hybrid that starts from trained MF, whose embeddings are unfrozen at last.

    Args:
        mf: how MF is trained.
        last_rate: learning rate once everything trains; that before is ten times it.
    """

    mf: Setting
    last_rate: float

    def __call__(self, train: Interactions, seed: int) -> Fitted:
        """Trains MF and the hybrid; the seconds are of both."""
        keras.utils.set_random_seed(seed)
        mf = self.mf.build(train)
        first = self.mf.go_on(mf, train, seed)
        model = hybrid(train, embedding_dim=10, dropout=0.2)
        stages = make_stages(
            "pretrained",
            objective=self.mf.objective,
            rates={"metadata_only": 10 * self.last_rate, "all": self.last_rate},
            epochs=10,
            validate_every=10,
        )
        taken = seconds(lambda: fine_tune(model, mf, train, seed=seed, stages=stages))
        return Fitted(
            model.score_users,
            first.fit_seconds + taken,
            self.mf.epochs + 20,
            first.parameters,
        )


def genres(weight: float) -> Callable[[Interactions], PartialCredit]:
    """Partial credit for genres."""
    return lambda train: credit_from_frame(
        train.item_features, multi_hot={"genres": weight}
    )


COLLIE_ROWS: dict[str, Row] = {
    "collie-partial-credit": Row(
        "collie-ml-100k",
        "MF by hinge with credit for genres; the figures are those of Collie's MF",
        collie(0.0519, 0.1655, 0.9013),
        {
            f"hinge, 8 negatives, credit {weight}, {epochs} epochs": Setting(
                built(build_mf, embedding_dim=10, dropout=0.2),
                epochs,
                0.01,
                objective="hinge",
                negatives="own",
                num_negatives=8,
                credit=genres(weight),
            )
            for weight in (0.3, 0.5)
            for epochs in (20, 30)
        },
    ),
    "collie-hybrid-unfrozen": Row(
        "collie-ml-100k",
        "hybrid from MF, unfrozen; the figures are those of Collie's hybrid",
        collie(0.0474, 0.1654, 0.9058),
        {
            f"{label}, last rate {rate}": Unfrozen(mf, rate)
            for label, mf in collie_candidates(partial(built, build_mf)).items()
            if "0.2" in label
            for rate in (0.0003, 0.001)
        },
    ),
    "collie-mf": Row(
        "collie-ml-100k",
        "MF, d=10, Collie's tutorial",
        collie(0.0519, 0.1655, 0.9013),
        collie_candidates(partial(built, build_mf)),
    ),
    "collie-bias-optimizer": Row(
        "collie-ml-100k",
        "MF with a bias optimizer, Collie's tutorial",
        collie(0.0500, 0.1766, 0.9056),
        collie_candidates(
            partial(built, build_mf),
            lambda of: bias_by_sgd(0.1 if of == "bce" else 0.01),
        ),
    ),
    "collie-hybrid": Row(
        "collie-ml-100k",
        "hybrid, Collie's tutorial",
        collie(0.0474, 0.1654, 0.9058),
        collie_candidates(lambda **sizes: partial(hybrid, **sizes)),
    ),
}

RECOMMENDERS_ROWS: dict[str, Row] = {
    "recommenders-bpr": Row(
        "recommenders-ml-100k",
        "BPR, the comparison of Recommenders",
        recommenders(0.1325, 0.4420, 0.3882, 0.2125),
        {
            f"MF by BPR, dropout {dropout}": Setting(
                built(build_mf, embedding_dim=128, dropout=dropout),
                40,
                0.005,
                objective="bpr",
                **OWN,
            )
            for dropout in (0.3, 0.5)
        },
    ),
    "recommenders-ncf": Row(
        "recommenders-ml-100k",
        "NCF (NeuMF), the comparison of Recommenders",
        recommenders(0.1077, 0.3961, 0.3473, 0.1808),
        {
            f"dropout {dropout}": Setting(
                built(build_neumf, **NEUMF, dropout=dropout), 60, 0.01
            )
            for dropout in (0.2, 0.4)
        },
    ),
    "recommenders-bivae": Row(
        "recommenders-ml-100k",
        "BiVAE, the best of the comparison of Recommenders; ours: MF",
        recommenders(0.1461, 0.4751, 0.4118, 0.2191),
        {
            **{
                f"MF, dropout {dropout}": Setting(
                    built(build_mf, embedding_dim=128, dropout=dropout),
                    80,
                    0.02,
                    bias_by_sgd(0.1),
                )
                for dropout in (0.3, 0.5)
            },
            **{
                f"cosine, temperature {temperature}": Setting(
                    cosine(128, temperature), 60, 0.01, objective="softmax"
                )
                for temperature in (0.17, 0.25)
            },
            BY_SHAPE: ByShape(built(build_cosine)),
        },
    ),
}

ROWS: dict[str, Row] = {**NCF_ROWS, **BARS_ROWS, **COLLIE_ROWS, **RECOMMENDERS_ROWS}
