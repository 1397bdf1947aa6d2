"""Adding a model or a loss is one line in its registry: everything else reads it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

THROWAWAY = '''
"""Registers a model and a loss, as one line each in their registries would."""
import keras
from tfrecs.losses import LOSSES, bpr
from tfrecs.models import MODELS
from tfrecs.models.mf import build_mf


def build_throwaway(num_users, num_items, *, name="throwaway"):
    """Builds a model that exists for a test alone."""
    return build_mf(num_users, num_items, embedding_dim=2, name=name)


def throwaway_loss(labels, scores):
    """Computes BPR under another name."""
    return bpr(labels, scores)


MODELS["throwaway"] = build_throwaway
LOSSES["throwaway-loss"] = throwaway_loss
'''

FILES = ["tests/models/test_contracts.py", "tests/losses/test_loss_contracts.py"]

# One process prints all three, since starting one takes seconds.
PRINT = """
import sys
import pytest
import throwaway, registries
from tfrecs.bench.cli import main
parted = lambda: print("=" * 8, flush=True)
main(["--list"])
parted()
print(registries.page())
parted()
quiet = ("-p", "no:cacheprovider", "-o", "addopts=", "--collect-only", "-q")
sys.exit(pytest.main([*quiet, *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """The bench's list, the page, and the tests, with the two registered."""
    folder = tmp_path_factory.mktemp("throwaway")
    folder.joinpath("throwaway.py").write_text(THROWAWAY, encoding="utf-8")
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "docs")])
    done = subprocess.run(
        [sys.executable, "-c", PRINT, *FILES],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("=" * 8 + "\n")


def test_contract_tests_find_a_registered_model_and_loss(output):
    lines = [line for line in output[2].splitlines() if "throwaway" in line]
    assert sum(line.startswith(FILES[0]) for line in lines) >= 10
    assert sum(line.startswith(FILES[1]) for line in lines) >= 3


def test_the_bench_lists_a_registered_model(output):
    assert "throwaway" in output[0]


def test_the_page_of_registries_has_a_registered_model_and_loss(output):
    page = output[1]
    assert "| `throwaway` | Builds a model that exists for a test alone. |" in page
    assert "| `throwaway-loss` | Computes BPR under another name. |" in page


def test_the_stored_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location(
        "registries", ROOT / "docs" / "registries.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stored = (ROOT / "docs" / "registries.md").read_text(encoding="utf-8")
    assert stored == module.page(), "run: python docs/registries.py"
