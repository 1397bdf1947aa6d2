"""The page's way from files to an item that is scored from its raw row."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tfrecs

PAGE = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text("utf-8")
COMMAND = re.compile(
    r"^    python (-m tfrecs.bench .*--items items.csv.*hybrid)$", re.M
)
BLOCK = re.compile(r"```python\n(# In another process.*?)```", re.DOTALL)
ON_ALL = re.compile(r"```python\n(# The settings of a search.*?)```", re.DOTALL)


def write_files(folder):
    """Ratings of 60 users, who like one of two categories, and their 40 items."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, 60, 1500)
    items = rng.integers(0, 20, 1500) * 2 + users % 2
    ratings = pd.DataFrame({"user_id": users, "item_id": items, "rating": 5})
    ratings.drop_duplicates().to_csv(folder / "ratings.csv", index=False)
    numbers = np.arange(40)
    described = {
        "item_id": numbers,
        "title": [f"Film {number}" for number in numbers],
        "categories": np.where(numbers % 2, "Drama|War", "Comedy"),
        "price": numbers % 9 + 0.99,
    }
    pd.DataFrame(described).to_csv(folder / "items.csv", index=False)


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_one_command_and_twelve_lines_lead_to_a_new_item(tmp_path):
    write_files(tmp_path)
    [command], [block] = COMMAND.findall(PAGE), BLOCK.findall(PAGE)
    assert len([line for line in block.splitlines() if line]) <= 12
    out = run(tmp_path, *shlex.split(command), "--epochs", "20")
    assert "Read items, multi_hot: categories" in out
    assert "Read items, numeric: price" in out
    [report] = tmp_path.glob("logs/*/report.html")
    assert "Film 12" in report.read_text(encoding="utf-8")
    printed = run(tmp_path, "-c", block)
    found = [line.split() for line in printed.splitlines() if " 9001 " in line]
    assert len(found) == 4  # three users, and one recommendation
    assert all(int(row[2]) % 2 for row in found[:3])  # who like dramas


@pytest.mark.slow
def test_the_model_of_all_data_has_all_of_them(tmp_path):
    write_files(tmp_path)
    [block] = ON_ALL.findall(PAGE)
    run(tmp_path, "-c", block)
    data = tfrecs.read_interactions(tmp_path / "ratings.csv")
    recommender = tfrecs.load(tmp_path / "bundle")
    assert len(recommender.train) == len(data)
