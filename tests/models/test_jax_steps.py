"""Runs the tests of steps on JAX in a process of their own, whose backend is JAX."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]
FILES = (FOLDER / "models/steps_on_jax.py", FOLDER / "optimizers/rows_on_jax.py")

ON_JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # of LLVM, which take longer than the tests
}


def test_steps_on_jax_update_rows_alone():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed: pip install jax")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FILES],
        env={**os.environ, **ON_JAX},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
