"""What a bench run finds: a row for each model and seed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.means import mean_of, mean_over_seeds

OK = "ok"

Tell = Callable[[str], None]
"""Told what a run is doing, for a line of progress."""


@dataclass(frozen=True)
class Result:
    """One model, one seed.

    Args:
        model: its name.
        seed: its seed.
        status: "ok", or why there is no evaluation.
        evaluation: on the test data.
        more_metrics: metrics that are not means over users.
        fit_seconds: of the training on all of train.
        selection_seconds: of the training that chose the number of epochs, and of
            compiling.
        evaluate_seconds: of the evaluation.
        epochs: passes over the training data.
        parameters: numbers that it learned.
        validation: its metrics on validation data where its epochs were chosen.
        hparams: its settings.
        shape: means on the test data that figures show: precision, recall and NDCG at
            more cut-offs, and metrics of lists.
        curve: passes over the data to the validation NDCG at the largest k, where its
            epochs were chosen.
        lists: index of an example user to its best items' indices, best first.
        skipped: whether it was left out on purpose, which is no failure.
    """

    model: str
    seed: int
    status: str = OK
    evaluation: Evaluation | None = None
    more_metrics: Mapping[str, float] = field(default_factory=dict)
    fit_seconds: float = 0.0
    selection_seconds: float = 0.0
    evaluate_seconds: float = 0.0
    epochs: int = 0
    parameters: int = 0
    validation: Mapping[str, float] = field(default_factory=dict)
    hparams: Mapping[str, Any] = field(default_factory=dict)
    shape: Mapping[str, float] = field(default_factory=dict)
    curve: Mapping[int, float] = field(default_factory=dict)
    lists: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    skipped: bool = False

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric on the test data; none if the model did not run."""
        means = {} if self.evaluation is None else self.evaluation.metrics
        return {**means, **self.more_metrics}

    def as_json(self) -> dict[str, Any]:
        """The row of `results` in the JSON file."""
        return {
            "model": self.model,
            "seed": self.seed,
            "metrics": self.metrics,
            "fit_seconds": self.fit_seconds,
            "selection_seconds": self.selection_seconds,
            "evaluate_seconds": self.evaluate_seconds,
            "epochs": self.epochs,
            "parameters": self.parameters,
            "validation": dict(self.validation),
            "hparams": dict(self.hparams),
            "status": self.status,
        }


@dataclass(frozen=True)
class Summary:
    """One model over its seeds.

    Args:
        model: its name.
        results: its rows, one for each seed.
        mean: of each metric over seeds.
        std: of each metric over seeds; 0 for one seed.
        ci95: of each metric that is a mean over users, at least two: the mean -+ 1.96
            standard errors over users, of their values averaged over seeds.
    """

    model: str
    results: tuple[Result, ...]
    mean: dict[str, float]
    std: dict[str, float]
    ci95: dict[str, tuple[float, float]]

    def as_json(self) -> dict[str, Any]:
        """The row of `summary` in the JSON file."""
        metrics = {
            name: {
                "mean": self.mean[name],
                "std": self.std[name],
                "ci95": list(self.ci95.get(name, (self.mean[name],) * 2)),
            }
            for name in self.mean
        }
        return {"model": self.model, "metrics": metrics}


def summarize(results: Sequence[Result]) -> list[Summary]:
    """Gives a summary for each model, in order of appearance."""
    models = dict.fromkeys(result.model for result in results)
    return [
        _summary(model, [r for r in results if r.model == model]) for model in models
    ]


def _summary(model: str, results: list[Result]) -> Summary:
    done = [result for result in results if result.evaluation is not None]
    names = list(done[0].metrics) if done else []
    values = {name: [result.metrics[name] for result in done] for name in names}
    return Summary(
        model=model,
        results=tuple(results),
        mean={name: float(np.mean(x)) for name, x in values.items()},
        std={
            name: float(np.std(x, ddof=1)) if len(x) > 1 else 0.0
            for name, x in values.items()
        },
        ci95=_intervals([r.evaluation for r in done if r.evaluation is not None]),
    )


def _intervals(evaluations: list[Evaluation]) -> dict[str, tuple[float, float]]:
    """Those that can be known: not of metrics that one user has, or none."""
    if not evaluations:
        return {}
    users = mean_over_seeds(evaluations)
    means = {name: mean_of(users, name) for name in users.per_user}
    return {name: (x.low, x.high) for name, x in means.items() if not np.isnan(x.low)}


def write_json(path: str | Path, report: Mapping[str, Any]) -> None:
    """Writes a report whole or not at all, by way of a temporary name."""
    with replaced_when_whole(Path(path)) as partial:
        partial.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
