"""Searches each family's settings on a validation part of ML-100K's `ua.base`.

Every family gets the same number of trials, drawn at random from its grid. A trial
trains on nine tenths of train and is judged by its best NDCG@10 on the rest; the test
set is not looked at.
`python benchmarks/tune.py [--models A,B] [--trials N] [--json FILE]`.
"""

import argparse
import itertools
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfrecs.bench.problem import load_problem
from tfrecs.bench.recipes import RECIPES
from tfrecs.bench.results_file import write_json
from tfrecs.bench.train import Training

DOT = {
    "objective": ["softmax", "bce"],
    "learning_rate": [3e-3, 5e-3, 1e-2],
    "embedding_dim": [64, 128],
    "dropout": [0.4, 0.5, 0.6],
    "init_std": [0.01, 0.1],
}
GRIDS = {
    "mf": DOT,
    "cosine": {
        "objective": ["softmax"],
        "learning_rate": [3e-3, 5e-3, 1e-2, 2e-2],
        "embedding_dim": [64, 128, 256],
        "temperature": [0.1, 0.14, 0.17, 0.2, 0.25],
        "dropout": [0.0, 0.1],
    },
    "gmf": DOT,
    "hybrid": DOT,
    "mf-bias-optimizer": {**DOT, "bias_learning_rate": [0.01, 0.1, 1.0]},
    "neumf": {
        "objective": ["softmax", "bce"],
        "learning_rate": [2e-3, 3e-3, 5e-3],
        "embedding_dim": [64, 128],
        "mlp_embedding_dim": [32],
        "hidden_units": [(16, 8), (32, 16, 8)],
        "dropout": [0.2, 0.3, 0.4, 0.5],
        "init_std": [0.01, 0.1],
    },
    "mlp": {
        "objective": ["softmax", "bce"],
        "learning_rate": [2e-3, 3e-3, 5e-3],
        "embedding_dim": [64, 128],
        "hidden_units": [(32, 16, 8), (64, 32, 16)],
        "dropout": [0.1, 0.2, 0.3],
        "init_std": [0.01, 0.1],
        "num_negatives": [4, 8],
    },
    "nonlinear_mf": {
        "objective": ["softmax", "bce"],
        "learning_rate": [2e-3, 3e-3, 5e-3],
        "embedding_dim": [64, 128],
        "user_hidden_units": [(64,)],
        "item_hidden_units": [(64,), (64, 64)],
        "dropout": [0.3, 0.4, 0.5, 0.6],
        "init_std": [0.01, 0.1],
    },
    "mlp_mf": {
        "objective": ["softmax", "bce"],
        "learning_rate": [2e-3, 3e-3, 5e-3],
        "embedding_dim": [64, 128],
        "hidden_units": [(32, 16, 8), (64, 32, 16)],
        "dropout": [0.1, 0.2, 0.3],
        "init_std": [0.01, 0.1],
        "num_negatives": [4, 8],
    },
    "deepfm": {
        "objective": ["softmax", "bce"],
        "learning_rate": [2e-3, 3e-3, 5e-3],
        "embedding_dim": [64, 128],
        "hidden_units": [(16, 8), (32, 16, 8)],
        "dropout": [0.2, 0.3, 0.4, 0.5],
        "init_std": [0.01, 0.1],
    },
    "cml": {
        "objective": ["hinge", "warp", "warp-all"],
        "learning_rate": [2e-3, 5e-3, 1e-2],
        "embedding_dim": [64, 128],
        "radius": [0.7, 1.0, 1.5, 2.0],
        "dropout": [0.0, 0.1, 0.3],
        "num_negatives": [10, 20],
    },
    "bucketed_mf": {**DOT, "item_l2": [0.0, 1e-6, 1e-5, 1e-4]},
}
OF_RECIPE = {"objective", "learning_rate", "bias_learning_rate", "num_negatives"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default=",".join(GRIDS))
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--json", default="benchmarks/results/tune-ml-100k.json")
    options = parser.parse_args()
    problem = load_problem()
    path = Path(options.json)
    found = json.loads(path.read_text()) if path.exists() else {}
    for name in options.models.split(","):
        grid = GRIDS[name]
        points = [
            dict(zip(grid, p, strict=True)) for p in itertools.product(*grid.values())
        ]
        order = np.random.default_rng(0).permutation(len(points))[: options.trials]
        trials = []
        for number in order:
            point = points[number]
            changes = {key: point[key] for key in point if key in OF_RECIPE}
            sizes = {key: point[key] for key in point if key not in OF_RECIPE}
            recipe = replace(RECIPES[name], **changes, settings=sizes)
            with tempfile.TemporaryDirectory() as logs:
                epochs, metrics, _ = Training(recipe, problem).choose(
                    0, Path(logs), lambda what: None
                )
            trials.append(
                {
                    **point,
                    "epochs": epochs,
                    "ndcg@10": round(metrics["val_ndcg@10"], 4),
                    "precision@10": round(metrics["val_precision@10"], 4),
                }
            )
            print(name, trials[-1], flush=True)
        found[name] = sorted(trials, key=lambda trial: -trial["ndcg@10"])
        write_json(path, found)
        print(f"best of {name}: {found[name][0]}", flush=True)


if __name__ == "__main__":
    main()
