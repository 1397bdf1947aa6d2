"""The speed of ranking the whole catalogue, beside the matmul that makes the scores.

Scores are products of 64 factors; training items are left out; k is 20. Every way is
warmed up, then timed in turns; medians are reported, and their ratio to the fastest
matmul, of several sizes of blocks, into a buffer that is used again. The small case is
MovieLens 1M as UltraGCN splits it, with factors of an SVD, where
$TFRECS_DATA/ultragcn-ml-1m is there; else, as the large one (the sizes of Gowalla),
drawn by popularity. Memory is what a fresh process grows by at most during `evaluate`.
`python benchmarks/evaluation_speed.py [--large] [--repeats 9] [--json FILE]`.
"""

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import linalg

from tfrecs import Interactions, evaluate
from tfrecs.bench.results_file import write_json
from tfrecs.data.readers import read_frame
from tfrecs.evaluation.metrics import METRICS
from tfrecs.evaluation.ranking.top_k import top_k

DIM, K = 64, 20
SIZES = {  # users, items, training and test items of a user
    "small": (6_022, 3_043, 132, 16.5),
    "large": (29_858, 40_981, 27, 7),
}
MATMUL_ROWS = (64, 256, 512, 1024, 4096)
MOST_SCORES = 2**25  # in the matmul's buffer: 128 MiB


@dataclass(frozen=True)
class Case:
    """What is to be evaluated."""

    train: Interactions
    test: Interactions
    users: np.ndarray  # [num_users, DIM]
    items: np.ndarray  # [num_items, DIM]

    def score(self, user_ids: np.ndarray) -> np.ndarray:
        """Gives scores `[users, num_items]`."""
        return np.matmul(self.users[user_ids], self.items.T)


def split(users: np.ndarray, items: np.ndarray, is_test: np.ndarray, shape) -> tuple:
    both = Interactions(users, items, *(_vocabulary(size) for size in shape))
    return both.take(~is_test), both.take(is_test)


def _vocabulary(size: int):
    from tfrecs.data.vocabulary import Vocabulary

    return Vocabulary(np.arange(size), "ids")


def movielens(folder: Path) -> Case:
    of_train, of_test = (
        read_frame(folder / f"{part}.txt", format="lists") for part in ("train", "test")
    )
    users = np.append(of_train["user_id"], of_test["user_id"])
    items = np.append(of_train["item_id"], of_test["item_id"])
    is_test = np.arange(len(users)) >= len(of_train)
    train, test = split(users, items, is_test, (users.max() + 1, items.max() + 1))
    left, values, right = linalg.svds(train.matrix.astype(float), DIM, random_state=0)
    return Case(
        train,
        test,
        np.ascontiguousarray(left * values, dtype=np.float32),
        np.ascontiguousarray(right.T, dtype=np.float32),
    )


def drawn(num_users: int, num_items: int, in_train: float, in_test: float) -> Case:
    """Users of skewed activity, items of skewed popularity, factors that know it."""
    rng = np.random.default_rng(0)
    popularity = rng.lognormal(sigma=1.5, size=num_items)
    activity = rng.lognormal(sigma=1.0, size=num_users)
    mean = activity / activity.mean() * (in_train + in_test) * 1.05
    counts = np.clip(rng.poisson(mean), 2, num_items // 2)
    users = np.repeat(np.arange(num_users), counts)
    items = rng.choice(num_items, len(users), p=popularity / popularity.sum())
    users, items = np.divmod(np.unique(users * num_items + items), num_items)
    is_test = rng.random(len(users)) < in_test / (in_train + in_test)
    train, test = split(users, items, is_test, (num_users, num_items))
    user_factors = rng.normal(scale=0.3, size=(num_users, DIM)).astype(np.float32)
    item_factors = rng.normal(scale=0.3, size=(num_items, DIM)).astype(np.float32)
    user_factors[:, 0], item_factors[:, 0] = 1, np.log(popularity)
    return Case(train, test, user_factors, item_factors)


def make_case(size: str) -> Case:
    folder = Path(os.environ.get("TFRECS_DATA", "")) / "ultragcn-ml-1m"
    if size == "small" and (folder / "test.txt").exists():
        return movielens(folder)
    return drawn(*SIZES[size])


def matmul(case: Case, rows: int) -> Callable[[], None]:
    buffer = np.empty((rows, len(case.items)), dtype=np.float32)

    def multiply() -> None:
        for start in range(0, len(case.users), rows):
            part = case.users[start : start + rows]
            np.matmul(part, case.items.T, out=buffer[: len(part)])

    return multiply


def ways_of(case: Case) -> dict[str, Callable[[], object]]:
    everyone = np.arange(len(case.users), dtype=np.int32)
    ways: dict[str, Callable[[], object]] = {
        f"matmul, {rows} users at once": matmul(case, rows)
        for rows in MATMUL_ROWS
        if rows * len(case.items) <= MOST_SCORES
    }
    ways["evaluate, metrics at 20"] = lambda: evaluate(
        case.score, case.train, case.test, k=K, metrics=list(METRICS)
    )
    ways["evaluate, and MRR and AUC"] = lambda: evaluate(
        case.score, case.train, case.test, k=K
    )
    ways["top_k without seen items"] = lambda: top_k(
        case.score, everyone, K, deny=case.train
    )
    return ways


def measure(size: str, repeats: int) -> dict[str, object]:
    case = make_case(size)
    print(f"{size}: train {case.train}, test {case.test}")
    ways = ways_of(case)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for run in ways.values():
        run()
    for _ in range(repeats):
        for way, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[way].append(time.perf_counter() - start)
    medians = {way: statistics.median(found) for way, found in seconds.items()}
    fastest = min(value for way, value in medians.items() if way.startswith("matmul"))
    print(f"{'':30} {'ms':>10} {'ratio':>7}")
    for way, value in medians.items():
        print(f"{way:30} {value * 1e3:10.1f} {value / fastest:7.2f}")
    return {
        "seconds": seconds,
        "median": medians,
        "ratio": {way: value / fastest for way, value in medians.items()},
    }


def memory_growth(size: str) -> dict[str, float]:
    """MiB that `evaluate` and `top_k` add to a fresh process's peak, of all metrics."""
    command = [sys.executable, __file__, "--memory-of", size]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def own_memory_growth(size: str) -> dict[str, float]:
    case = make_case(size)
    _ = case.train.matrix, case.test.matrix
    everyone = np.arange(len(case.users), dtype=np.int32)
    growth = {}
    for name, run in {
        "evaluate": lambda: evaluate(case.score, case.train, case.test, k=K),
        "top_k": lambda: top_k(case.score, everyone, K, deny=case.train),
    }.items():
        ctypes.CDLL(None).malloc_trim(0)  # what was freed would hide the growth
        Path("/proc/self/clear_refs").write_text("5")  # the peak becomes what is held
        before = _peak_mib()
        run()
        growth[name] = _peak_mib() - before
    return growth


def _peak_mib() -> float:
    """The peak of resident memory, of which Linux's /proc can forget the past."""
    status = Path("/proc/self/status").read_text()
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="the large case too")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json")
    parser.add_argument("--memory-of", choices=SIZES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(json.dumps(own_memory_growth(options.memory_of)))
        return
    found: dict[str, object] = {"small": measure("small", options.repeats)}
    if options.large:
        found["large"] = measure("large", min(options.repeats, 3))
        growth = memory_growth("large")
        told = ", ".join(f"{name} {mib:.0f} MiB" for name, mib in growth.items())
        print(f"large, growth of peak memory: {told}")
        found["large_memory_growth_mib"] = growth
    if options.json:
        write_json(options.json, found)


if __name__ == "__main__":
    main()
