"""Why rows of the NCF paper's tables are missed: one setting changed at a time.

The paper's MLP and NeuMF, as published: log loss, 4 negatives of each positive, drawn
again for each epoch, shuffled samples in batches of 256, Adam at .001, embeddings from
N(0, .01). Then one change each, of what the package does otherwise. After each epoch
HR@10 and NDCG@10 are measured on the test items and on validation items made alike from
train, so that the gain of choosing the epoch on test data is measured as well.

Models, optimizers and training step are the package's. All copies of a program (its
seeds, and the changes that leave its shapes alone) train side by side in one compiled
epoch on the device: Keras on JAX, without TensorFlow.

`TFRECS_DATA=... python benchmarks/ncf_causes.py --prepare FILE.npz`, then
`KERAS_BACKEND=jax python benchmarks/ncf_causes.py FILE.npz [--minutes 4] [--json FILE]`
on a GPU. `--only A,B` is for some of the programs, `--small` for tests.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from _ncf_data import Data, make_data, prepare, random_data
from _ncf_training import Copy, Program, lower_epoch
from _report import finish, keep, parser, print_table

HR, NDCG = 0, 1
VALIDATION, TEST = 0, 1

BASE = Copy()
AS_PUBLISHED = {
    "as published": BASE,
    "our start": replace(BASE, own_init=True),
    "the first epoch's negatives": replace(BASE, fixed=True),
    "negatives may be positives": replace(BASE, unchecked=True),
    "validation items trained on": replace(BASE, whole=True),
}
RATES = {
    f"rate {rate}{', decays' if decays else ''}": Copy(rate=rate, decays=decays)
    for decays in (False, True)
    for rate in (0.001, 0.003)
}
DECAYS = {
    f"rate {rate}, decays": Copy(rate=rate, decays=True)
    for rate in (0.001, 0.002, 0.004)
}


@dataclass(frozen=True)
class Part:
    """Copies of a program.

    Args:
        program: what compiles once.
        copies: by what each changes.
        epochs: planned.
        seconds: after which no epoch begins, compilation not counted.
    """

    program: Program
    copies: Mapping[str, Copy]
    epochs: int = 14
    seconds: float = 30.0


MLP = Program("mlp", {"embedding_dim": 128, "hidden_units": (128, 64, 32)})
HALF_MLP = {"embedding_dim": 64, "hidden_units": (64, 32, 16)}
NEUMF = Program(
    "neumf", {"embedding_dim": 8, "mlp_embedding_dim": 32, "hidden_units": (32, 16, 8)}
)
SMALL_NEUMF = {"embedding_dim": 8, "mlp_embedding_dim": 16, "hidden_units": (16, 8)}
LARGE = replace(MLP, batch=2048)
LARGE_NEUMF = replace(NEUMF, batch=2048)
ALL_ITEMS = {
    f"rate {rate}, decays": Copy(rate=rate, decays=True, own_init=True)
    for rate in (0.005, 0.01, 0.02)
}


def over_items(
    model: str, dim: int, dropout: float, epochs: int, optimizer: str = "adam"
) -> Part:
    """Returns a part whose negatives are all other items, as the package's rows."""
    sizes = {"embedding_dim": dim} | ({"init_std": 0.1} if model == "gmf" else {})
    program = Program(model, sizes, 128, None, dropout, optimizer=optimizer)
    return Part(program, ALL_ITEMS, epochs)


BY_SGD = "biases by sgd"
PARTS = {
    "mlp": Part(MLP, AS_PUBLISHED, 20, seconds=45),
    "neumf-8": Part(NEUMF, AS_PUBLISHED, 24, seconds=45),
    "mlp, batch 2048": Part(LARGE, RATES),
    "neumf-8, batch 2048": Part(LARGE_NEUMF, RATES, 20),
    "mlp, half the sizes": Part(replace(LARGE, sizes=HALF_MLP), RATES),
    "neumf-8, MLP 16-8": Part(replace(LARGE_NEUMF, sizes=SMALL_NEUMF), RATES, 20),
    "mlp, grouped": Part(replace(LARGE, grouped=True), RATES),
    "mlp, 8 negatives": Part(replace(LARGE, num_negatives=8), DECAYS),
    "mlp, dropout": Part(replace(LARGE, dropout=0.1), DECAYS),
    "neumf-8, dropout": Part(replace(LARGE_NEUMF, dropout=0.1), DECAYS, 20),
    "mf-192": over_items("mf", 192, 0.4, 120, BY_SGD),
    "mf-192, dropout .5": over_items("mf", 192, 0.5, 120, BY_SGD),
    "mf-256, dropout .5": over_items("mf", 256, 0.5, 120, BY_SGD),
    "gmf-192, dropout .4": over_items("gmf", 192, 0.4, 120),
    "neumf-8, 8 negatives": Part(replace(LARGE_NEUMF, num_negatives=8), DECAYS, 20),
    "mlp, LazyAdam": Part(replace(LARGE, optimizer="lazy_adam"), RATES),
    "mlp, batch 8192": Part(replace(MLP, batch=8192), RATES),
    "neumf-8, batch 8192": Part(replace(NEUMF, batch=8192), RATES, 20),
    "mf-384, dropout .6": over_items("mf", 384, 0.6, 160, BY_SGD),
    "gmf-256, dropout .5": over_items("gmf", 256, 0.5, 120),
}


def compiled(
    parts: Mapping[str, Part],
    seeds: int,
    data: Data,
    shape: tuple[int, int],
    threads: int = 4,
) -> Iterator[tuple[str, Part, list[Copy], Any, Any]]:
    """Yields each part with its copies, compiled epoch and states.

    One thread traces, since Keras has global state, and others compile what it traced.
    """
    tracer, compilers = ThreadPoolExecutor(1), ThreadPoolExecutor(threads)

    def trace(part: Part, copies: Sequence[Copy]) -> tuple[Any, Any]:
        lowered, states = lower_epoch(part.program, copies, part.epochs, data, shape)
        return compilers.submit(lowered.compile), states

    begun = []
    for name, part in parts.items():
        of_part = part.copies.values()
        copies = [replace(c, seed=seed) for c in of_part for seed in range(seeds)]
        begun.append((name, part, copies, tracer.submit(trace, part, copies)))
    try:
        while begun:
            name, part, copies, traced = begun.pop(0)
            epoch, states = traced.result()
            yield name, part, copies, epoch.result(), states
    finally:  # also where the caller stops early
        for pool in (tracer, compilers):
            pool.shutdown(wait=False, cancel_futures=True)


def run_part(
    part: Part, epoch: Any, states: Any, data: Data, deadline: float
) -> tuple[Any, list[float]]:
    """Trains all copies; returns metrics `[epochs, copies, 2, 2]`, and seconds."""
    metrics, seconds = [], []
    last = min(deadline, time.perf_counter() + part.seconds)
    for number in range(part.epochs):
        began = time.perf_counter()
        if metrics and began > last:
            break
        states, losses, found = epoch(states, data, jnp.int32(number))
        if not np.isfinite(losses).all():
            raise FloatingPointError(f"the losses are not finite: {losses}")
        metrics.append(np.asarray(found))
        seconds.append(time.perf_counter() - began)
    return np.stack(metrics), seconds


def chosen(metrics: Any) -> dict[str, tuple[float, float, float]]:
    """Returns test HR, NDCG and the epoch by each way to choose the epoch of a copy.

    Args:
        metrics: `[epochs, 2, 2]` of the copy.
    """
    epochs = {
        "best on test": int(metrics[:, TEST, HR].argmax()),  # as published
        "best on validation": int(metrics[:, VALIDATION, NDCG].argmax()),
        "last": len(metrics) - 1,
    }
    return {way: (*metrics[n, TEST].tolist(), n + 1) for way, n in epochs.items()}


def summary(
    part: Part, copies: Sequence[Copy], metrics: Any
) -> dict[str, dict[str, Any]]:
    """Returns what each change of a part reaches, over its seeds.

    This is HR, NDCG and epoch by each way to choose the epoch, as means and standard
    deviations, and the mean metrics after each epoch.

    Args:
        part: whose copies they are.
        copies: of all changes and seeds.
        metrics: `[epochs, copies, 2, 2]`.
    """
    rows: dict[str, dict[str, Any]] = {}
    for label, copy in part.copies.items():
        mine = [n for n, of in enumerate(copies) if replace(of, seed=0) == copy]
        ways = [chosen(metrics[:, n]) for n in mine]
        row = rows[label] = {}
        for way in ways[0]:
            of_seeds = np.array([of_seed[way] for of_seed in ways])
            row[way] = of_seeds.mean(axis=0).tolist()
            row[f"{way}, sd"] = of_seeds.std(axis=0, ddof=len(mine) > 1).tolist()
        curve = metrics[:, mine]
        row["validation ndcg"] = float(curve[..., VALIDATION, NDCG].max(axis=0).mean())
        row["metrics"] = curve.mean(axis=1).round(4).tolist()
    return rows


def show(name: str, rows: Mapping[str, Any], seconds: float) -> None:
    """Prints the test metrics of a part, HR / NDCG (epoch), by each way to choose."""
    ways = ("best on test", "best on validation", "last")
    print_table(
        [f"{name}: {seconds:.1f} s", *ways, "validation NDCG"],
        [
            (
                label,
                *(f"{r[w][HR]:.4f}/{r[w][NDCG]:.4f} ({r[w][2]:.0f})" for w in ways),
                f"{r['validation ndcg']:.4f}",
            )
            for label, r in rows.items()
        ],
    )


def smallest(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Returns the parts with tiny models and two epochs."""
    tiny: dict[str, Any] = {"embedding_dim": 4, "mlp_embedding_dim": 4}
    tiny |= {"hidden_units": (4, 2), "init_std": 0.1}
    return {
        name: replace(
            part,
            epochs=2,
            program=replace(
                part.program,
                batch=80,
                sizes={size: tiny[size] for size in part.program.sizes},
            ),
        )
        for name, part in parts.items()
    }


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("data", nargs="?", help="a file that --prepare wrote")
    options.add_argument("--prepare", metavar="FILE", help="write the data and stop")
    options.add_argument("--minutes", type=float, default=4.0, help="(%(default)s)")
    options.add_argument("--only", help="names of programs, separated by semicolons")
    options.add_argument("--small", action="store_true", help="tiny, for tests")
    options = options.parse_args()
    if options.prepare:
        prepare(options.prepare)
        print(f"{Path(options.prepare).stat().st_size / 2**20:.1f} MiB")
        return
    if keras.backend.backend() != "jax":
        sys.exit("Keras must run on JAX. Set KERAS_BACKEND=jax")
    deadline = time.perf_counter() + 60 * options.minutes
    wanted = options.only.split(";") if options.only else list(PARTS)
    parts = {name: PARTS[name] for name in wanted}
    parts = smallest(parts) if options.small else parts
    arrays = random_data() if options.small else dict(np.load(options.data))
    data, shape = make_data(**{name: a.astype("int32") for name, a in arrays.items()})
    figures: dict[str, Any] = {"device": jax.devices()[0].device_kind, "parts": {}}
    made = compiled(parts, options.repeats, data, shape)
    for name, part, copies, epoch, states in made:
        if time.perf_counter() > deadline:
            print(f"The time is over before {name}.")
            break
        metrics, seconds = run_part(part, epoch, states, data, deadline)
        rows = summary(part, copies, metrics)
        show(name, rows, sum(seconds))
        figures["parts"][name] = {
            "program": asdict(part.program),
            "planned_epochs": part.epochs,
            "seconds": seconds,
            "copies": {label: asdict(copy) for label, copy in part.copies.items()},
            "summary": rows,
        }
        keep(options, figures)
    finish(options, figures)


if __name__ == "__main__":
    main()
