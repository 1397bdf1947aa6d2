"""The curse of popularity: what a slower optimizer of the biases does to lists.

MF (d=64) on ML-100K, ua, rating >= 3. One optimizer: Adam for all. Two: Adam, and SGD
for the user and item biases (`separate_bias_optimizer`). Lists are least popular when
training has been longest, so ways are compared where they are as precise: at shares of
the weaker way's best precision@10 on validation data (see `_tasks.py`). At each share a
way stops at the first of its lengths that is as precise; of its rates the one is taken
whose lists then give the fewest places to the 1% most popular films. With these it is
trained on all of train with each seed, and only then is the test set looked at.
`python benchmarks/popularity_curse.py [--objective hinge] [--seeds 3] [--json FILE]`
"""

import statistics
from typing import Any

import keras
from _report import finish, parser, print_table

from tfrecs import Interactions, evaluate, fit
from tfrecs.bench.problem import load_problem
from tfrecs.models import build_mf
from tfrecs.optimizers import separate_bias_optimizer
from tfrecs.training.plan import Negatives

RATES = (0.001, 0.003)
BIAS_RATES = {"one": (None,), "two": (0.01, 0.1, 1.0)}
SHARES = (0.65, 0.8, 0.9, 0.99)
METRICS = ("precision", "ndcg", "head_share", "coverage", "popularity")
OBJECTIVES: dict[str, dict[str, Any]] = {
    # With the epochs between two looks, and those of the training.
    "hinge": {
        "negatives": Negatives("own", 4),
        "validate_every": 1,
        "epochs": 30,
    },
    "bpr": {"negatives": Negatives("own", 4), "validate_every": 1, "epochs": 40},
    "bce": {"negatives": "all", "validate_every": 5, "epochs": 200},
}

Curve = list[dict[str, float]]
"""What is measured at each look, the epochs until then among it."""


class Look(keras.callbacks.Callback):
    """Measures at the end of each epoch."""

    def __init__(self, train: Interactions, test: Interactions, every: int) -> None:
        super().__init__()
        self.data, self.every = (train, test), every
        self.curve: Curve = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keeps what is measured."""
        found = evaluate(self.model, *self.data, k=10, metrics=METRICS).metrics
        self.curve.append({**found, "epochs": (epoch + 1) * self.every})


def curve(
    objective: str,
    rates: tuple[float, float | None],
    train: Interactions,
    test: Interactions,
    seed: int,
    looks: int | None = None,
) -> Curve:
    """Trains, and measures on the way. Rates are Adam's, and SGD's or None."""
    keras.utils.set_random_seed(seed)
    model = build_mf(train.num_users, train.num_items, embedding_dim=64)
    optimizer = keras.optimizers.Adam(rates[0])
    if rates[1] is not None:
        slower = keras.optimizers.SGD(rates[1])
        optimizer = separate_bias_optimizer(model, optimizer, slower)
    options = OBJECTIVES[objective]
    look = Look(train, test, options["validate_every"])
    if looks is not None:
        options = {**options, "epochs": looks * options["validate_every"]}
    fit(
        model,
        train,
        seed=seed,
        objective=objective,
        optimizer=optimizer,
        callbacks=[look],
        **options,
    )
    return look.curve


def first_reaching(found: Curve, precision: float) -> int | None:
    """The place of the first look that is as precise, or None."""
    reached = (n for n, look in enumerate(found) if look["precision@10"] >= precision)
    return next(reached, None)


def choose(curves: dict[tuple, Curve], precision: float) -> tuple[tuple, int]:
    """The rates, and the number of looks, that show the head least where as precise."""
    stops = {rates: first_reaching(found, precision) for rates, found in curves.items()}
    good = {rates: stop for rates, stop in stops.items() if stop is not None}
    best = min(good, key=lambda rates: curves[rates][good[rates]]["head_share@10"])
    return best, good[best] + 1


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--objective", default="hinge", choices=OBJECTIVES)
    made.add_argument("--seeds", type=int, default=3)
    options = made.parse_args()
    problem = load_problem()
    curves: dict[str, dict[tuple, Curve]] = {}
    for way, biases in BIAS_RATES.items():
        curves[way] = {}
        for rates in ((rate, bias) for rate in RATES for bias in biases):
            found = curve(
                options.objective, rates, problem.fitting, problem.validation, 0
            )
            curves[way][rates] = found
            most = max(look["precision@10"] for look in found)
            print(f"{way}, Adam and SGD {rates}: precision {most:.4f}", flush=True)
    weaker = min(
        max(look["precision@10"] for found in of_way.values() for look in found)
        for of_way in curves.values()
    )
    rows = []
    for share in SHARES:
        for way, of_way in curves.items():
            rates, looks = choose(of_way, share * weaker)
            tests = [
                curve(
                    options.objective, rates, problem.train, problem.test, seed, looks
                )[-1]
                for seed in range(options.seeds)
            ]
            mean = {name: statistics.mean(t[name] for t in tests) for name in tests[0]}
            rows.append(
                {"share": share, "way": way, "rates": rates, "test": tests, **mean}
            )
    names = [*(f"{name}@10" for name in METRICS), "epochs"]
    print_table(
        ["optimizers", "share", *names, "Adam", "SGD"],
        [
            [row["way"], row["share"], *(f"{row[n]:.4g}" for n in names), *row["rates"]]
            for row in rows
        ],
    )
    trials = {
        way: [{"rates": rates, "looks": looks} for rates, looks in of_way.items()]
        for way, of_way in curves.items()
    }
    finish(
        options, {"objective": options.objective, "validation": trials, "rows": rows}
    )


if __name__ == "__main__":
    main()
