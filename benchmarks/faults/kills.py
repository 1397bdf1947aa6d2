"""Ends saves, streams, shards and benches by signals, and goes on after each.

SIGKILL, SIGTERM and SIGINT take turns. Half of the moments are random within the run;
half are aimed at a file or folder that is being written under a temporary name. After
each, a bundle must load and be one of those that were saved; a stream, shards and a
bench go on to their end, where everything must equal an uninterrupted run, and nothing
temporary may be left. `kill_fit.py` does the same for trainings.

    python benchmarks/faults/kills.py --json benchmarks/results/faults.json
"""

import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
from _processes import Table, choose, forked, parser, tried

import tfrecs
from tfrecs.bench.cli import main as bench_main
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.shards import prepare_shards
from tfrecs.streaming import IncrementalRecommender, ItemItem
from tfrecs.streaming.sources import FileSource, learn_from

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SAVES, LINES, ROWS = 12, 4000, 30_000
BENCH = ["--dataset", "synthetic", "--models", "popularity,mf", "--epochs", "5"]


def save(folder: Path) -> None:
    """Replaces a bundle many times."""
    data = make_synthetic(100, 50, seed=0, interactions_per_user=10).interactions
    model = tfrecs.build_mf(data.num_users, data.num_items)
    print("ready", flush=True)
    for number in range(SAVES):
        made = tfrecs.Recommender(model, data, metrics={"number": number})
        made.save(folder / "bundle", overwrite=True, durable=False)


def check_save(folder: Path, reference: Path) -> str:
    found = tfrecs.load(folder / "bundle")
    if found.metrics["number"] not in range(SAVES):
        raise ArithmeticError(f"another bundle: {found.metrics}")
    found.save(folder / "bundle", overwrite=True)
    check_names(folder, {"bundle"})
    return f"save {found.metrics['number']}"


def stream(folder: Path) -> None:
    """Learns from a file, with a checkpoint every 100 lines."""
    source = FileSource(folder.parent / "events.jsonl")
    print("ready", flush=True)
    made = IncrementalRecommender(ItemItem(neighbours=64))
    learn_from(source, made, checkpoint=folder / "stream.npz", every=100)


def check_stream(folder: Path, reference: Path) -> str:
    stream(folder)
    check_names(folder, {"stream.npz"})
    check_arrays(folder / "stream.npz", reference / "stream.npz")
    return "to the bit"


def shards(folder: Path) -> None:
    """Prepares shards."""
    print("ready", flush=True)
    log = folder.parent / "log.csv"
    prepare_shards(log, folder / "shards", seed=0, shard_rows=4000, part_rows=2000)


def check_shards(folder: Path, reference: Path) -> str:
    shards(folder)
    check_names(folder, {"shards"})
    found, whole = (
        {path.name: path.read_bytes() for path in (at / "shards").iterdir()}
        for at in (folder, reference)
    )
    if found != whole:
        raise ArithmeticError(f"other files: {sorted(found)}")
    return "to the byte"


def bench(folder: Path) -> None:
    """Runs a bench of two rows."""
    os.chdir(folder)
    print("ready", flush=True)
    _bench([*BENCH, "--logdir", "logs"])


def check_bench(folder: Path, reference: Path) -> str:
    os.chdir(folder)
    begun = [*(folder / "logs").glob("[!.]*")] if (folder / "logs").exists() else []
    status = 1
    if begun:
        status = _bench(["--resume", str(begun[0])])
    if status:  # nothing that a run could go on from
        shutil.rmtree(folder / "logs", ignore_errors=True)
        status = _bench([*BENCH, "--logdir", "logs"])
    metrics, whole = (
        [row["metrics"] for path in at.glob("logs/*/results.json") for row in
         json.loads(path.read_text())["results"]]
        for at in (folder, reference)
    )  # fmt: skip
    if status or metrics != whole:
        raise ArithmeticError(f"status {status}, {metrics} and not {whole}")
    return f"{'resumed' if begun else 'again'}: the same metrics"


def _bench(arguments: list[str]) -> int:
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        return bench_main(arguments)


class Subject(NamedTuple):
    """What is ended: a run in a folder, its check, and the names that it writes to."""

    run: Callable[[Path], None]
    check: Callable[[Path, Path], str]
    writes: str


SUBJECTS = {
    "save": Subject(save, check_save, ".bundle.*.writing"),
    "stream": Subject(stream, check_stream, ".stream.npz.*.partial"),
    "shards": Subject(shards, check_shards, "shards/unfinished/*"),
    "bench": Subject(bench, check_bench, "logs/*/.*"),
}


def check_names(folder: Path, names: set[str]) -> None:
    found = {path.name for path in folder.iterdir()}
    if found != names:
        raise ArithmeticError(f"left behind: {sorted(found - names)}")


def check_arrays(found: Path, expected: Path) -> None:
    with np.load(found) as mine, np.load(expected) as its:
        names = set(mine.files) | set(its.files)
        for name in names:
            if mine[name].tobytes() != its[name].tobytes():
                raise ArithmeticError(f"{name} differs")


def prepare(work: Path) -> None:
    """Writes the lines of the stream and the rows of the shards."""
    rng = np.random.default_rng(0)
    users, items = rng.zipf(1.3, LINES) % 300, rng.zipf(1.3, LINES) % 500
    lines = [
        json.dumps({"user": f"u{user}", "item": int(item)})
        for user, item in zip(users, items, strict=True)
    ]
    (work / "events.jsonl").write_text("\n".join(lines) + "\n")
    pairs = [f"u{rng.integers(2000)},{rng.integers(900)}" for _ in range(ROWS)]
    (work / "log.csv").write_text("user,item\n" + "\n".join(pairs) + "\n")


def ended(
    subject: Subject, folder: Path, number: int, duration: float, rng: Random
) -> str:
    """Ends a run by a signal; returns when, or "" if it had ended before."""
    child, aimed = forked(subject.run, folder), number % 2
    child.pipe.readline()
    before = {*folder.glob(subject.writes)}
    if aimed:
        times = rng.randrange(1, 6)
        while child.poll() is None and times:
            now = {*folder.glob(subject.writes)}
            times -= bool(now - before)
            before = now
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, 0.01))
    else:
        time.sleep(rng.uniform(0, duration))
    wanted = SIGNALS[number % 3]
    running = child.poll() is None
    child.stop(wanted)
    code = child.end()
    if not running:
        return ""
    return f"{wanted.name} {'while writing' if aimed else 'at random'}, code {code}"


def main(arguments: list[str] | None = None) -> int:
    made = parser(__doc__, SUBJECTS)
    made.add_argument("--kills", type=int, default=6, help="of each (%(default)s)")
    made.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    options = made.parse_args(arguments)
    table = Table.of("kills.py", options.json)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        prepare(work)
        for kind in choose(SUBJECTS, options.kinds):
            kill(kind, work, options.kills, Random(options.seed), table)
    return table.finish()


def kill(kind: str, work: Path, kills: int, rng: Random, table: Table) -> None:
    subject, reference = SUBJECTS[kind], work / f"{kind}-whole"
    reference.mkdir()
    whole = forked(subject.run, reference)
    whole.pipe.readline()
    started = time.monotonic()
    if code := whole.end():
        raise RuntimeError(f"an uninterrupted {kind} ended with code {code}")
    duration = time.monotonic() - started
    for number in range(kills):
        folder = work / f"{kind}-{number}"
        moment = ""
        while not moment:  # until it is ended before its end
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            if kind == "save":
                shutil.copytree(reference / "bundle", folder / "bundle")
            moment = ended(subject, folder, number, 0.9 * duration, rng)
        found = tried(lambda at=folder: subject.check(at, reference), 4000, 600)
        held = found.kind == "harmless"
        table.add(kind, held, f"{moment}: {found.reason}")
        table.count(kind, moment.split()[0])
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
