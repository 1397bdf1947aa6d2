"""Sweep of the settings that `tfrecs.fit` uses by default for dot products.

In-batch softmax from a truncated SVD with LazyAdam and a decaying learning rate, as
`tfrecs.training.defaults` has it, written once more in JAX, so that hundreds of
trainings take minutes on a GPU; they import nothing of `tfrecs`. Each data set is a
file `NAME.npz` with `num_users`, `num_items`, and the int32 arrays `fit_users`,
`fit_items`, `val_users`, `val_items`, which `--prepare` writes from public data:
validation parts of the training data alone.

`TFRECS_DATA=... python benchmarks/defaults_sweep.py --prepare FOLDER`, then
`python benchmarks/defaults_sweep.py FOLDER --json FILE [--data A,B] [--seconds 400]`,
with `--small-steps` the batches and passes that minutes on two cores allow, then
`python benchmarks/defaults_sweep.py --analyse FILE [--data A,B]`.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from _sweep_data import K, load, measure, prepare

POINT = {
    "model": "cosine",
    "negatives": "in-batch",
    "dim": 128,
    "batch": 2048,
    "epochs": 8,
    "temperature": 0.15,
    "rate": 0.01,
    "exponent": 0.25,
    "length": 0.8,
    "svd": True,
    "shared": None,
}
"""Settings of a training; "mf" has the same vectors without the unit length.

`shared` is the number of the batch's items that all rows have as negatives, None for
all of them.
"""

NUM_FIRST = 60
"""Points of the first grid of `points`."""

SCALES = np.arange(1.0, 1.8, 0.01)
"""Candidates for c of the rule temperature = c / ln(num_items + 1)."""


def grid(**values: Sequence[Any]) -> list[dict[str, Any]]:
    """Returns every combination of the values, with the other settings of `POINT`."""
    combined = product(*values.values())
    return [{**POINT, **dict(zip(values, chosen, strict=True))} for chosen in combined]


def points() -> list[dict[str, Any]]:
    """Returns the settings that every data set is trained with."""
    hundredths = (9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 25)
    temperatures = [t / 100 for t in hundredths]
    return [
        *grid(
            temperature=(0.08, 0.11, 0.15, 0.2, 0.27),
            epochs=(2, 4, 8, 16),
            rate=(0.003, 0.01, 0.03),
            exponent=(0.5,),
        ),
        *grid(epochs=(4, 8, 16), temperature=temperatures),
        *grid(dim=(64, 256), temperature=(0.1, 0.12, 0.14, 0.16, 0.18, 0.2)),
        *grid(
            model=("mf",),
            temperature=(0.15, 0.25, 0.4),
            epochs=(2, 6),
            rate=(0.001, 0.003, 0.01),
        ),
    ]


def small_steps() -> list[dict[str, Any]]:
    """Returns settings of like cost, which grows with dim * shared * epochs."""
    temperatures = {"temperature": (0.125, 0.115)}
    sizes = (
        *((256, 512, 8), (256, 256, 12), (256, 256, 8), (256, 1024, 5), (256, 2048, 4)),
        *((128, 512, 16), (128, 512, 12), (128, 256, 16), (128, 1024, 12)),
        *((192, 512, 10), (384, 256, 8)),
    )
    of_sizes = [
        point
        for dim, batch, epochs in sizes
        for point in grid(dim=(dim,), batch=(batch,), epochs=(epochs,), **temperatures)
    ]
    of_shared = [
        point
        for batch, shared, epochs in ((2048, 512, 8), (1024, 256, 12), (1024, 512, 8))
        for point in grid(
            dim=(256,),
            batch=(batch,),
            shared=(shared,),
            epochs=(epochs,),
            **temperatures,
        )
    ]
    of_rates = grid(
        dim=(256,),
        batch=(256, 512),
        epochs=(8,),
        temperature=(0.125,),
        rate=(0.005, 0.02),
    )
    return [*of_sizes, *of_shared, *of_rates]


def around(best: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields changes of one setting of the best point of the first grid."""
    changes = {
        "dim": (32, 64, 256, 512),
        "batch": (512, 1024, 4096, 8192),
        "svd": (False,),
        "length": (0.4, 1.6, 3.2),
        "exponent": (0.0, 0.25, 0.75),
        "epochs": (1, 6, 24),
    }
    for name, values in changes.items():
        for value in values:
            yield {**best, name: value}
    for epochs in (16, 32):
        yield {**best, "svd": False, "epochs": epochs}


def over_catalogue() -> list[dict[str, Any]]:
    """Returns trainings with the softmax over all items, for small catalogues."""
    return grid(
        negatives=("all",),
        batch=(128,),
        temperature=(0.11, 0.15, 0.2, 0.27),
        epochs=(4, 16, 48),
        rate=(0.003, 0.01, 0.03),
        exponent=(0.5,),
    )


def start(data: dict[str, Any], point: dict[str, Any]) -> list[Any]:
    """Returns both tables before training; a start is kept with the data."""
    key = tuple(point[name] for name in ("dim", "svd", "exponent", "length"))
    if key not in data["starts"]:
        data["starts"][key] = tables_of(data, point)
    return data["starts"][key]


def tables_of(data: dict[str, Any], point: dict[str, Any]) -> list[Any]:
    """Returns random tables, or those of the truncated SVD."""
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


def losses_of(data: dict[str, Any], point: dict[str, Any]) -> Any:
    """Returns the loss of a batch of rows: of positives, or of users."""
    import jax
    import jax.numpy as jnp

    ends = unit if point["model"] == "cosine" else lambda rows: rows
    names = ("fit_users", "fit_items", "log_share", "dense")
    users, items, log_share, dense = (
        None if data[name] is None else jnp.asarray(data[name]) for name in names
    )

    def in_batch(p: Any, q: Any, rows: Any, temperature: Any) -> Any:
        user, item = users[rows], items[rows]
        shared = item[: point["shared"]]
        p_rows, q_rows = ends(p[user]), ends(q[item])
        scores = p_rows @ q_rows[: len(shared)].T / temperature - log_share[shared]
        positive = (p_rows * q_rows).sum(-1) / temperature - log_share[item]
        same = item[:, None] == shared[None]
        others = jax.nn.logsumexp(jnp.where(same, -1e9, scores), axis=1)
        return (jnp.logaddexp(others, positive) - positive).mean(), (user, item)

    def over_all(p: Any, q: Any, rows: Any, temperature: Any) -> Any:
        scores = ends(p[rows]) @ ends(q).T / temperature
        taken = dense[rows].astype("float32")
        total = taken.sum(axis=1) * jax.nn.logsumexp(scores, axis=1)
        return (total - (taken * scores).sum(axis=1)).mean(), (rows, slice(None))

    return in_batch if point["negatives"] == "in-batch" else over_all


def train_epoch(loss: Any, num_rows: int, batch: int) -> Any:
    """Returns a compiled function that trains for one pass over the rows."""
    import jax
    import jax.numpy as jnp

    @partial(jax.jit, donate_argnums=0)
    def epoch(state: Any, key: Any, temperature: Any, highest: Any, total: Any) -> Any:
        order = jax.random.permutation(key, num_rows)

        def step(state: Any, number: Any) -> Any:
            p, q, t = state
            rows = jax.lax.dynamic_slice(order, (number * batch,), (batch,))
            slope = jax.grad(loss, (0, 1), has_aux=True)
            slopes, (users, items) = slope(p[0], q[0], rows, temperature)
            rate = highest * (1 + jnp.cos(jnp.pi * jnp.minimum(t / total, 1))) / 2
            p = lazy_adam(p, slopes[0], users, rate, t + 1)
            q = lazy_adam(q, slopes[1], items, rate, t + 1)
            return (p, q, t + 1), None

        return jax.lax.scan(step, state, jnp.arange(num_rows // batch))[0]

    return epoch


def train(data: dict[str, Any], point: dict[str, Any], compiled: dict[Any, Any]) -> Any:
    """Returns the trained tables."""
    import jax
    import jax.numpy as jnp

    in_batch = point["negatives"] == "in-batch"
    num_rows = len(data["fit_users"]) if in_batch else data["num_users"]
    batch = min(point["batch"], num_rows)
    key = (point["model"], in_batch, batch, point["shared"])
    if key not in compiled:
        compiled[key] = train_epoch(losses_of(data, point), num_rows, batch)
    p, q = (
        (jnp.array(x), jnp.zeros_like(x), jnp.zeros_like(x)) for x in start(data, point)
    )
    state = (p, q, jnp.float32(0))
    total = float(num_rows // batch * point["epochs"])
    settings = (point["temperature"], point["rate"], total)
    for number in range(point["epochs"]):
        state = compiled[key](state, jax.random.PRNGKey(number), *settings)
    p, q = (table[0] for table in state[:2])
    return [np.asarray(unit(x) if point["model"] == "cosine" else x) for x in (p, q)]


def sweep(
    folder: Path, names: list[str], seconds: float, small: bool
) -> list[dict[str, Any]]:
    """Trains every point on every data set; stops at the end of the time."""
    rows: list[dict[str, Any]] = []
    end = time.perf_counter() + seconds
    for name in names:
        data, compiled = load(folder / f"{name}.npz"), {}
        waiting, first = small_steps() if small else points(), len(rows)
        if data["dense"] is not None and not small:
            waiting += over_catalogue()
        while waiting and time.perf_counter() < end:
            point = waiting.pop(0)
            recall, ndcg = measure(data, *train(data, point, compiled))
            size = {"num_items": data["num_items"]}
            found = {"recall": round(recall, 5), "ndcg": round(ndcg, 5)}
            rows.append({"data": name, **size, **point, **found})
            print(rows[-1], flush=True)
            if len(rows) - first == NUM_FIRST and not small:
                best = max(rows[first:], key=lambda row: row["ndcg"])
                waiting += around({name: best[name] for name in POINT})
    return rows


def analyse(rows: list[dict[str, Any]]) -> None:
    """Prints c of the temperature rule, with all data sets and without each."""
    curves = {}
    for name in dict.fromkeys(row["data"] for row in rows):
        mine = [
            row
            for row in rows
            if row["data"] == name
            and all(row[k] == v for k, v in POINT.items() if k != "temperature")
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
    parser.add_argument("--small-steps", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.prepare:
        prepare(options.prepare)
    elif options.analyse:
        rows = json.loads(options.analyse.read_text())
        analyse([x for x in rows if x["data"] in (options.data or [x["data"]])])
    elif options.folder and options.json:
        names = options.data or sorted(x.stem for x in options.folder.glob("*.npz"))
        rows = sweep(options.folder, names, options.seconds, options.small_steps)
        options.json.write_text(json.dumps(rows, indent=0) + "\n")
    else:
        parser.error("give --prepare FOLDER, FOLDER --json FILE, or --analyse FILE")


if __name__ == "__main__":
    main()
