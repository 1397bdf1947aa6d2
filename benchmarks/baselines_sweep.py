"""Sweep of the settings of implicit's ALS over data of many shapes.

On the validation parts that `defaults_sweep.py --prepare FOLDER` writes; see there.

`python benchmarks/baselines_sweep.py FOLDER --json FILE [--data A,B]`, which goes on
with the file if there is one.
"""

import argparse
import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _sweep_data import K

from tfrecs import Interactions, evaluate
from tfrecs.bench.baselines import fit_implicit_als

DATA = (
    "beauty",
    "yelp2018 a fifth of users",
    "ml-1m m1 a fifth of pairs",
    "ml-100k",
    "ml-latest-small",
    "ml-1m m1",
)

MOST_USERS = 4000
"""Users of a validation part."""

PUBLISHED = {"factors": 32, "alpha": 2, "regularization": 5}
"""The published settings for MovieLens 100K, with implicit's own regularization."""

CHOSEN = {"factors": 128, "alpha": 10, "shrinkage": 0.4}

FIRST = [
    {"factors": 64, "alpha": alpha, "shrinkage": shrinkage}
    for alpha, shrinkage in product((2, 5, 10, 20), (0.2, 0.4, 0.7))
    if shrinkage > 0.2 or alpha > 5
]

CHANGES = [{"factors": 32}, {"factors": 128}, {"factors": 256, "iterations": 8}]
"""Changes of the best of the first points."""


def parts(path: Path) -> tuple[Interactions, Interactions]:
    """Returns the part to fit, and users of the part to validate."""
    with np.load(path) as arrays:
        known = {name: arrays[name] for name in arrays}
    users, items = (
        np.concatenate([known[f"{part}_{side}"] for part in ("fit", "val")])
        for side in ("users", "items")
    )
    whole = Interactions.from_arrays(users, items)
    first = np.arange(len(whole)) < len(known["fit_users"])
    drawn = np.random.default_rng(0).permutation(whole.num_users)[:MOST_USERS]
    return whole.take(first), whole.take(~first & np.isin(whole.user_ids, drawn))


def arguments(point: dict[str, Any], fit: Interactions) -> dict[str, Any]:
    """Returns the arguments of the baseline, with the shrinkage of a regularization."""
    rest = {name: v for name, v in point.items() if name != "regularization"}
    if "regularization" in point:
        noise = (len(fit) / fit.num_users) ** 0.5 + (len(fit) / fit.num_items) ** 0.5
        rest["shrinkage"] = point["regularization"] / (point["alpha"] * noise)
    return rest


def measured(point: dict[str, Any], fit: Any, validation: Any) -> dict[str, Any]:
    """Fits a point and returns it with its NDCG on the validation part."""
    began = time.perf_counter()
    fitted = fit_implicit_als(fit, 0, **arguments(point, fit))
    metrics = evaluate(fitted.score_users, fit, validation, k=K).metrics
    return {
        "point": point,
        "ndcg": round(metrics[f"ndcg@{K}"], 5),
        "fit_seconds": round(fitted.fit_seconds, 2),
        "seconds": round(time.perf_counter() - began, 2),
    }


def sweep(path: Path, rows: list[dict[str, Any]], file: Path) -> None:
    """Measures the points that the rows of a data set lack; writes after each."""
    fit, validation = parts(path)

    def run(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for point in points:
            known = [row["point"] for row in rows if row["data"] == path.stem]
            if point not in known:
                rows.append({"data": path.stem, **measured(point, fit, validation)})
                file.write_text(json.dumps(rows, indent=1))
                print(rows[-1], flush=True)
        return [r for r in rows if r["data"] == path.stem and r["point"] in points]

    run([PUBLISHED, CHOSEN])
    best = max(run(FIRST), key=lambda row: row["ndcg"])["point"]
    run([{**best, **change} for change in CHANGES])


def main() -> None:
    """Runs the sweep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--data", default=",".join(DATA))
    options = parser.parse_args()
    rows = json.loads(options.json.read_text()) if options.json.exists() else []
    for name in options.data.split(","):
        sweep(options.folder / f"{name}.npz", rows, options.json)


if __name__ == "__main__":
    main()
