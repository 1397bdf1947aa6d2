"""`benchmarks/gpu.py` with its smallest sizes, on a CPU and without TensorFlow."""

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/gpu.py"
ON_CPU = {
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # of LLVM, which take longer than the steps
}
WITHOUT_TENSORFLOW = """
import runpy, sys
sys.modules["tensorflow"] = None
sys.path.insert(0, sys.argv[1].rsplit("/", 1)[0])
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(*options, backend="jax"):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install jax")
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, SCRIPT, "--small", *options],
        env={**os.environ, **ON_CPU, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_the_script_prints_and_writes_its_figures(tmp_path):
    done = run("--repeats", "1", "--json", str(tmp_path / "gpu.json"))
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads((tmp_path / "gpu.json").read_text())
    assert figures["device"] == "cpu"
    assert figures["bandwidth"] is None
    for name, samples in (("neumf", 16 * 5), ("in_batch_mf", 16)):
        part = figures[name]
        assert math.isclose(part["samples_per_second"] * part["seconds"], samples)
        assert part["share_of_bound"] is None
        assert name in done.stdout
    for times in figures["step_times"].values():
        assert times["9"] > 0
    training = figures["training"]
    assert len(training["epochs"]) == 2
    assert training["planned_epochs"] == 16  # the default for few interactions
    assert training["seconds"] > sum(training["epochs"])
    assert training["losses"][1] < training["losses"][0]


def test_another_backend_is_refused():
    done = run(backend="numpy")
    assert done.returncode == 1
    assert "KERAS_BACKEND=jax" in done.stderr
