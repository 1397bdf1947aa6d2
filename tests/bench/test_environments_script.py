"""The script that records on which versions tests ran, and how they ended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TESTS = """import pytest

def test_one():
    pass

@pytest.mark.parametrize("x", [1, 2])
def test_two(x):
    assert x == 0

def test_three():
    pytest.skip("never")
"""
PROGRAM = """import sys
from pathlib import Path
import environments
environments.FILE = Path("found.json")
environments.main(sys.argv[1], sys.argv[2:])
"""


def test_outcomes_are_added_to_the_row_of_an_environment(tmp_path):
    (tmp_path / "test_a.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "test_b.py").write_text("def test_b(): pass\n", encoding="utf-8")
    path = os.pathsep.join([str(BENCHMARKS), *filter(None, sys.path)])
    for file in ("test_a.py", "test_b.py"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "newest", "-p", "no:cacheprovider", file],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    row = found["rows"]["newest"]
    assert row["packages"]["numpy"] == np.__version__
    runs = {
        what: [run["passed"], run["failed"], run["skipped"]]
        for what, run in row["runs"].items()
    }
    assert runs == {"test_a.py": [1, 2, 1], "test_b.py": [1, 0, 0]}
