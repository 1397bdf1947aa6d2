"""The folder of a run, from which an interrupted run can be resumed.

stream-ml-1m-20240131-120000/
    run.json            the events and the protocol
    results.json        the results
    recall@10.png       the plot
    ridge/              a folder for each model
        events.out.tfevents.*   for TensorBoard
        checkpoint.npz  until the model is finished
        fit.json        seconds of learning from the batch
        ranks.npz       once the model is finished, as is result.json
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.folder import new_folder
from tfrecs.bench.results_file import write_json
from tfrecs.bench.stream.problem import StreamProblem
from tfrecs.bench.stream.result import StreamResult
from tfrecs.streaming import Prequential

RUN, CHECKPOINT, FIT = "run.json", "checkpoint.npz", "fit.json"
RANKS, RESULT = "ranks.npz", "result.json"


def open_folder(logdir: str | Path, problem: StreamProblem, resume: bool) -> Path:
    """Returns a new folder, or one of a run on the same problem to resume.

    This is an unfinished run, if there is one, and the one that wrote last.
    """
    about, title = problem.as_json(), f"stream-{problem.name}"
    paths = Path(logdir).glob(f"{title}-*/{RUN}") if resume else ()
    found = [path.parent for path in paths if read(path) == about]
    if found:
        return max(found, key=lambda run: (_is_unfinished(run), _written(run)))
    folder = new_folder(logdir, title)
    write_json(folder / RUN, about)
    return folder


def _is_unfinished(folder: Path) -> bool:
    """Returns whether a model was stopped in the stream."""
    return any(folder.glob(f"*/{CHECKPOINT}"))


def _written(folder: Path) -> float:
    """Returns the time of the latest change in a folder."""
    return max(path.stat().st_mtime for path in folder.rglob("*"))


def write_finished(folder: Path, result: StreamResult) -> None:
    """Writes the result of a model into its folder."""
    found = result.found
    if found is not None:
        with replaced_when_whole(folder / RANKS) as path, path.open("wb") as file:
            np.savez_compressed(file, ranks=found.ranks, is_known=found.is_known)
        write_json(folder / RESULT, result.as_json())


def read_finished(folder: Path, k: int) -> StreamResult | None:
    """Returns the result of a model if it is finished.

    Raises:
        ValueError: if a file is damaged.
    """
    if not (row := read(folder / RESULT)):
        return None
    kept = ("model", "settings", "fit_seconds", "stream_seconds", "resumed_at")
    return StreamResult(
        found=_read_ranks(folder / RANKS), k=k, **{name: row[name] for name in kept}
    )


def read(path: Path) -> Mapping[str, Any]:
    """Returns the content of a JSON file; empty if there is no file.

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
    return f"{path}: must be whole. Start a new run, without `resume`."
