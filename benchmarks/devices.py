"""One training on several devices and in several processes: the same losses.

`tfrecs.fit` of a matrix factorization with own, shared, in-batch and all negatives, on
one device and on several with the same global batch: TensorFlow's mirrored replicas,
and JAX with tables that are replicated or split by rows (`tfrecs.SplitTables`), in one
process and in several over loopback. Devices are virtual ones of the CPU, so seconds
show what the machinery costs and not what devices gain. Every process scores all users,
and loads the model that was saved; both must be equal to one device's.

`python benchmarks/devices.py [--cases A,B] [--kinds own,all] [--json FILE]` needs JAX;
each case runs in processes of its own. The exit status is 1 if a case fails or differs.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from _report import finish, keep, parser, print_table, progress, seconds

USERS, ITEMS, DIM, PAIRS = 96, 48, 8, 1500
BATCH, EPOCHS, SEED = 64, 3, 1
KINDS = ("own", "shared", "in-batch", "all")
DIGITS = 1e-4  # of a loss, relative; of a score, absolute
LONGEST = 3600  # seconds of a case


@dataclass(frozen=True)
class Case:
    """Where a training runs.

    Args:
        backend: of Keras.
        layout: "one" device, or tables that are "replicated" or "split".
        devices: of each process.
        processes: that train together.
        baseline: the case of one device whose batches it has, if not itself.
    """

    backend: str
    layout: str = "one"
    devices: int = 1
    processes: int = 1
    baseline: str = "jax-1"

    def environment(self) -> dict[str, str]:
        """Returns the variables that the backend reads when it starts."""
        return {
            "KERAS_BACKEND": self.backend,
            "CUDA_VISIBLE_DEVICES": "",
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={self.devices}",
        }


CASES = {
    "tensorflow-1": Case("tensorflow", baseline="tensorflow-1"),
    # With a strategy Keras opens the data once more: other batches, as of another seed.
    "tensorflow-1-replica": Case(
        "tensorflow", "replicated", baseline="tensorflow-1-replica"
    ),
    "tensorflow-2-replicas": Case(
        "tensorflow", "replicated", devices=2, baseline="tensorflow-1-replica"
    ),
    "jax-1": Case("jax"),
    "jax-4-replicated": Case("jax", "replicated", devices=4),
    "jax-4-split": Case("jax", "split", devices=4),
    "jax-2-processes-replicated": Case("jax", "replicated", devices=2, processes=2),
    "jax-2-processes-split": Case("jax", "split", devices=2, processes=2),
    "jax-4-processes-replicated": Case("jax", "replicated", processes=4),
    "jax-4-processes-split": Case("jax", "split", processes=4),
}


def run_case(name: str, kinds: str) -> dict[str, Any]:
    """Runs the processes of a case; returns its figures, or what failed."""
    case = CASES[name]
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        given = ["--port", port, "--cases", name, "--kinds", kinds, "--folder", folder]
        running = [
            subprocess.Popen(
                [sys.executable, __file__, "--process", str(number), *map(str, given)],
                env={**os.environ, **case.environment()},
                stdout=subprocess.DEVNULL,
                stderr=(Path(folder) / f"{number}.txt").open("w"),
            )
            for number in range(case.processes)
        ]
        failed = wait(running)
        if failed is not None:
            said = (Path(folder) / f"{failed}.txt").read_text().strip().splitlines()
            return {"status": f"process {failed}: {said[-1] if said else 'ended'}"}
        found = [
            json.loads((Path(folder) / f"{n}.json").read_text())
            for n in range(case.processes)
        ]
    whole = {"status": "ok", "seconds": time.perf_counter() - began}
    return {**whole, "kinds": found[0], "others": found[1:]}


def free_port() -> int:
    """Returns a port of this machine for the processes of a case to meet at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait(running: list[Any]) -> int | None:
    """Waits for processes; returns the number of one that failed, and ends the rest."""
    until = time.monotonic() + LONGEST
    while any(process.poll() is None for process in running):
        bad = [n for n, p in enumerate(running) if p.poll() not in (None, 0)]
        if bad or time.monotonic() > until:
            for process in running:
                process.kill()
            return bad[0] if bad else 0
        time.sleep(0.1)
    bad = [n for n, process in enumerate(running) if process.returncode]
    return bad[0] if bad else None


def in_process(case: Case, number: int, port: int, kinds: str, folder: Path) -> None:
    """Trains with each kind of negatives; writes the figures of this process."""
    scope = start(case, number, port)
    found = {
        kind: _train(kind, scope, folder / f"{kind}.keras") for kind in kinds.split(",")
    }
    (folder / f"{number}.json").write_text(json.dumps(found))


def start(case: Case, number: int, port: int) -> Any:
    """Sets the devices up; returns a context in which models are built."""
    from contextlib import nullcontext

    import keras

    if case.backend == "tensorflow":
        import tensorflow as tf

        if case.layout == "one":
            return nullcontext
        [cpu] = tf.config.list_physical_devices("CPU")
        many = [tf.config.LogicalDeviceConfiguration()] * case.devices
        tf.config.set_logical_device_configuration(cpu, many)
        names = [f"CPU:{n}" for n in range(case.devices)]
        return tf.distribute.MirroredStrategy(names).scope
    if case.processes > 1:
        keras.distribution.initialize(f"127.0.0.1:{port}", case.processes, number)
    if case.layout == "one":
        return nullcontext
    import tfrecs

    layouts = {
        "replicated": keras.distribution.DataParallel,
        "split": tfrecs.SplitTables,
    }
    keras.distribution.set_distribution(layouts[case.layout]())
    return nullcontext


def _train(kind: str, scope: Any, path: Path) -> dict[str, Any]:
    """Trains, scores all users, saves and loads."""
    import keras

    import tfrecs

    rng = np.random.default_rng(0)
    with scope():
        model = tfrecs.build_mf(USERS, ITEMS, embedding_dim=DIM)
        optimizer = tfrecs.optimizers.LazyAdam(0.02)
    model.set_weights([rng.normal(0, 0.3, weight.shape) for weight in model.weights])
    train = interactions()
    negatives = tfrecs.Negatives(kind, 32 if kind == "shared" else None)
    given = {"objective": "bce" if kind == "own" else "softmax", "negatives": negatives}
    given |= {"batch_size": 32 if kind == "all" else BATCH, "epochs": EPOCHS}
    losses: list[float] = []
    taken = seconds(
        lambda: losses.extend(
            tfrecs.fit(
                model, train, seed=SEED, optimizer=optimizer, validate_every=1, **given
            ).history["loss"]
        )
    )
    scores = model.score_users(np.arange(USERS))
    model.save(path)
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    loaded = keras.saving.load_model(path, compile=False)
    again = loaded.score_users(np.arange(USERS))
    keras.distribution.set_distribution(distribution)
    return {
        "losses": losses,
        "seconds": taken,
        "scores": scores[::24, ::12].ravel().tolist(),
        "saved": float(np.abs(scores - again).max()),
    }


def interactions() -> Any:
    """Returns random interactions of every user and every item."""
    import tfrecs

    cells = np.random.default_rng(0).permutation(USERS * ITEMS).reshape(USERS, ITEMS)
    return tfrecs.Interactions.from_matrix(
        sp.csr_array(cells < PAIRS, dtype=np.float32)
    )


def differences(found: dict[str, Any], one: dict[str, Any]) -> float:
    """Returns the largest difference from one device, of all processes."""
    largest = 0.0
    for kinds in (found["kinds"], *found["others"]):
        for kind, figures in kinds.items():
            of_one = one["kinds"][kind]
            losses = np.array(figures["losses"])
            scores, of_one_scores = _centered(figures), _centered(of_one)
            largest = max(
                largest,
                float(np.abs(losses / np.array(of_one["losses"]) - 1).max()),
                float(np.abs(scores - of_one_scores).max()),
                figures["saved"],
            )
    return largest


def _centered(figures: dict[str, Any]) -> Any:
    """Returns scores without each user's mean, of which a softmax learns nothing."""
    scores = np.array(figures["scores"]).reshape(USERS // 24, ITEMS // 12)
    return scores - scores.mean(axis=1, keepdims=True)


def main() -> int:
    """Runs the cases, prints the losses side by side, and returns the exit status."""
    made = parser(__doc__)
    made.add_argument("--cases", default=",".join(CASES), help="(all)")
    made.add_argument("--kinds", default=",".join(KINDS), help="(%(default)s)")
    for name, kind in (("process", int), ("port", int), ("folder", Path)):
        made.add_argument(f"--{name}", type=kind, help="of a child")
    options = made.parse_args()
    names = options.cases.split(",")
    if options.process is not None:
        given = options.process, options.port, options.kinds, options.folder
        in_process(CASES[names[0]], *given)
        return 0
    results: dict[str, Any] = {}
    for name in names:
        found = run_case(name, options.kinds)
        one = results.get(CASES[name].baseline, found)
        if found["status"] == one["status"] == "ok":
            found["difference"] = differences(found, one)
            if found["difference"] > DIGITS:
                found["status"] = f"differs by {found['difference']:.2g}"
        results[name] = found
        progress(f"{name}: {found['status']}")
        keep(options, {"cases": results})
    kinds = options.kinds.split(",")
    print_table(
        ("last loss", *kinds, "difference", "s"),
        [_row(name, found, kinds) for name, found in results.items()],
    )
    finish(options, {"cases": results})
    return int(any(found["status"] != "ok" for found in results.values()))


def _row(name: str, found: dict[str, Any], kinds: list[str]) -> list[str]:
    if "kinds" not in found:
        return [name, found["status"], *[""] * (len(kinds) + 1)]
    last = [f"{found['kinds'][kind]['losses'][-1]:.5f}" for kind in kinds]
    return [name, *last, f"{found['difference']:.1g}", f"{found['seconds']:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
