"""A tuning run: searches settings, then trains with the default and the best ones."""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_choice
from tfrecs._base.command_line import check_installed
from tfrecs.bench import run as ranking
from tfrecs.bench.chosen import Chosen
from tfrecs.bench.folder import REPORT, next_steps
from tfrecs.bench.options import METADATA, data_arguments
from tfrecs.bench.problem import Problem, load_problem
from tfrecs.bench.quiet import load_tensorflow
from tfrecs.bench.recipes import is_large, is_quick
from tfrecs.bench.report import write_report
from tfrecs.bench.result import Progress, Result, Run, failure, summarize
from tfrecs.bench.rows import rows_of
from tfrecs.bench.tuning.baseline_spaces import BASELINE_SPACES
from tfrecs.bench.tuning.table import TUNED, tuning_table

if TYPE_CHECKING:
    from tfrecs.bench.tuning.families import Family
    from tfrecs.training.recipe import Recipe
    from tfrecs.training.tuning.recipe_trial import Judge
    from tfrecs.training.tuning.search import Limits
    from tfrecs.training.tuning.trials import Trial, Tuned

DEFAULT = (*BASELINE_SPACES, "cosine", "mf", "hybrid")
"""Rows that are tuned unless others are asked for."""

RECIPES, TRIALS = "recipes.json", "trials"
"""The file of the best settings, and the folder of studies and of trials' logs."""


def start(options: argparse.Namespace, command: str) -> Run:
    """Reads the data that the options name, and makes or opens the folder of the run.

    Raises:
        ValueError: if an option or the data are invalid.
        OSError: if the data are missing or the folder cannot be made.
    """
    check_installed("tune", optuna="optuna")
    load_tensorflow()
    from tfrecs.bench.tuning.families import judge_of, tunable
    from tfrecs.training.tuning.search import Limits

    problem = load_problem(**data_arguments(options, "test", "split", *METADATA))
    for name in options.models or ():
        check_choice("models", name, tunable(problem))
    names = options.models or _default(problem)
    folder = Path(options.logdir, f"tune-{problem.dataset.name}")
    began = time.monotonic()
    limits = Limits(options.tune, options.trials)
    tuning = _Tuning(problem, judge_of(problem, options.split), limits, folder)
    k = tuning.judge.k

    def finish(problem: Problem, results: Sequence[Result]) -> list[str]:
        seconds = time.monotonic() - began
        path = folder / REPORT
        write_report(path, problem, results, command=command, seconds=seconds)
        again = f"  these settings: --recipes {folder / RECIPES}"
        return [*next_steps(folder, options.logdir), again]

    return Run(
        problem,
        folder,
        results=lambda progress: tuning.results(names, progress),
        summary=lambda results: {
            "summary": [summary.as_json() for summary in summarize(results)],
            "tuning": [asdict(search) for search in tuning.searches.values()],
        },
        table=lambda results: tuning_table(tuning.searches, results, k),
        finish=finish,
        how_to_resume="; the same command continues it",
    )


def _default(problem: Problem) -> tuple[str, ...]:
    """Returns the rows of `DEFAULT` that suit the data."""
    suited = [row.name for row in rows_of(problem, DEFAULT, 1, limited=False)
              if not row.missing]  # fmt: skip
    large = is_large(problem.train)
    return tuple(n for n in suited if not large or is_quick(n, problem.train))


@dataclass
class _Tuning:
    """A tuning run.

    Args:
        problem: the data; trials see nothing of its test part.
        judge: data and score of the trials.
        limits: when the search of each model ends.
        folder: folder of the run.
        searches: the searches so far, by the names of the models.
    """

    problem: Problem
    judge: "Judge"
    limits: "Limits"
    folder: Path
    searches: dict[str, "Tuned"] = field(default_factory=dict)
    _models: dict[str, "Recipe"] = field(default_factory=dict)
    _baselines: dict[str, Any] = field(default_factory=dict)

    def results(self, names: Sequence[str], progress: Progress) -> Iterator[Result]:
        """Yields the results of each model with its default and its best settings."""
        for name in names:
            try:
                family, search = self._search(name, progress)
            except Exception as error:  # one model's failure must not end the run
                yield Result(name, 0, failure(error))
                continue
            if search.best is None:
                status = search.trials[0].status if search.trials else "failed"
                yield Result(name, 0, status)
                continue
            first = search.default
            if first is not None:
                before = self._result(name, family.chosen(name, first), first, progress)
                yield before
                if first == search.best:
                    yield replace(before, model=f"{TUNED}{name}")
                    continue
            row = f"{TUNED}{name}"
            yield self._result(
                row, family.chosen(row, search.best), search.best, progress
            )

    def _search(self, name: str, progress: Progress) -> tuple["Family", "Tuned"]:
        from tfrecs.bench.tuning.families import family_of
        from tfrecs.training.recipe_file import write_recipes
        from tfrecs.training.tuning.search import search

        progress(f"{name}: preparing the search")
        family = family_of(name, self.problem, self.judge, 0)
        last = ""

        def finished(trial: "Trial") -> None:
            nonlocal last
            last = f" (the last one, {trial.in_one_line})"
            self._log(name, trial)

        found = search(
            family.subject,
            self.limits,
            seed=0,
            journal=self.folder / TRIALS / f"{name}.jsonl",
            finished=finished,
            progress=lambda what: progress(f"{name}: {what}{last}"),
        )
        self.searches[name] = found
        if found.best is not None:
            best = family.chosen(name, found.best)
            self._models |= best.models
            self._baselines |= {n: values for n, (_, values) in best.baselines.items()}
            write_recipes(self.folder / RECIPES, self._models, self._baselines)
        return family, found

    def _log(self, name: str, trial: "Trial") -> None:
        """Logs a trial for TensorBoard's HParams."""
        from tfrecs.callbacks import log_result

        values = {
            key: str(x) if isinstance(x, tuple) else x
            for key, x in trial.values.items()
        }
        metric = f"validation/ndcg@{self.judge.k}"
        metrics = {} if trial.score is None else {metric: trial.score}
        log_result(
            self.folder / TRIALS / f"{name}-{trial.number:03}",
            {**values, "model": name, "status": trial.status},
            {**metrics, "seconds": trial.seconds},
        )

    def _result(
        self, row: str, chosen: Chosen, trial: "Trial", progress: Progress
    ) -> Result:
        """Trains on all of train with a trial's settings, and evaluates on test."""
        [result] = ranking.run(
            self.problem,
            rows_of(self.problem, (row,), 1, limited=False),
            epochs=None,
            chosen=chosen,
            folder=self.folder,
            progress=progress,
        )
        validation = {f"val_ndcg@{self.judge.k}": trial.score or 0.0}
        return replace(result, validation=validation)
