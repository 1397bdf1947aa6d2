"""How long TensorBoard takes to start on the logs of 100 runs.

One training of matrix factorization on ML-100K with `tfrecs.callbacks.TensorBoard`, 20
epochs, all of which are looked at, and its result in the HParams tab; its folder is
copied 100 times. Then TensorBoard is started, with its quick reader of logs and with
the one in Python, and asked until `/data/runs` lists all runs and the tags of scalars
of all of them are there, then for one curve, the trials of HParams and the runs that
the projector has. Medians, after a start that warms up.
`python benchmarks/tensorboard_start.py [--runs 100] [--repeats 5] [--json FILE]`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from _report import finish, parser, print_table, progress

from tfrecs import build_mf, fit
from tfrecs.bench.problem import load_problem
from tfrecs.callbacks import RankingMetrics, Snapshots, TensorBoard, log_result

READERS = {"quick": "true", "in Python": "false"}


def write_runs(folder: Path, runs: int) -> None:
    """One training's logs, so many times."""
    problem = load_problem()
    train, validation = problem.fitting, problem.validation
    keras.utils.set_random_seed(0)
    model = build_mf(train.num_users, train.num_items, embedding_dim=64)
    first, hparams = folder / "run-000", {"model": "mf", "embedding_dim": 64}
    board = TensorBoard(
        *(first, train, validation),
        validate_every=5,
        snapshots=Snapshots(share=1),
        hparams=hparams,
    )
    watch = RankingMetrics(train, validation)
    fit(model, train, seed=0, epochs=100, callbacks=[watch, board])
    log_result(first, hparams, {"test/ndcg@10": 0.25})
    for number in range(1, runs):
        shutil.copytree(first, folder / f"run-{number:03}")


def ask(address: str, body: Any = None) -> Any:
    """What TensorBoard answers; None while it does not."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        address, data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except (urllib.error.URLError, ConnectionError):
        return None


def wait(answer: Callable[[], Any], ready: Callable[[Any], bool]) -> None:
    """Asks until it is ready, for two minutes at most."""
    for _ in range(2400):
        found = answer()
        if found is not None and ready(found):
            return
        time.sleep(0.05)
    raise TimeoutError("TensorBoard has not read the logs")


def start(folder: Path, runs: int, port: int, reader: str) -> dict[str, float]:
    """Seconds from the command until each thing is there."""
    began = time.perf_counter()
    command = [
        *(sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)),
        *("--port", str(port), "--host", "127.0.0.1", "--load_fast", READERS[reader]),
    ]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    data = f"http://127.0.0.1:{port}/data"
    every = {"colParams": [], "startIndex": 0, "sliceSize": runs}
    every["allowedStatuses"] = ["STATUS_SUCCESS"]
    steps: dict[str, tuple[Callable[[], Any], Callable[[Any], bool]]] = {
        "runs": (lambda: ask(f"{data}/runs"), lambda x: len(x) == runs),
        "scalars": (
            lambda: ask(f"{data}/plugin/scalars/tags"),
            lambda x: sum("train/loss" in tags for tags in x.values()) == runs,
        ),
        "a curve": (
            lambda: ask(f"{data}/plugin/scalars/scalars?run=run-000&tag=train/loss"),
            lambda x: len(x) == 20,
        ),
        "HParams": (
            lambda: ask(f"{data}/plugin/hparams/session_groups", every),
            lambda x: len(x["sessionGroups"]) > 0,
        ),
        "projector": (
            lambda: ask(f"{data}/plugin/projector/runs"),
            lambda x: len(x) == runs,
        ),
    }
    try:
        taken = {}
        for name, (answer, ready) in steps.items():
            wait(answer, ready)
            taken[name] = time.perf_counter() - began
        return taken
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=100, help="(%(default)s)")
    options.add_argument("--port", type=int, default=6116, help="(%(default)s)")
    options = options.parse_args()
    load = os.getloadavg()[0]
    taken: dict[str, list[dict[str, float]]] = {reader: [] for reader in READERS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_runs(folder, options.runs)
        size = sum(x.stat().st_size for x in folder.rglob("*") if x.is_file())
        for number in range(options.repeats + 1):
            for reader in READERS:
                progress(f"start {number} of {options.repeats}, {reader}")
                found = start(folder, options.runs, options.port, reader)
                if number:
                    taken[reader].append(found)
        progress("")
    middle = {
        reader: {
            name: sorted(times[name] for times in rounds)[len(rounds) // 2]
            for name in rounds[0]
        }
        for reader, rounds in taken.items()
    }
    print(f"{options.runs} runs, {size / 2**20:.0f} MiB; seconds from the command to")
    print_table(
        ["reader", *middle["quick"]],
        [
            (reader, *(f"{x:.1f}" for x in found.values()))
            for reader, found in middle.items()
        ],
    )
    print(f"Load of the machine before: {load:.1f}")
    finish(
        options,
        {
            "runs": options.runs,
            "bytes": size,
            "median_seconds": middle,
            "seconds": taken,
            "load_before": load,
        },
    )


if __name__ == "__main__":
    main()
