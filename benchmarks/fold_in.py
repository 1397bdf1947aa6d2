"""How well someone who is not in the model is served from their items alone.

ML-100K, LightFM's `ua` split, rating >= 3. A quarter of the users are left out of
training, then folded in from their training items, and what they are recommended is
measured on their test items, by NDCG@10, beside what the same users get where the model
was trained on them, and beside popularity. The strength of the prior is chosen on
validation data alone, a tenth of train.
`python benchmarks/fold_in.py [--models mf,neumf] [--seeds 3] [--json FILE]`
"""

import statistics
from collections.abc import Callable

import numpy as np
from _report import finish, keep, parser, print_table, seconds
from _training import Setting, built

from tfrecs import Interactions, evaluate
from tfrecs.bench.baselines import fit_popularity
from tfrecs.bench.problem import load_problem
from tfrecs.inference.fold_in import FoldIn
from tfrecs.models import build_cosine, build_mf, build_neumf
from tfrecs.models.two_tower import TwoTower

SETTINGS = {
    "mf": Setting(built(build_mf, embedding_dim=128, dropout=0.5), 90, 5e-3),
    "cosine": Setting(
        built(build_cosine, embedding_dim=128, temperature=0.2, dropout=0.1),
        60,
        0.02,
        objective="softmax",
    ),
    "neumf": Setting(
        built(
            build_neumf,
            embedding_dim=128,
            mlp_embedding_dim=32,
            hidden_units=(16, 8),
            dropout=0.2,
        ),
        80,
        2e-3,
    ),
}
L2 = (0.06, 0.12, 0.25, 0.5, 1.0)
SHARE = 0.25
"""Of the users, left out of training."""


def trained(setting: Setting, train: Interactions, seed: int) -> TwoTower:
    return setting(train, seed).score_users.__self__


def folded(
    model: TwoTower, others: Interactions, train: Interactions, l2: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Scores users by their items in `train`; the model knows those of `others`."""
    fold = FoldIn(model, np.unique(others.user_ids), l2=l2)

    def score_users(user_ids: np.ndarray) -> np.ndarray:
        histories = [train.matrix[[user]].indices for user in user_ids]
        return model.score_outputs(fold.user_output(histories), model.item_output())

    return score_users


def ndcg(score, train: Interactions, test: Interactions) -> float:
    return evaluate(score, train, test, k=10, metrics=["ndcg"]).metrics["ndcg@10"]


def measure(setting: Setting, problem, seed: int) -> dict[str, float]:
    """Chooses l2 on validation, then measures on test."""
    draw = np.random.default_rng(seed)
    num_users = problem.train.num_users
    held = draw.permutation(num_users)[: round(SHARE * num_users)]

    def parts(train: Interactions, test: Interactions) -> tuple[Interactions, ...]:
        others = train.take(~np.isin(train.user_ids, held))
        return others, train, test.take(np.isin(test.user_ids, held))

    others, fitting, validation = parts(problem.fitting, problem.validation)
    model = trained(setting, others, seed)
    tried = {
        l2: ndcg(folded(model, others, fitting, l2), fitting, validation) for l2 in L2
    }
    best = max(tried, key=tried.__getitem__)
    others, train, test = parts(problem.train, problem.test)
    model = trained(setting, others, seed)
    score = folded(model, others, train, best)
    score(held[:2])  # the prior is made at first use
    return {
        **{f"validation, l2={l2:g}": found for l2, found in tried.items()},
        "l2": best,
        "trained on": ndcg(trained(setting, train, seed), train, test),
        "folded in": ndcg(score, train, test),
        "popularity": ndcg(fit_popularity(others, 0), train, test),
        "ms a user": 1000 * seconds(lambda: score(held)) / len(held),
    }


def main() -> None:
    made = parser(__doc__, repeats=1)
    made.add_argument("--models", default=",".join(SETTINGS), help="(%(default)s)")
    made.add_argument("--seeds", type=int, default=3, help="(%(default)s)")
    options = made.parse_args()
    problem = load_problem()
    figures: dict[str, list[dict[str, float]]] = {}
    for name in options.models.split(","):
        figures[name] = []
        for seed in range(options.seeds):
            figures[name].append(measure(SETTINGS[name], problem, seed))
            keep(options, figures)
    columns = ("trained on", "folded in", "popularity", "ms a user")
    print_table(
        ("model", *columns, "l2 chosen"),
        [
            (
                name,
                *(f"{statistics.mean(run[c] for run in runs):.4f}" for c in columns),
                " ".join(f"{run['l2']:g}" for run in runs),
            )
            for name, runs in figures.items()
        ],
    )
    finish(options, figures)


if __name__ == "__main__":
    main()
