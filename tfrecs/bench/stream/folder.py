"""The folder of a run, from which it can go on after it was interrupted.

stream-ml-1m-20240131-120000/
    run.json            which events, measured how
    results.json        the report, with the models that are finished
    recall@10.png       the plot
    ridge/              a folder for each model
        events.out.tfevents.*   for TensorBoard
        checkpoint.npz  until it is finished
        fit.json        how long it learned from the batch
        ranks.npz       when it is finished
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.folder import new_folder
from tfrecs.bench.result import OK, write_json
from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.bench.stream.result import StreamResult
from tfrecs.streaming import Prequential

CHECKPOINT, FIT, RANKS = "checkpoint.npz", "fit.json", "ranks.npz"
"""Of a model."""

RUN, RESULTS = "run.json", "results.json"
"""Of all models."""


def open_folder(logdir: str | Path, problem: StreamProblem, resume: bool) -> Path:
    """Gives the folder of the latest run on these events, or makes a new one.

    Args:
        logdir: where runs are.
        problem: what the run is about.
        resume: whether to look for one; if there is none, a new one is made as well.
    """
    told, title = problem.as_json(), f"stream-{problem.name}"
    if resume:
        for path in sorted(Path(logdir).glob(f"{title}-*/{RUN}"), reverse=True):
            if read(path) == told:
                return path.parent
    folder = new_folder(logdir, title)
    write_json(folder / RUN, told)
    return folder


def write_ranks(path: Path, found: Prequential) -> None:
    """Writes where items stood, whole or not at all."""
    with replaced_when_whole(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, ranks=found.ranks, is_known=found.is_known)


def finished(folder: Path, problem: StreamProblem) -> dict[str, StreamResult]:
    """Gives the models that a run has finished, by name."""
    rows = read(folder / RESULTS).get("results", ())
    return {
        row["model"]: StreamResult(
            model=row["model"],
            found=_read_ranks(folder / row["model"] / RANKS),
            k=problem.k,
            settings=row["settings"],
            fit_seconds=row["fit_seconds"],
            stream_seconds=row["stream_seconds"],
            resumed_at=row["resumed_at"],
        )
        for row in rows
        if row["status"] == OK
    }


def read(path: Path) -> Mapping[str, Any]:
    """Gives what is in a JSON file; nothing if it is not there.

    Raises:
        ValueError: if it is damaged.
    """
    if not path.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(_damaged(path)) from error
    return found


def _read_ranks(path: Path) -> Prequential:
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return Prequential(stored["ranks"], stored["is_known"])
    except (OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
        raise ValueError(_damaged(path)) from error


def _damaged(path: Path) -> str:
    return f"{path}: must be whole. Leave --resume out, to begin anew."
