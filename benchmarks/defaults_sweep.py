"""Sweep of the settings that `tfrecs.fit` uses by default for cosines.

In-batch softmax from a truncated SVD with LazyAdam and a decaying learning rate, as
`tfrecs.training.defaults` has it, written once more in JAX, so that hundreds of
trainings take minutes on a GPU; they import nothing of `tfrecs`. Each data set is a
file `NAME.npz` with `num_users`, `num_items`, and the int32 arrays `fit_users`,
`fit_items`, `val_users`, `val_items`, which `--prepare` writes from public data:
validation parts of the training data alone.

`TFRECS_DATA=... python benchmarks/defaults_sweep.py --prepare FOLDER`, then
`python benchmarks/defaults_sweep.py FOLDER --json FILE [--data A,B] [--seconds 400]`,
then `python benchmarks/defaults_sweep.py --analyse FILE`.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

CENTER = {
    "dim": 128,
    "batch": 2048,
    "epochs": 8,
    "temperature": 0.15,
    "rate": 0.01,
    "exponent": 0.25,
    "length": 0.8,
    "svd": True,
}
K = 20
SCALES = np.arange(1.0, 1.8, 0.01)
"""Candidates for c of the rule temperature = c / ln(num_items + 1)."""


def points() -> Iterator[dict[str, Any]]:
    """Yields the settings: a grid over temperature and epochs, and single changes."""
    for epochs in (4, 8, 16):
        for t in (9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 25):
            yield {**CENTER, "epochs": epochs, "temperature": t / 100}
    for dim in (64, 256):
        for t in (10, 12, 14, 16, 18, 20):
            yield {**CENTER, "dim": dim, "temperature": t / 100}
    changes = {
        "batch": (512, 1024, 4096),
        "rate": (0.003, 0.03),
        "exponent": (0.0, 0.5, 0.75),
        "length": (0.4, 1.6, 3.2),
        "svd": (False,),
    }
    for name, values in changes.items():
        for value in values:
            yield {**CENTER, name: value}


def prepare(folder: Path) -> None:
    """Writes validation parts of public data sets found in `TFRECS_DATA`."""
    from tfrecs import Interactions, load_dataset, read_interactions
    from tfrecs.data.splits import leave_last_out, random_split, stratified_split

    source = Path(os.environ["TFRECS_DATA"])

    def lists(name: str) -> Interactions:
        return read_interactions(source / name)

    def in_order(data: Interactions) -> Interactions:
        return replace(data, timestamps=np.arange(len(data)))

    def published(name: str) -> Interactions:
        data = load_dataset(name)
        return data.interactions.take(~data.test_rows)

    small = load_dataset("ml-latest-small").interactions.at_least(3.5)
    beauty = in_order(lists("beauty/sequences.txt.gz"))
    trains = {
        "ml-100k": published("ml-100k").at_least(3).compact(),
        "ml-latest-small": stratified_split(small, seed=0).train,
        "ml-1m m1": published("ultragcn-ml-1m"),
        "yelp2018": lists("yelp2018/train.txt.gz"),
    }
    parts = {
        name: (random_split if name == "ml-100k" else stratified_split)(
            train, seed=0, test_fraction=0.1
        )
        for name, train in trains.items()
    }
    parts["beauty"] = leave_last_out(leave_last_out(beauty, seed=0).train, seed=1)
    folder.mkdir(parents=True, exist_ok=True)
    for name, (fit, val) in parts.items():
        arrays = {
            "num_users": fit.num_users,
            "num_items": fit.num_items,
            "fit_users": fit.user_ids,
            "fit_items": fit.item_ids,
            "val_users": val.user_ids,
            "val_items": val.item_ids,
        }
        np.savez_compressed(folder / f"{name}.npz", **arrays)
        print(f"{name}: {len(fit):,} to fit, {len(val):,} to validate")


def start(data: dict[str, Any], point: dict[str, Any]) -> list[Any]:
    """Returns both tables before training."""
    shape, dim = (data["num_users"], data["num_items"]), point["dim"]
    rng = np.random.default_rng(1)
    tables = [rng.normal(0, 0.1, (n, dim)).astype("float32") for n in shape]
    if not point["svd"]:
        return tables
    counts = data["matrix"].sum(axis=1), data["matrix"].sum(axis=0)
    left, right = (sp.diags_array((n + 1.0) ** -point["exponent"]) for n in counts)
    matrix = (left @ data["matrix"] @ right).tocsr().astype("float32")
    rank = min(dim, *shape)
    u, s, v = truncated_svd(matrix, rank)
    for table, side, count in zip(tables, (u, v), counts, strict=True):
        rows = side * np.sqrt(s)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        known = (count > 0) & (norms[:, 0] > 0)
        table[known, :rank] = point["length"] * rows[known] / norms[known]
    return tables


def truncated_svd(matrix: Any, rank: int) -> tuple[Any, Any, Any]:
    """Returns U, S and V of a sparse matrix, by random projections."""
    width = min(rank + 10, *matrix.shape)
    shape = (matrix.shape[1], width)
    basis = np.random.default_rng(0).standard_normal(shape, np.float32)
    transposed = matrix.T.tocsr()
    basis, _ = np.linalg.qr(matrix @ basis)
    for _ in range(3):
        basis, _ = np.linalg.qr(transposed @ basis)
        basis, _ = np.linalg.qr(matrix @ basis)
    v, s, small = np.linalg.svd(transposed @ basis, full_matrices=False)
    return (basis @ small.T)[:, :rank], s[:rank], v[:, :rank]


def unit(rows: Any) -> Any:
    """Returns rows of length 1."""
    import jax

    squares = (rows * rows).sum(-1, keepdims=True)
    return rows * jax.lax.rsqrt(squares + 1e-12)


def lazy_adam(state: Any, gradient: Any, ids: Any, rate: Any, t: Any) -> Any:
    """Updates a table and its moments in the rows of a batch."""
    import jax.numpy as jnp

    table, first, second = state
    touched = jnp.zeros((len(table), 1), bool).at[ids].set(True)
    first = jnp.where(touched, 0.9 * first + 0.1 * gradient, first)
    second = jnp.where(touched, 0.999 * second + 0.001 * gradient**2, second)
    rate = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    step = rate * first / (jnp.sqrt(second) + 1e-7)
    return table - jnp.where(touched, step, 0), first, second


def train_epoch(batch: int, steps: int) -> Any:
    """Returns a compiled function that trains for one pass over the data."""
    import jax
    import jax.numpy as jnp

    @partial(jax.jit, donate_argnums=0)
    def epoch(state: Any, users: Any, items: Any, log_share: Any, key: Any, **o: Any):
        order = jax.random.permutation(key, len(users))

        def loss(p: Any, q: Any, user: Any, item: Any) -> Any:
            p, q = unit(p[user]), unit(q[item])
            scores = p @ q.T / o["temperature"] - log_share[item]
            positive = jnp.diagonal(scores)
            same = item[:, None] == item[None]
            others = jax.nn.logsumexp(jnp.where(same, -1e9, scores), axis=1)
            return (jnp.logaddexp(others, positive) - positive).mean()

        def step(state: Any, number: Any) -> Any:
            p, q, t = state
            rows = jax.lax.dynamic_slice(order, (number * batch,), (batch,))
            user, item = users[rows], items[rows]
            slopes = jax.grad(loss, (0, 1))(p[0], q[0], user, item)
            angle = jnp.pi * jnp.minimum(t / o["total"], 1)
            rate = o["rate"] * (1 + jnp.cos(angle)) / 2
            p = lazy_adam(p, slopes[0], user, rate, t + 1)
            q = lazy_adam(q, slopes[1], item, rate, t + 1)
            return (p, q, t + 1), None

        return jax.lax.scan(step, state, jnp.arange(steps))[0]

    return epoch


def train(data: dict[str, Any], point: dict[str, Any], compiled: dict[Any, Any]) -> Any:
    """Returns the trained tables."""
    import jax
    import jax.numpy as jnp

    batch = min(point["batch"], len(data["fit_users"]))
    steps = len(data["fit_users"]) // batch
    key = (batch, steps)
    if key not in compiled:
        compiled[key] = train_epoch(*key)
    p, q = (
        (jnp.array(x), jnp.zeros_like(x), jnp.zeros_like(x)) for x in start(data, point)
    )
    state = (p, q, jnp.float32(0))
    for number in range(point["epochs"]):
        state = compiled[key](
            state,
            data["fit_users"],
            data["fit_items"],
            data["log_share"],
            jax.random.PRNGKey(number),
            temperature=point["temperature"],
            rate=point["rate"],
            total=float(steps * point["epochs"]),
        )
    return np.asarray(unit(state[0][0])), np.asarray(unit(state[1][0]))


def measure(data: dict[str, Any], p: Any, q: Any) -> tuple[float, float]:
    """Returns Recall@K and NDCG@K over users of the validation part."""
    held, seen = data["held"], data["matrix"]
    users = np.flatnonzero(np.diff(held.indptr))
    discounts = 1 / np.log2(np.arange(2, K + 2))
    recall = ndcg = 0.0
    for block in np.array_split(users, max(1, len(users) // 2048)):
        scores = p[block] @ q.T
        scores[seen[block].nonzero()] = -np.inf
        top = np.argpartition(-scores, K, axis=1)[:, :K]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1)
        top = np.take_along_axis(top, order, axis=1)
        hits = np.asarray(held[block.repeat(K), top.ravel()]).reshape(top.shape) > 0
        relevant = np.diff(held.indptr)[block]
        ideal = np.cumsum(discounts)[np.minimum(relevant, K) - 1]
        recall += (hits.sum(axis=1) / relevant).sum()
        ndcg += ((hits @ discounts) / ideal).sum()
    return recall / len(users), ndcg / len(users)


def load(path: Path) -> dict[str, Any]:
    """Reads a data set, with its matrices."""
    with np.load(path) as arrays:
        data = {name: arrays[name] for name in arrays}
    shape = int(data["num_users"]), int(data["num_items"])
    data["num_users"], data["num_items"] = shape
    for name, part in (("matrix", "fit"), ("held", "val")):
        pairs = data[f"{part}_users"], data[f"{part}_items"]
        ones = np.ones(len(pairs[0]), np.float32)
        data[name] = sp.csr_array((ones, pairs), shape=shape)
    share = data["matrix"].sum(axis=0) / len(data["fit_users"])
    data["log_share"] = np.log(np.maximum(share, 1e-12)).astype(np.float32)
    return data


def sweep(folder: Path, names: list[str], seconds: float) -> list[dict[str, Any]]:
    """Trains every point on every data set; stops at the end of the time."""
    rows: list[dict[str, Any]] = []
    end = time.perf_counter() + seconds
    for name in names:
        data, compiled = load(folder / f"{name}.npz"), {}
        for point in points():
            if time.perf_counter() > end:
                print("out of time")
                return rows
            recall, ndcg = measure(data, *train(data, point, compiled))
            size = {"num_items": data["num_items"]}
            found = {"recall": round(recall, 5), "ndcg": round(ndcg, 5)}
            rows.append({"data": name, **size, **point, **found})
            print(rows[-1], flush=True)
    return rows


def analyse(rows: list[dict[str, Any]]) -> None:
    """Prints c of the temperature rule, with all data sets and without each."""
    curves = {}
    for name in dict.fromkeys(row["data"] for row in rows):
        mine = [
            row
            for row in rows
            if row["data"] == name
            and all(row[k] == v for k, v in CENTER.items() if k != "temperature")
        ]
        mine.sort(key=lambda row: row["temperature"])
        ndcg = np.array([row["ndcg"] for row in mine])
        curves[name] = (
            mine[0]["num_items"],
            [row["temperature"] for row in mine],
            ndcg / ndcg.max(),
        )

    def share(name: str, c: float) -> float:
        num_items, temperatures, ndcg = curves[name]
        return float(np.interp(c / math.log(num_items + 1), temperatures, ndcg))

    def best(names: list[str]) -> float:
        return max(SCALES, key=lambda c: float(np.mean([share(n, c) for n in names])))

    c = best([*curves])
    print(f"c = {c:.2f}; NDCG@{K} as a share of that of the best temperature")
    print("data set      items  with all  c without  without it / with it")
    for name, (num_items, *_) in curves.items():
        other = best([n for n in curves if n != name])
        ratio = share(name, other) / share(name, c)
        print(
            f"{name:12s} {num_items:6,}     {share(name, c):.3f}       {other:.2f}"
            f"                 {ratio:.4f}"
        )


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--prepare", type=Path)
    parser.add_argument("--analyse", type=Path)
    parser.add_argument("--data", type=lambda text: text.split(","))
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.prepare:
        prepare(options.prepare)
    elif options.analyse:
        analyse(json.loads(options.analyse.read_text()))
    elif options.folder and options.json:
        names = options.data or sorted(x.stem for x in options.folder.glob("*.npz"))
        rows = sweep(options.folder, names, options.seconds)
        options.json.write_text(json.dumps(rows, indent=0) + "\n")
    else:
        parser.error("give --prepare FOLDER, FOLDER --json FILE, or --analyse FILE")


if __name__ == "__main__":
    main()
