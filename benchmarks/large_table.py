"""Memory of a process that holds a large table, and of two with half of it each.

A table of items, with the two moments of LazyAdam, trains in one process, and in two
with `tfrecs.SplitTables`, over loopback. Both must have the same loss and scores; the
memory is what each process holds in the end, and its peak. With `--limit`, Linux kills
a process that takes more (a control group of its own, version 1, which root may make):
where the whole table does not fit, its halves may.

`python benchmarks/large_table.py [--items 3000000] [--limit MIB] [--json FILE]` needs
JAX.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from _report import finish, parser, print_table, resident_mib
from devices import Case, free_port, start, wait

USERS, PAIRS, DIM, BATCH = 1000, 20_000, 64, 1000
CASES = {"one process": Case("jax"), "two processes": Case("jax", "split", 1, 2)}
COPIES = 3  # the table and two moments
NO_FIGURES = {"loss": float("nan"), "resident_mib": [float("nan")] * 2}


def group_of(pid: int) -> Path:
    """The control group of a process, for its memory."""
    return Path(f"/sys/fs/cgroup/memory/tfrecs-{pid}")


def confine(limit: int) -> None:
    """Lets Linux kill this process if it takes more than some MiB."""
    group = group_of(os.getpid())
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(limit * 2**20))
    (group / "cgroup.procs").write_text(str(os.getpid()))


def run_case(name: str, items: int, limit: int) -> dict[str, Any]:
    """Trains in the processes of a case; returns what they report, or how they end."""
    case, port = CASES[name], free_port()
    with tempfile.TemporaryDirectory() as folder:
        given = ["--items", items, "--port", port, "--folder", folder]
        given += ["--limit", limit]
        running = [
            subprocess.Popen(
                [sys.executable, __file__, "--process", f"{name}/{n}"]
                + [str(part) for part in given],
                env={**os.environ, **case.environment()},
                stdout=subprocess.DEVNULL,
                stderr=(Path(folder) / f"{n}.txt").open("w"),
            )
            for n in range(case.processes)
        ]
        failed = wait(running)
        for process in running:
            process.wait()
            if limit:
                group_of(process.pid).rmdir()
        if failed is not None and running[failed].returncode == -signal.SIGKILL:
            return {"status": f"killed: more than {limit} MiB"}
        if failed is not None:
            said = (Path(folder) / f"{failed}.txt").read_text().strip().splitlines()
            return {"status": said[-1][:200] if said else "failed"}
        files = [Path(folder) / f"{n}.json" for n in range(case.processes)]
        return {
            "status": "trained",
            "processes": [json.loads(f.read_text()) for f in files],
        }


def in_process(name: str, number: int, port: int, items: int) -> Any:
    """Trains; returns the last loss, some scores and the memory."""
    start(CASES[name], number, port)
    import keras

    import tfrecs

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    pairs = rng.integers(USERS, size=PAIRS), rng.integers(items, size=PAIRS)
    train = tfrecs.Interactions.from_matrix(
        sp.csr_array((np.ones(PAIRS, np.float32), pairs), shape=(USERS, items))
    )
    model = tfrecs.build_mf(USERS, items, embedding_dim=DIM)
    history = tfrecs.fit(
        model,
        train,
        seed=0,
        objective="bce",
        negatives=tfrecs.Negatives("own", 4),
        optimizer=tfrecs.optimizers.LazyAdam(0.01),
        batch_size=BATCH,
        epochs=2,
    )
    scores = model.score_users(np.arange(1))
    return {
        "loss": history.history["loss"][-1],
        "score": float(scores.sum(dtype=np.float64)),
        "resident_mib": resident_mib(),
    }


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--items", type=int, default=3_000_000, help="(%(default)s)")
    made.add_argument("--limit", type=int, default=0, metavar="MIB", help="0 for none")
    for name, kind in (("process", str), ("port", int), ("folder", Path)):
        made.add_argument(f"--{name}", type=kind, help="of a child")
    options = made.parse_args()
    if options.process is not None:
        name, _, number = options.process.partition("/")
        if options.limit:
            confine(options.limit)
        found = in_process(name, int(number), options.port, options.items)
        (options.folder / f"{number}.json").write_text(json.dumps(found))
        return 0
    whole = COPIES * 4 * DIM * options.items / 2**20
    cases = {name: run_case(name, options.items, options.limit) for name in CASES}
    print(f"{whole:.0f} MiB of table and moments")
    rows = [
        (
            name,
            case["status"],
            f"{p['loss']:.6f}",
            *(f"{m:.0f}" for m in p["resident_mib"]),
        )
        for name, case in cases.items()
        for p in case.get("processes", [NO_FIGURES])
    ]
    print_table(("", "status", "loss", "MiB", "peak MiB"), rows)
    figures = {"items": options.items, "limit_mib": options.limit, "table_mib": whole}
    finish(options, {**figures, "cases": cases})
    needed = cases if not options.limit else ["two processes"]
    return int(any(cases[name]["status"] != "trained" for name in needed))


if __name__ == "__main__":
    sys.exit(main())
