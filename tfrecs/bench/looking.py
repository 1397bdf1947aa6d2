"""What a run tells its user to look at next, as commands that work when copied."""

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

from tfrecs.bench.folder import BUNDLES, REPORT


def where_to_look(folder: Path, logdir: str) -> list[str]:
    """Gives a line for the report, for TensorBoard and for the app.

    Args:
        folder: of the run.
        logdir: which has the folders of all runs.
    """
    lines = [
        "Look at it:",
        f"  report       {folder / REPORT}, in any browser",
        f"  TensorBoard  {tensorboard(logdir)}",
    ]
    if (folder / BUNDLES).exists():
        need = "" if find_spec("streamlit") else "    (pip install 'tfrecs[app]' first)"
        app = f"-m tfrecs.app --bundle {shlex.quote(str(folder / BUNDLES))}"
        lines.append(f"  app          {python()} {app}{need}")
    return lines


def tensorboard(logdir: str) -> str:
    """The command that shows the runs of a folder, whether or not it is on the path."""
    return f"{python()} -m tensorboard.main --logdir {shlex.quote(logdir)}"


def python() -> str:
    """This Python as one would type it here."""
    program, here = Path(sys.executable), Path.cwd()
    if program.is_relative_to(here):
        program = program.relative_to(here)
    return shlex.quote(str(program))
