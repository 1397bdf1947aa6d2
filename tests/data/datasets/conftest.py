"""Where data sets find small files that a test wrote."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def put(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Writes the files of one data set, and only these can be found; gives the folder.

    What ends in `.gz` is gzipped. Texts are written in UTF-8, bytes as they are.
    """
    monkeypatch.setenv("TFRECS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TFRECS_CACHE", str(tmp_path / "cache"))

    def write(dataset: str, files: dict[str, str | bytes]) -> Path:
        folder = tmp_path / "data" / dataset
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            data = gzip.compress(data) if name.endswith(".gz") else data
            (folder / name).write_bytes(data)
        return folder

    return write


REAL = [Path(f) for f in os.environ.get("TFRECS_DATA", "").split(os.pathsep) if f]


@pytest.fixture
def real(monkeypatch) -> Callable[[str], None]:
    """Lets a data set be found where it really is, or skips the test."""

    def find(dataset: str) -> None:
        places = [folder for folder in REAL if (folder / dataset).is_dir()]
        if not places:
            pytest.skip(f"TFRECS_DATA has no {dataset}")
        monkeypatch.setenv("TFRECS_DATA", str(places[0]))

    return find
