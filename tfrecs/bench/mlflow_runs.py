"""Rows of a ranking run as runs of MLflow."""

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from tfrecs._base.command_line import check_installed
from tfrecs.bench.folder import BUNDLES
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import MEASURED, Result
from tfrecs.bench.results_file import write_json

LOGGED = "mlflow.json"
"""File in a run's folder: the id in MLflow of each row that was logged."""


class MlflowRuns:
    """Logs each row: its settings as params, its metrics, and its bundle if kept.

    The experiment has the name of the data set. Metrics have the names of the JSON
    file, with `_at_` for the `@` that MLflow refuses: `ndcg_at_10`. MLflow's telemetry
    is off unless the environment says otherwise.

    Args:
        uri: of a tracking server or store, such as "sqlite:///mlflow.db".

    Raises:
        ValueError: if MLflow is not installed, or the store does not answer.
    """

    def __init__(self, uri: str) -> None:
        check_installed("mlflow", mlflow="mlflow-skinny")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        try:
            self._client = MlflowClient(tracking_uri=uri)
            self._client.search_experiments(max_results=1)
        except Exception as error:  # each kind of store has its own
            raise ValueError(
                "`mlflow` must be the URI of a tracking server or store, such as "
                f"sqlite:///mlflow.db. Received: {uri!r}: {error!s:.300}"
            ) from error

    def log(self, folder: Path, problem: Problem, results: Sequence[Result]) -> str:
        """Logs the rows that have metrics and were not logged before.

        A store that fails does not fail the run.

        Args:
            folder: folder of the run.
            problem: data and protocol.
            results: all rows.

        Returns:
            A line with the number of rows in the store, and why others are not.
        """
        known, name = folder / LOGGED, problem.dataset.name
        logged = json.loads(known.read_text("utf-8")) if known.exists() else {}
        failed = ""
        try:
            found = self._client.get_experiment_by_name(name)
            place = (
                found.experiment_id if found else self._client.create_experiment(name)
            )
            for result in results:
                if result.evaluation is not None and result.title not in logged:
                    logged[result.title] = self._log(place, folder, problem, result)
                    write_json(known, logged)
        except Exception as error:  # each kind of store has its own
            failed = f"; the others failed: {error!s:.300}".replace("\n", " ")
        return f"MLflow: {len(logged)} rows in the experiment {name}{failed}"

    def _log(self, place: str, folder: Path, problem: Problem, result: Result) -> str:
        """Logs a row to an experiment; returns the id of its run."""
        from mlflow.entities import Metric, Param, RunTag

        row = result.as_json()
        values = {**row["metrics"], **row["validation"]}
        values |= {name: row[name] for name in MEASURED}
        about = {"model": result.model, "seed": result.seed, "split": problem.split}
        run = self._client.create_run(place, run_name=result.title).info
        self._client.log_batch(
            run.run_id,
            [
                Metric(name.replace("@", "_at_"), float(value), run.start_time, 0)
                for name, value in values.items()
            ],
            [Param(key, str(x)) for key, x in {**row["hparams"], **about}.items()],
            [RunTag("tfrecs.folder", str(folder))],
        )
        bundle = folder / BUNDLES / result.model
        if result.seed == 0 and bundle.is_dir():
            self._client.log_artifacts(run.run_id, str(bundle), "bundle")
        self._client.set_terminated(run.run_id)
        return str(run.run_id)
