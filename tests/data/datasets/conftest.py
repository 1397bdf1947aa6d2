"""Small files of data sets, written by a test."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def put(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Writes the only files that can be found of a data set; returns the folder.

    Names that end in `.gz` are gzipped. Text is written in UTF-8, bytes unchanged.
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
    """Makes the real files of a data set available, or skips the test."""

    def find(dataset: str) -> None:
        places = [folder for folder in REAL if (folder / dataset).is_dir()]
        if not places:
            pytest.skip(f"TFRECS_DATA has no {dataset}")
        monkeypatch.setenv("TFRECS_DATA", str(places[0]))

    return find
