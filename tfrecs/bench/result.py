"""Results of a ranking run: a row for each model and seed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.means import mean_of, mean_over_seeds

if TYPE_CHECKING:
    from rich.table import Table

OK = "ok"
"""Status of a model that ran."""

ORACLE = "oracle"
"""Name of the row of the true scores, for generated data."""

SECONDS = ("fit_seconds", "selection_seconds", "evaluate_seconds")
MEASURED = (*SECONDS, "epochs", "parameters")
"""Numbers of a result in the JSON file, besides metrics."""

Progress: TypeAlias = Callable[[str], None]
"""Shows a line about what a run is doing."""


def failure(error: Exception) -> str:
    """Returns the status of a model that raised an error."""
    first_line = str(error).strip().partition("\n")[0]
    return ": ".join(["failed", *filter(None, (type(error).__name__, first_line))])


@dataclass
class Run:
    """A run of either kind that is ready to start.

    Args:
        problem: data and protocol.
        folder: folder of the run.
        results: takes the progress; yields the result of each row once it is known.
        summary: returns what the JSON file has besides the results.
        table: makes the table, and lines that explain it.
        finish: takes the problem, with its latest notes, and the results; writes the
            report or plot, and returns lines about it and the next steps.
        seconds: seconds of all rows together; None for no limit.
        kept: results of an earlier part of the run, which are not run again.
        how_to_resume: end of the message after an interruption.
    """

    problem: Any
    folder: Path
    results: Callable[[Progress], Iterator[Any]]
    summary: Callable[[Sequence[Any]], dict[str, Any]]
    table: Callable[[Sequence[Any]], tuple["Table", list[str]]]
    finish: Callable[[Any, Sequence[Any]], list[str]]
    seconds: float | None = None
    kept: Sequence[Any] = ()
    how_to_resume: str = ""


@dataclass(frozen=True)
class Result:
    """The result of one model and seed.

    Args:
        model: name.
        seed: seed.
        status: "ok", or why there is no evaluation.
        evaluation: evaluation on the test data.
        more_metrics: metrics that are not means over users.
        fit_seconds: seconds of the training on all of train.
        selection_seconds: seconds of choosing the number of epochs, and of compiling.
        evaluate_seconds: seconds of the evaluation.
        epochs: epochs of the training on all of train.
        parameters: number of trained parameters.
        validation: metrics on the validation data, if the epochs were chosen there.
        hparams: settings.
        shape: means on the test data for the figures: precision, recall and NDCG at
            more cut-offs, and metrics of lists.
        curve: validation NDCG at the largest k by epochs, if these were chosen.
        lists: index of an example user to the indices of the best items, best first.
        skipped: whether the model does not suit the data, which is no failure.
        stopped_early: how far the training came in its time; empty if it ended.
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
    stopped_early: str = ""

    @property
    def title(self) -> str:
        """Name and seed, for messages."""
        return f"{self.model}, seed {self.seed}"

    @property
    def in_one_line(self) -> str:
        """The status, or NDCG at the largest k and the seconds, for progress."""
        if self.evaluation is None:
            return f"{self.title}: {self.status}"
        metric = [name for name in self.metrics if name.startswith("ndcg@")][-1]
        parts = (
            f"{metric} {self.metrics[metric]:.4f}",
            f"training {self.fit_seconds:.1f} s",
            self.stopped_early,
        )
        return f"{self.title}: {', '.join(filter(None, parts))}"

    @property
    def failed(self) -> bool:
        """True if the model should have run and did not."""
        return self.status != OK and not self.skipped

    @property
    def metrics(self) -> dict[str, float]:
        """Metrics on the test data; empty if the model did not run."""
        means = {} if self.evaluation is None else self.evaluation.metrics
        return {**means, **self.more_metrics}

    def as_json(self) -> dict[str, Any]:
        """Returns the row of `results` in the JSON file."""
        return {
            **{name: getattr(self, name) for name in ("model", "seed", "metrics")},
            **{name: getattr(self, name) for name in MEASURED},
            "validation": dict(self.validation),
            "hparams": dict(self.hparams),
            "stopped_early": self.stopped_early,
            "status": self.status,
        }


@dataclass(frozen=True)
class Summary:
    """The results of one model, and their means over the seeds that ran.

    Args:
        model: name.
        results: results, one for each seed.
    """

    model: str
    results: tuple[Result, ...]

    @cached_property
    def done(self) -> list[Result]:
        """The results with an evaluation."""
        return [result for result in self.results if result.evaluation is not None]

    @property
    def num_seeds(self) -> int:
        """The number of seeds that ran."""
        return len(self.done)

    @property
    def first(self) -> Result:
        """The result of the first seed that ran."""
        return self.done[0]

    @cached_property
    def mean(self) -> dict[str, float]:
        """The mean of each metric; empty if no seed ran."""
        return {name: float(np.mean(x)) for name, x in self._values.items()}

    @cached_property
    def std(self) -> dict[str, float]:
        """The standard deviation of each metric; 0 for one seed."""
        if self.num_seeds == 1:
            return dict.fromkeys(self._values, 0.0)
        return {name: float(np.std(x, ddof=1)) for name, x in self._values.items()}

    @property
    def _values(self) -> dict[str, list[float]]:
        names = self.first.metrics if self.done else ()
        return {name: [result.metrics[name] for result in self.done] for name in names}

    @cached_property
    def evaluation(self) -> Evaluation:
        """Each user's values, averaged over the seeds."""
        return mean_over_seeds([r.evaluation for r in self.done if r.evaluation])

    @cached_property
    def ci95(self) -> dict[str, tuple[float, float]]:
        """Mean -+ 1.96 standard errors over users, for metrics of at least two users.

        Each user's values are averaged over the seeds first.
        """
        if not self.done:
            return {}
        users = self.evaluation
        means = {name: mean_of(users, name) for name in users.per_user}
        return {
            name: (x.low, x.high) for name, x in means.items() if not np.isnan(x.low)
        }

    @property
    def seconds(self) -> float:
        """The mean seconds of training on all of train."""
        return float(np.mean([result.fit_seconds for result in self.done]))

    @property
    def epochs(self) -> float:
        """The mean number of epochs."""
        return float(np.mean([result.epochs for result in self.done]))

    @property
    def stopped_early(self) -> str:
        """The notes of trainings that ran out of time; empty if all ended."""
        notes = (result.stopped_early for result in self.done)
        return "; ".join(dict.fromkeys(filter(None, notes)))

    @cached_property
    def shape(self) -> dict[str, float]:
        """The means for the figures that all seeds have."""
        shapes = [result.shape for result in self.done]
        return {
            name: float(np.mean([shape[name] for shape in shapes]))
            for name in shapes[0]
            if all(name in shape for shape in shapes)
        }

    def as_json(self) -> dict[str, Any]:
        """Returns the row of `summary` in the JSON file."""
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
    """Returns a summary of each model, in order of appearance."""
    return [
        Summary(model, tuple(result for result in results if result.model == model))
        for model in dict.fromkeys(result.model for result in results)
    ]
