"""Writes to a disk that is full or read-only: a small file system in memory.

Bundles, checkpoints of streams and trainings, and shards are written while too little
is free, of an amount that is random up to what the write takes, or on a file system
that is read-only. A trial holds if the error is one line that names a file, nothing
temporary is left of a single file or a bundle, what was there before still loads, and
the same call succeeds once there is room. Mounting needs root on Linux; without it the
script says so and ends.

    python benchmarks/faults/full_disk.py --json benchmarks/results/faults.json
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from _processes import Table, choose, forked, parser, tried
from hostile_files import train_on
from kills import check_names, prepare

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.shards import open_shards, prepare_shards
from tfrecs.streaming import IncrementalRecommender, ItemItem, load, save

MEGABYTES, FILLER = 32, "filler"


def write_bundle(folder: Path) -> None:
    data = make_synthetic(100, 50, seed=0, interactions_per_user=10).interactions
    made = tfrecs.Recommender(tfrecs.build_mf(data.num_users, data.num_items), data)
    made.save(folder / "bundle", overwrite=True)


def check_bundle(folder: Path) -> None:
    tfrecs.load(folder / "bundle")


def write_stream(folder: Path) -> None:
    made = IncrementalRecommender(ItemItem(neighbours=64))
    for number in range(2000):
        made.partial_fit(number % 90, number * number % 301)
    save(made, folder / "stream.npz")


def check_stream(folder: Path) -> None:
    load(folder / "stream.npz")


def write_training(folder: Path) -> None:
    train_on(folder / "training", epochs=3)


def write_shards(folder: Path) -> None:
    log = folder.parent / "log.csv"
    prepare_shards(log, folder / "shards", seed=0, shard_rows=4000, part_rows=2000)


def check_shards(folder: Path) -> None:
    """A preparation has parts of which it goes on: they may be there."""
    if (folder / "shards" / "manifest.json").exists():
        open_shards(folder / "shards")


class Subject(NamedTuple):
    """What is written, what must hold if it was not, and whether it exists before."""

    write: Callable[[Path], None]
    check: Callable[[Path], None]
    name: str
    replaces: bool


SUBJECTS = {
    "bundle": Subject(write_bundle, check_bundle, "bundle", True),
    "stream": Subject(write_stream, check_stream, "stream.npz", True),
    "training": Subject(write_training, lambda folder: None, "training", False),
    "shards": Subject(write_shards, check_shards, "shards", False),
}


def mounted(folder: Path, *options: str) -> bool:
    """Mounts a file system of some megabytes; returns False where it cannot."""
    how = ["-t", "tmpfs", "-o", ",".join([f"size={MEGABYTES}m", *options]), "tmpfs"]
    return not subprocess.run(["mount", *how, folder], capture_output=True).returncode


def used(folder: Path) -> int:
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def fill(folder: Path, left: int) -> None:
    """Leaves so many bytes."""
    size = MEGABYTES * 2**20 - used(folder) - left
    with (folder / FILLER).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def attempt(subject: Subject, folder: Path) -> str:
    """Writes; returns how it ended, or raises what must not happen."""
    try:
        subject.write(folder)
    except (OSError, ValueError) as error:
        if "\n" in str(error) or str(folder) not in str(error):
            raise ArithmeticError(f"names no file in one line: {error!r}") from error
        return "refused"
    return "had room"


def afterwards(subject: Subject, folder: Path) -> str:
    """Checks what is left and, with room, writes again."""
    names = (
        {subject.name} if subject.replaces else {path.name for path in folder.iterdir()}
    )
    check_names(folder, names & {subject.name})
    if subject.replaces:
        subject.check(folder)
    subject.write(folder)
    subject.check(folder)
    return "whole"


def main(arguments: list[str] | None = None) -> int:
    made = parser(__doc__, SUBJECTS)
    made.add_argument("--count", type=int, default=4, help="of each (%(default)s)")
    made.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    options = made.parse_args(arguments)
    table = Table.of("full_disk.py", options.json)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        prepare(work)
        for kind in choose(SUBJECTS, options.kinds):
            folder = work / "disk"
            for number in range(options.count + 1):  # the last one is read-only
                folder.mkdir()
                if not mounted(folder):
                    print("skipped: a file system can be mounted by root alone")
                    return 0
                try:
                    rng = Random(f"{kind} {options.seed} {number}")
                    read_only = number == options.count
                    trial(table, SUBJECTS[kind], folder, None if read_only else rng)
                finally:
                    subprocess.run(["umount", "--lazy", folder], check=True)
                    folder.rmdir()
    return table.finish()


def trial(table: Table, subject: Subject, folder: Path, rng: Random | None) -> None:
    """Writes once with too little room, or read-only without a generator."""
    kind = f"{subject.name}, {'read-only' if rng is None else 'full'}"
    before = used(folder)
    if forked(subject.write, folder).end():
        raise RuntimeError(f"{subject.name} could not be written to an empty disk")
    needed = used(folder) - before
    if not subject.replaces:
        subprocess.run(["rm", "-rf", folder / subject.name], check=True)
    if rng is None:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    else:
        fill(folder, rng.randrange(needed))
    found = tried(lambda: attempt(subject, folder), 4000, 600)
    if rng is None:
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    (folder / FILLER).unlink(missing_ok=True)
    after = tried(lambda: afterwards(subject, folder), 4000, 600)
    held = found.kind == after.kind == "harmless"
    table.add(kind, held, f"{found.reason}; {after.reason}")
    table.count(kind, found.reason if held else "failed")


if __name__ == "__main__":
    sys.exit(main())
