"""Rows that a run has finished, kept in its folder so that `--resume` need not repeat.

Files of the folder are data: whatever is not as the bench writes it is refused.
"""

import json
import shlex
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.environment import environment
from tfrecs._base.files import replaced_when_whole
from tfrecs._base.types import AnyArray
from tfrecs.bench.folder import RESULTS
from tfrecs.bench.measuring import micro, per_user_names
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import MEASURED, OK, SECONDS, Result
from tfrecs.evaluation import Evaluation, Protocol

EVALUATION = "evaluation.npz"
"""File of a row: values of each user, and whatever else is not in the JSON file."""

USERS, SHAPE, LIST, CURVE = "users/", "shape/", "list/", "curve/"
"""Beginnings of the names of its arrays."""

COMMAND = ["python", "-m", "tfrecs.bench"]

NEW_RUN = "Start a new run, without `resume`."


def write_finished(folder: Path, result: Result) -> None:
    """Writes the arrays of a row that ran into its folder, atomically."""
    if result.evaluation is None:
        return
    arrays = {USERS + name: x for name, x in result.evaluation.per_user.items()}
    arrays |= {SHAPE + name: np.array(x) for name, x in result.shape.items()}
    arrays |= {f"{LIST}{user}": np.array(x) for user, x in result.lists.items()}
    arrays |= {f"{CURVE}{n}": np.array(x) for n, x in result.curve.items()}
    with replaced_when_whole(folder / EVALUATION) as path, path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_command(folder: Path) -> tuple[str, list[str]]:
    """Returns the command of a run, and its arguments.

    Raises:
        ValueError: if the folder has no results of the bench.
    """
    command = _read(folder / RESULTS)["environment"].get("command")
    words = shlex.split(command) if isinstance(command, str) else []
    if words[:3] != COMMAND:
        raise ValueError(_unlike(folder / RESULTS, f"the command {command!r}"))
    return command, words[3:]


def read_finished(
    folder: Path, problem: Problem, titles: Mapping[tuple[str, int], str]
) -> list[Result]:
    """Returns the rows of a run that ran to their end.

    Args:
        folder: folder of the run.
        problem: the data and the protocol, which must be the run's.
        titles: folder of each row by its model and seed.

    Raises:
        ValueError: if the run had other data, another protocol or other versions of the
            packages, or a file is damaged.
    """
    path = folder / RESULTS
    found = _read(path)
    same = {
        **problem.as_json(),
        "environment": {"packages": environment()["packages"]},
    }
    for name, expected in json.loads(json.dumps(same)).items():
        for key, value in expected.items():
            if found[name].get(key) != value:
                raise ValueError(
                    f"{path}: must be of the same {name}: {key} {value!r}. Received: "
                    f"{found[name].get(key)!r}. {NEW_RUN}"
                )
    done = [row for row in found["results"] if _status(path, row) == OK]
    return [_result(folder, row, problem, titles) for row in done]


def _read(path: Path) -> dict[str, Any]:
    """Returns the content of a JSON file with the parts that are read here."""
    if not path.is_file():
        raise ValueError(f"{path}: no such file. `resume` is the folder of a run.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: must be whole. {NEW_RUN}") from error
    kinds = {"dataset": dict, "protocol": dict, "environment": dict, "results": list}
    for name, kind in kinds.items():
        if not isinstance(found, dict) or not isinstance(found.get(name), kind):
            raise ValueError(_unlike(path, f"no {name}"))
    return found


def _status(path: Path, row: Any) -> str:
    """Returns the status of a row of the JSON file, whose values are checked."""
    kinds: dict[str, type | tuple[type, ...]] = {
        **dict.fromkeys(("model", "status", "stopped_early"), str),
        **dict.fromkeys(MEASURED, int),
        **dict.fromkeys(SECONDS, (int, float)),
        **dict.fromkeys(("metrics", "validation", "hparams"), dict),
        "seed": int,
    }
    for name, kind in kinds.items():
        if not isinstance(row, dict) or not isinstance(row.get(name), kind):
            raise ValueError(_unlike(path, f"a row without a {name}: {row!r:.80}"))
    numbers = (*row["metrics"].values(), *row["validation"].values())
    settings = row["hparams"].values()
    if not (
        all(isinstance(x, int | float) for x in numbers)
        and all(isinstance(x, bool | int | float | str) for x in settings)
    ):
        raise ValueError(_unlike(path, f"{row['model']} with other values"))
    return str(row["status"])


def _result(
    folder: Path,
    row: Mapping[str, Any],
    problem: Problem,
    titles: Mapping[tuple[str, int], str],
) -> Result:
    """Returns the result of a row, with the arrays of its file."""
    key = row["model"], row["seed"]
    if key not in titles:
        raise ValueError(_unlike(folder / RESULTS, f"the row {key}"))
    path = folder / titles[key] / EVALUATION
    arrays = _arrays(path)
    per_user = _under(USERS, arrays)
    users = len(np.unique(problem.test.user_ids))
    if set(per_user) != set(per_user_names(problem)) or any(
        x.shape != (users,) for x in per_user.values()
    ):
        raise ValueError(_unlike(path, f"not the metrics of {users} users"))
    names = ("model", "seed", *MEASURED, "validation", "hparams", "stopped_early")
    evaluation = Evaluation.of_test(
        problem.test, per_user, Protocol("full", exclude_seen=problem.exclude_seen)
    )
    result = Result(
        **{name: row[name] for name in names},
        evaluation=evaluation,
        more_metrics={} if problem.exclude_seen else micro(evaluation, problem),
        shape={name: float(x) for name, x in _under(SHAPE, arrays).items()},
        lists={int(user): _items(x) for user, x in _under(LIST, arrays).items()},
        curve={int(n): float(x) for n, x in _under(CURVE, arrays).items()},
    )
    means = [row["metrics"].get(name, np.inf) for name in result.metrics]
    if not np.allclose(means, [*result.metrics.values()], rtol=1e-9, equal_nan=True):
        raise ValueError(_unlike(path, f"other metrics than in {RESULTS}"))
    return result


def _arrays(path: Path) -> dict[str, AnyArray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise ValueError(f"{path}: must be whole. {NEW_RUN}") from error


def _under(prefix: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    return {k.removeprefix(prefix): x for k, x in arrays.items() if prefix in k[:6]}


def _items(ids: AnyArray) -> tuple[int, ...]:
    return tuple(int(item) for item in ids)


def _unlike(path: Path, received: str) -> str:
    return f"{path}: must be as the bench writes it. Received: {received}. {NEW_RUN}"
