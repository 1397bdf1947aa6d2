"""The folder of a run, and the commands that show it.

ml-100k-20240131-120000/
    report.html         the report
    results.json        every metric of every row, as in the file of --json
    mlflow.json         ids of the rows in MLflow, with --mlflow
    bundles/mf/         a model for the app and for `tfrecs.load`
    mf/                 a folder for each row; mf-seed1/ with several seeds
        events.out.tfevents.*   settings and test metrics, for TensorBoard's HParams
        evaluation.npz  values of each user, for `--resume`
        select/         training while the number of epochs is chosen
        fit/            training on all of train
"""

import os
import shlex
import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

REPORT, RESULTS, BUNDLES = "report.html", "results.json", "bundles"


def new_folder(logdir: str | Path, title: str) -> Path:
    """Makes a new folder, named by a title and the time.

    A long title is cut, since file systems allow names of at most 255 bytes.
    """
    title = os.fsdecode(os.fsencode(title)[:200])
    now = datetime.now().strftime("%Y%m%d-%H%M%S")
    number = 0
    while True:
        folder = Path(logdir, f"{title}-{now}{f'-{number}' if number else ''}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1


def next_steps(folder: Path, logdir: str) -> list[str]:
    """Returns lines with the report and the commands of TensorBoard and the app."""
    lines = [
        "Next:",
        f"  report       {folder / REPORT}, in any browser",
        f"  TensorBoard  {tensorboard(logdir)}",
    ]
    if (folder / BUNDLES).exists():
        need = "" if find_spec("streamlit") else "    (pip install 'tfrecs[app]' first)"
        app = f"-m tfrecs.app --bundle {shlex.quote(str(folder / BUNDLES))}"
        lines.append(f"  app          {_python()} {app}{need}")
    return lines


def tensorboard(logdir: str) -> str:
    """Returns the command that shows a folder of runs in TensorBoard."""
    return f"{_python()} -m tensorboard.main --logdir {shlex.quote(logdir)}"


def _python() -> str:
    """Returns this Python as a user would type it in this folder."""
    program, here = Path(sys.executable), Path.cwd()
    if program.is_relative_to(here):
        program = program.relative_to(here)
    return shlex.quote(str(program))
