"""The trials of `benchmarks/faults`, with small counts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parents[2] / "benchmarks" / "faults"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs forks and /proc"),
]


@pytest.mark.parametrize(
    ("script", "arguments", "rows"),
    [
        (
            "hostile_files.py",
            ["--count", "4"],
            [
                *("edited bundles", "edited second stages", "edited checkpoints"),
                *("hostile configurations", "bombs"),
            ],
        ),
        ("kills.py", ["--kills", "2", "--kinds", "save", "stream", "shards"],
         ["save", "stream", "shards"]),
        ("full_disk.py", ["--count", "1"], ["bundle, full", "shards, read-only"]),
        ("together.py", ["--seconds", "4"], ["loads meanwhile", "8 threads, the end"]),
        ("sustained.py", ["--seconds", "20"],
         ["an hour of requests", "the server's memory", "the stream's memory"]),
    ],
)  # fmt: skip
def test_nothing_fails(script, arguments, rows, tmp_path):
    run = subprocess.run(
        [sys.executable, FAULTS / script, *arguments, "--json", tmp_path / "f.json"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    if run.stdout.startswith("skipped:"):
        pytest.skip(run.stdout)
    [found] = json.loads((tmp_path / "f.json").read_text()).values()
    assert {*rows} <= {*found["rows"]}
    for row in found["rows"].values():
        assert row["tried"] == row["held"] > 0
        assert row["failures"] == []
