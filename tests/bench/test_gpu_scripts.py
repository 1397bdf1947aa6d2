"""Scripts for a GPU with their smallest sizes, on a CPU and without TensorFlow."""

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ON_CPU = {
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # of LLVM, which take longer than the steps
}
CODE = """
import runpy, sys
sys.modules["tensorflow"] = None
sys.path.insert(0, sys.argv[1].rsplit("/", 1)[0])
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
WITHOUT_TENSORFLOW = (sys.executable, "-c", CODE)


def run_script(name, *options, backend="jax"):
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install jax")
    return subprocess.run(
        [*WITHOUT_TENSORFLOW, BENCHMARKS / name, "--small", *options],
        env={**os.environ, **ON_CPU, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_the_script_prints_and_writes_its_figures(tmp_path):
    done = run_script("gpu.py", "--repeats", "1", "--json", str(tmp_path / "gpu.json"))
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads((tmp_path / "gpu.json").read_text())
    assert figures["device"] == "cpu"
    assert figures["bandwidth"] is None
    for name, samples in (("neumf", 16 * 5), ("in_batch_mf", 16)):
        part = figures[name]
        assert math.isclose(part["samples_per_second"] * part["seconds"], samples)
        assert name in done.stdout
    assert figures["neumf"]["share_of_bound"] is None
    operations = 6 * 16**2 * 64  # three matmuls of 16 x 16 scores, d=64
    tflops, seconds = (figures["in_batch_mf"][name] for name in ("tflops", "seconds"))
    assert math.isclose(tflops * seconds, operations / 1e12)
    for times in figures["step_times"].values():
        assert times["9"] > 0
    training = figures["training"]
    assert len(training["epochs"]) == 2
    assert training["planned_epochs"] == 16  # the default for few interactions
    assert training["seconds"] > sum(training["epochs"])
    assert training["losses"][1] < training["losses"][0]


def test_another_backend_is_refused():
    done = run_script("gpu.py", backend="numpy")
    assert done.returncode == 1
    assert "KERAS_BACKEND=jax" in done.stderr


@pytest.mark.slow
def test_the_study_measures_each_copy_after_each_epoch(tmp_path):
    path = tmp_path / "causes.json"
    wanted = "neumf-8;mf-192"
    done = run_script(
        "ncf_causes.py", "--repeats", "2", "--only", wanted, "--json", str(path)
    )
    assert done.returncode == 0, done.stderr[-3000:]
    parts = json.loads(path.read_text())["parts"]
    assert list(parts) == wanted.split(";")
    part = parts["neumf-8"]
    assert len(part["copies"]) == 5
    summary = part["summary"]["as published"]
    first, last = summary["metrics"]  # [validation, test][HR, NDCG], means
    for place in (0, 1):
        assert summary["last"][place] == pytest.approx(last[1][place], abs=1e-4)
    assert summary["last"][2] == 2
    assert summary["best on test"][0] >= max(first[1][0], last[1][0]) - 1e-4
    assert summary["validation ndcg"] >= max(first[0][1], last[0][1]) - 1e-4
    assert "mf-192: " in done.stdout
