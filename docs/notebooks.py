"""Runs the guide's notebooks and stores their outputs: `python docs/notebooks.py`."""

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tfrecs._base.files import replaced_when_whole

FOLDER = Path(__file__).parent
SECONDS = 300
"""Time that a cell may take."""


def run(path: Path) -> nbformat.NotebookNode:
    """Returns a notebook with the outputs of its cells.

    The cells run in a kernel of their own and in a temporary folder, where the files
    that they write are lost. When they run is not stored, so that a second run differs
    in outputs alone.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell raises an error.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        ).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":  # messages of libraries are not outputs
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
    return notebook


if __name__ == "__main__":
    for notebook_path in sorted(FOLDER.glob("*.ipynb")):
        ran = run(notebook_path)
        with replaced_when_whole(notebook_path) as unfinished:
            nbformat.write(ran, unfinished)
        print(f"{notebook_path.name}: ran")
