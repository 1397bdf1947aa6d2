"""The script that compares models of histories, with a few users."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "histories.py"
NUM_ITEMS, LENGTH = 30, 12


def run_parts(folder, parts, *options):
    """Runs parts, and returns all that the file then has."""
    found = folder / "found.json"
    command = [sys.executable, SCRIPT, folder / "lists.txt", *options]
    done = subprocess.run(
        [*command, "--parts", parts, "--json", found],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(found.read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A file of 60 users who walk around a circle of items, a step at a time."""
    folder = tmp_path_factory.mktemp("histories")
    starts = np.random.default_rng(0).integers(NUM_ITEMS, size=60)
    items = (starts[:, None] + np.arange(LENGTH)) % NUM_ITEMS
    lines = [" ".join(map(str, [user, *row])) for user, row in enumerate(items)]
    (folder / "lists.txt").write_text("\n".join(lines))
    return folder


@pytest.mark.slow
def test_each_part_adds_its_own_to_the_file(folder):
    few = ("--values", "max_length=20,epochs=8,embedding_dim=8")
    name = "sasrec, max_length=20, epochs=8, embedding_dim=8"
    found = run_parts(folder, "rows", "--models", "markov,sasrec", *few)
    rows = found["rows"]
    assert {*rows} == {"markov", name}
    assert rows["markov"]["0"]["test"]["recall@10"] == 1  # the next on the way
    tests = {"test", "test, not learned"}
    assert {*rows[name]["0"]} == {*tests, "validation", "seconds", "epochs"}
    assert rows[name]["0"]["epochs"] == 8

    found = run_parts(folder, "validation", "--models", "markov,sasrec", *few)
    [[alone]] = [seeds.values() for seeds in found["validation"].values()]
    assert {*alone} == {"validation", "seconds", "epochs"}
    assert alone["validation"] == rows[name]["0"]["validation"]  # the same training

    options = ("--minutes", "0.05,0.1", "--repeats", "2", *few)
    found = run_parts(folder, "minutes,unseen,speed", *options)
    assert found["rows"] == rows
    for row in found["minutes"][name].values():
        assert 0 < row["epochs"] < 10_000
        assert {*row} == {"test", "seconds", "epochs"}
    assert [*found["minutes"][name]] == ["0.05", "0.1"]

    part = found["unseen"][name]["0"]
    assert part["users"] == {"unseen": 6, "others": 54}
    assert {*part["unseen"]} == {*part["others"]} == {"recall@10", "ndcg@10"}

    assert {*found["speed"]} == {"tfrecs", "plain Keras"}
    for part in found["speed"].values():
        assert part["positions"] == 60 * (LENGTH - 3)  # but the first and the held out
        per_second = part["positions"] / np.median(part["seconds"])
        assert math.isclose(part["positions_per_second"], per_second)
        assert part["peak_mib"] > 10
