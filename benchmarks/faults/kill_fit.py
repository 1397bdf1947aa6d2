"""Kills trainings by SIGKILL at random moments, resumes them, and compares the ends.

Each kind of negatives trains without interruption first, twice, in processes of its own
and without checkpoints. Then runs with checkpoints are killed: at the start, between
two checkpoints, or while one is written. The last process of a run ends by itself; its
weights, its optimizer and its history must equal the uninterrupted ones to the bit. All
processes are forks of this one, which has imported TensorFlow and runs nothing with it.

    python benchmarks/faults/kill_fit.py --json benchmarks/results/kill-fit.json
"""

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
import pandas as pd
from _processes import Child, forked

import tfrecs
from tfrecs.callbacks import Checkpoint
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.shards import open_shards, prepare_shards
from tfrecs.training.batches.shards import sharded_shared_negatives_batches
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.plan import Negatives, Plan

KINDS: dict[str, dict[str, Any]] = {
    "own": {"model": "neumf", "objective": "bpr", "negatives": "own"},
    "uniform": {"model": "mf", "objective": "bce", "negatives": "shared"},
    "in-batch": {"model": "cosine", "objective": "auto", "negatives": "auto"},
    "all": {"model": "mf", "objective": "softmax", "negatives": "all"},
    "shards": {"model": "mf", "objective": "softmax", "negatives": "mixed"},
}
"""NeuMF has dropout; the cosine model LazyAdam, a decaying learning rate and a start
from an SVD; "all" ends by early stopping, which restores the best weights."""

EPOCHS = 24
MOMENTS = ("start", "between", "writing")
POLL = 0.002


def train(kind: str, work: Path, folder: Path | None, out: Path) -> None:
    """Trains to the end in this process, and writes the state."""
    keras.utils.set_random_seed(Random().randrange(2**31) if folder else 0)
    chosen = KINDS[kind]
    build = getattr(tfrecs, f"build_{chosen['model']}")
    if kind == "shards":
        model, history = _train_on_shards(build, work / "shards", folder)
    else:
        data = make_synthetic(300, 80, seed=0, interactions_per_user=20).interactions
        print("ready", flush=True)
        keras.utils.set_random_seed(0)
        options = {} if kind == "own" else {"embedding_dim": 16}
        model = build(data.num_users, data.num_items, **options)
        stop = keras.callbacks.EarlyStopping(
            "loss", patience=3, min_delta=1e-2, restore_best_weights=True
        )
        history = tfrecs.fit(
            model,
            data,
            seed=1,
            objective=chosen["objective"],
            negatives=chosen["negatives"],
            epochs=EPOCHS,
            validate_every=1,
            batch_size=256 if kind != "all" else 64,
            callbacks=[stop] if kind == "all" else [],
            checkpoint=folder,
        )
    variables = [*model.variables, *history.model.optimizer.variables]
    arrays = {str(n): np.asarray(variable) for n, variable in enumerate(variables)}
    arrays |= {f"history/{k}": np.array(v) for k, v in history.history.items()}
    np.savez(out, **arrays)


def _train_on_shards(build: Any, shards: Path, folder: Path | None) -> tuple[Any, Any]:
    opened = open_shards(shards)
    print("ready", flush=True)
    keras.utils.set_random_seed(0)
    model = build(opened.num_users, opened.num_items, embedding_dim=16)
    plan = Plan("softmax", Negatives("mixed"))
    trained = compile_for(model, plan, keras.optimizers.Adam(0.01))
    options = {"seed": 1, "batch_size": 256, "sampling": "mixed", "num_negatives": 64}
    data = sharded_shared_negatives_batches(opened, **options)
    checkpoint = None
    if folder:
        checkpoint = Checkpoint(folder, {**options, "shards": dict(opened.files)})
        start = checkpoint.epochs_done * int(data.cardinality())
        data = sharded_shared_negatives_batches(opened, **options, start_step=start)
    return model, fit_batches(trained, data, EPOCHS, checkpoint=checkpoint)


def prepare(work: Path) -> None:
    """Prepares the shards in this process."""
    data = make_synthetic(300, 80, seed=0, interactions_per_user=20).interactions
    log = pd.DataFrame({"user_id": data.user_ids, "item_id": data.item_ids})
    log.to_parquet(work / "log.parquet")
    prepare_shards(work / "log.parquet", work / "shards", seed=0, shard_rows=1000)


def ended(child: Child) -> None:
    if code := child.end():
        raise RuntimeError(f"a training ended with code {code}")


def epoch_of(folder: Path) -> int:
    """The epoch of the last whole checkpoint."""
    names = [path.name for path in folder.glob("*")]
    if "finished" in names:
        return EPOCHS
    found = [int(m[1]) for name in names if (m := re.fullmatch(r"epoch-(\d+)", name))]
    return max(found, default=0)


def killed(
    child: Child, folder: Path, moment: str, rng: Random
) -> dict[str, Any] | None:
    """Kills a training at a moment; None if it ended before."""
    child.pipe.readline()  # it is about to start
    before = epoch_of(folder)
    if moment == "start":
        time.sleep(rng.uniform(0, 3))
    else:
        wanted = before + rng.randint(1, 6)
        while child.poll() is None and epoch_of(folder) < wanted:
            time.sleep(POLL)
        while moment == "writing" and child.poll() is None:
            if any(folder.glob(".*.writing")):
                break
            time.sleep(POLL)
        time.sleep(rng.uniform(0, 0.1 if moment == "between" else 0.004))
    if child.poll() is None:
        os.kill(child.pid, signal.SIGKILL)
    if child.end() != -signal.SIGKILL:
        return None
    return {
        "moment": moment,
        "from_epoch": before,
        "last_checkpoint": epoch_of(folder),
        "died_while_writing": any(folder.glob(".*.writing")),
    }


def same(out: Path, expected: Path) -> bool:
    """Whether two trainings have the same arrays, to the bit."""
    with np.load(out) as mine, np.load(expected) as its:
        return set(mine.files) == set(its.files) and all(
            mine[name].dtype == its[name].dtype
            and mine[name].tobytes() == its[name].tobytes()
            for name in its.files
        )


def run_of(kind: str, work: Path, kills: int, rng: Random) -> dict[str, Any]:
    """One run that is killed several times, and ends."""
    folder = Path(tempfile.mkdtemp(dir=work, prefix=f"{kind}-"))
    out, records = folder.with_suffix(".npz"), []
    while len(records) < kills:
        child = forked(train, kind, work, folder, out)
        moment = MOMENTS[rng.randrange(len(MOMENTS))]
        record = killed(child, folder, moment, rng)
        if record is None:
            break  # it ended before the moment: what is left is to compare
        records.append(record)
        print(f"{kind}: {json.dumps(record)}", file=sys.stderr, flush=True)
    ended(forked(train, kind, work, folder, out))
    held = same(out, work / f"{kind}.npz")
    return {"kind": kind, "kills": records, "held": held}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help="(%(default)s)")
    parser.add_argument("--kinds", nargs="+", default=[*KINDS], choices=KINDS)
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    rng, runs, names = Random(options.seed), [], ("tensorflow", "keras", "numpy")
    left = {kind: -(-options.kills // len(options.kinds)) for kind in options.kinds}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        if "shards" in left:
            ended(forked(prepare, work))
        for kind in left:
            for reference in (work / f"{kind}.npz", work / f"{kind}-again.npz"):
                ended(forked(train, kind, work, None, reference))
            if not same(work / f"{kind}-again.npz", work / f"{kind}.npz"):
                raise RuntimeError(f"{kind}: two uninterrupted trainings differ")
            while left[kind] > 0:
                run = run_of(kind, work, min(2, left[kind]), rng)
                left[kind] -= len(run["kills"])
                runs.append(run)
                figures = {
                    "command": "python benchmarks/faults/kill_fit.py",
                    "seed": options.seed,
                    "cpus": os.cpu_count(),
                    "versions": {name: metadata.version(name) for name in names},
                    "runs": runs,
                }
                if options.json:
                    options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return report(runs)


def report(runs: list[dict[str, Any]]) -> int:
    """Prints the table; returns the number of failures."""
    print("kind      killed  while writing  held  failed")
    rows = [*{run["kind"]: 0 for run in runs}, "total"]
    for kind in rows:
        mine = [run for run in runs if kind in (run["kind"], "total")]
        kills = [(kill, run["held"]) for run in mine for kill in run["kills"]]
        writing = sum(kill["died_while_writing"] for kill, _ in kills)
        held = sum(held for _, held in kills)
        print(
            f"{kind:8}  {len(kills):6}  {writing:13}  {held:4}  {len(kills) - held:6}"
        )
    return sum(not run["held"] for run in runs)


if __name__ == "__main__":
    sys.exit(main())
