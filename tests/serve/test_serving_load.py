"""The short form of `benchmarks/serving_load.py`, where locust is installed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "serving_load.py"

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not shutil.which("locust"), reason="locust is not on PATH")
def test_a_server_under_load_loses_no_request(tmp_path):
    found = tmp_path / "load.json"
    options = ["--seconds", "20", "--bundles", "60-items", "--json", str(found)]
    run = subprocess.run(
        [sys.executable, SCRIPT, *options], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    [row] = json.loads(found.read_text())["rows"].values()
    assert row["errors"] == 0
    assert row["answered_after_sigterm"] == row["open_at_sigterm"] == 64
    assert row["steady"]["requests"] > 20
    assert row["steady"]["p50_ms"] <= row["steady"]["p99_ms"]
    assert row["swap_seconds"] > 0


def test_a_missing_locust_is_one_message(tmp_path):
    options = ["--seconds", "1", "--bundles", "60-items"]
    run = subprocess.run(
        [sys.executable, SCRIPT, *options],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(SCRIPT.parents[1])},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "locust is not on PATH: make a venv" in run.stderr
