"""The search space of each baseline; the default point is that of its signature."""

from tfrecs.training.tuning.space import Choice, Range, Space

BASELINE_SPACES: dict[str, Space] = {
    "lightfm": {
        "no_components": Choice((10, 32, 64, 128)),
        "epochs": Range(5, 60, log=True, whole=True),
        "learning_rate": Range(5e-3, 0.2, log=True),
        "alpha": Choice((0.0, 1e-6, 1e-5, 1e-4)),
    },
    "implicit-als": {
        "factors": Choice((16, 32, 64, 128, 256)),
        "shrinkage": Range(0.02, 2.0, log=True),
        "alpha": Range(0.5, 50.0, log=True),
        "iterations": Range(5, 30, whole=True),
    },
    "item-knn": {
        "k": Range(10, 1000, log=True, whole=True),
        "shrink": Range(0.1, 1000.0, log=True),
    },
    "slim": {
        "k": Choice((50, 100, 200)),
        "l1": Choice((0.0, 0.5, 2.0, 10.0)),
        "l2": Range(1.0, 10_000.0, log=True),
    },
    "ease": {"l2": Range(1.0, 10_000.0, log=True)},
}
"""Arguments of the baselines by name; a line adds a baseline to `--tune`."""
