"""Memory and time of a hybrid whose items have sparse features, one of them very many.

20,000 items with ten of 10,000 features each; then the same with one item that has
9,000. Each is a process of its own. Memory is resident, above what the imports and the
features take: held after the model is built, and the peaks of building it, of a
training step and of the outputs of 1,024 items.
`python benchmarks/sparse_features.py [--repeats 3] [--json FILE]`.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scipy.sparse as sp
from _report import (
    finish,
    forget_peak,
    in_child,
    parser,
    print_table,
    resident_mib,
    seconds,
)

from tfrecs import build_hybrid

ITEMS, FEATURES, USUAL, BATCH, DIM = 20_000, 10_000, 10, 1024, 64
CASES = {"all rows of 10": 0, "one row of 9,000": 9_000}


def features(longest: int) -> sp.csr_array:
    """Ten features for each item, and `longest` for the first one."""
    rng = np.random.default_rng(0)
    rows = np.repeat(np.arange(ITEMS), USUAL)
    places = rng.integers(FEATURES, size=len(rows))
    rows = np.concatenate([rows, np.zeros(longest, int)])
    places = np.concatenate([places, np.arange(longest)])
    matrix = sp.csr_array((np.ones(len(rows)), (rows, places)), (ITEMS, FEATURES))
    matrix.data[:] = 1
    return matrix


def measure(longest: int, repeats: int) -> dict[str, Any]:
    """Returns MiB and seconds of a model with these features."""
    given = features(longest)
    users = np.arange(BATCH, dtype=np.int32)
    items = np.random.default_rng(1).integers(ITEMS, size=(BATCH, 1)).astype(np.int32)
    keras.utils.set_random_seed(0)
    before = resident_mib()[0]
    forget_peak()
    began = time.perf_counter()
    model = build_hybrid(BATCH, ITEMS, item_features=given, embedding_dim=DIM)
    built = time.perf_counter() - began
    held, peak = resident_mib()
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    batch = {"user_id": users, "item_id": items}, np.ones((BATCH, 1))
    model.train_on_batch(*batch)  # compiles
    forget_peak()
    steps = [seconds(lambda: model.train_on_batch(*batch)) for _ in range(repeats)]
    training = resident_mib()[1]
    forget_peak()
    scored = seconds(lambda: model.item_output(items[:, 0]))
    scoring = resident_mib()[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        saved = path.stat().st_size / 2**20
    return {
        "held_mib": held - before,
        "build_peak_mib": peak - before,
        "training_peak_mib": training - before,
        "scoring_peak_mib": scoring - before,
        "file_mib": saved,
        "build_seconds": built,
        "scoring_seconds": scored,
        "seconds_per_step": statistics.median(steps),
    }


def main() -> None:
    options = parser(__doc__, repeats=3).parse_args()
    found = {n: in_child(measure, x, options.repeats) for n, x in CASES.items()}
    print_table(
        [
            "MiB",
            "held",
            "build",
            "step",
            "score",
            "file",
            "s build",
            "s score",
            "ms step",
        ],
        [
            [
                name,
                *(f"{value:.0f}" for value in list(x.values())[:5]),
                f"{x['build_seconds']:.2f}",
                f"{x['scoring_seconds']:.2f}",
                f"{1e3 * x['seconds_per_step']:.1f}",
            ]
            for name, x in found.items()
        ],
    )
    finish(options, {"found": found})


if __name__ == "__main__":
    main()
