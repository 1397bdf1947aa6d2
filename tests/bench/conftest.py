"""The command line in an empty folder, and files that people bring to it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfrecs.bench.cli import main


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    """Runs the command line in an empty folder; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture(scope="session")
def in_process():
    """Runs the command line in a process; returns its JSON and its output."""

    def run(folder, *arguments):
        command = [sys.executable, "-m", "tfrecs.bench", *map(str, arguments)]
        command += ["--json", "out/report.json", "--logdir", "runs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        # Nothing but progress where there is no terminal, and what TensorFlow 2.20
        # logs before a level of its log is known.
        legal = re.compile(r"\d+ s: \S+|[IWE]\d{4} |WARNING: All log messages before ")
        assert all(map(legal.match, done.stderr.splitlines())), done.stderr
        return json.loads(Path(folder, "out/report.json").read_text()), done.stdout

    return run


@pytest.fixture
def refused(bench, one_line):
    """Runs a command line that must be refused; returns its one line of errors."""

    def run(*arguments):
        status, out, err = bench(*arguments)
        assert (status, out) == (2, "")
        return one_line(err)

    return run


@pytest.fixture(scope="session")
def one_line():
    """Returns the one line of errors, without lines of progress on a busy machine."""

    def find(err):
        progress = re.compile(r"[\d of]+ s: .*\n")
        [line] = (x for x in err.splitlines(True) if not progress.fullmatch(x))
        assert line.startswith("tfrecs.bench")
        return line

    return find


@pytest.fixture(scope="session")
def good_csv(tmp_path_factory):
    """60 users in two groups, each with a taste for its half of 40 items."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, 60, 1500)
    frame = pd.DataFrame(
        {
            "person": [f"u{user}" for user in users],
            "film": rng.integers(0, 20, 1500) * 2 + users % 2,
            "stars": rng.integers(1, 6, 1500),
        }
    )
    path = tmp_path_factory.mktemp("data") / "good.csv"
    frame.drop_duplicates(["person", "film"]).to_csv(path, index=False)
    return path
