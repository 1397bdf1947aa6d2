"""Forks that run one trial each, with limits of memory and time, and their table."""

import argparse
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO


@dataclass
class Child:
    """A forked process, and the pipe that is its standard output."""

    pid: int
    pipe: BinaryIO
    code: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def end(self) -> int:
        """Waits for the exit code."""
        while self.poll() is None:
            time.sleep(0.05)
        self.pipe.close()
        return self.poll()

    def stop(self, with_signal: int) -> None:
        """Sends a signal if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, with_signal)


def forked(run: Callable[..., None], *args: Any) -> Child:
    """Starts a function in a process of its own; its standard output is the pipe."""
    readable, writable = os.pipe()
    if pid := os.fork():
        os.close(writable)
        return Child(pid, os.fdopen(readable, "rb"))
    code = 1
    try:
        os.dup2(writable, 1)
        run(*args)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


@dataclass(frozen=True)
class Outcome:
    """The end of a trial: "refused", "harmless" or "failed", why, and its memory."""

    kind: str
    reason: str
    megabytes: int


def tried(run: Callable[[], str], megabytes: int, seconds: float = 120) -> Outcome:
    """Runs a trial in a fork.

    A function that returns has found no harm; a ValueError or FileNotFoundError of one
    line is a refusal. Any other error, a signal, too much memory or time is a failure.
    """
    child = forked(_answer, run, megabytes)
    started = time.monotonic()
    while child.poll() is None and time.monotonic() - started < seconds:
        time.sleep(0.01)
    if child.poll() is None:
        child.stop(signal.SIGKILL)
    lines = child.pipe.read().decode(errors="replace").splitlines()
    code = child.end()
    if code or not lines:
        return Outcome("failed", f"exit code {code}", 0)
    kind, reason, used = json.loads(lines[-1])
    if used > megabytes:
        return Outcome("failed", f"{used} MB of memory, {kind}: {reason}", used)
    return Outcome(kind, reason, used)


def _answer(run: Callable[[], str], megabytes: int) -> None:
    # Address space, of which TensorFlow's threads take more than they use.
    most = (_memory("VmSize") + 4 * megabytes) * 2**20
    before = _memory("VmRSS")
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        kind, reason = "harmless", run()
    except (ValueError, FileNotFoundError) as error:
        one_line = "\n" not in str(error) and str(error)
        kind, reason = ("refused" if one_line else "failed"), str(error)
    except BaseException as error:
        kind, reason = "failed", f"{type(error).__name__}: {error}"
    used = _memory("VmHWM") - before
    print(json.dumps([kind, reason[:300], used]), flush=True)


def _memory(name: str) -> int:
    """A size of this process in megabytes, as Linux names it; VmHWM is the peak."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) // 1024


@dataclass
class Table:
    """Counts of trials by kind, with the reasons of failures."""

    command: str
    path: Path | None
    rows: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, script: str, path: Path | None) -> "Table":
        """An empty table for the results of a script, which are merged into a file."""
        return cls(f"python benchmarks/faults/{script}", path and path.absolute(), {})

    def add(self, kind: str, held: bool, reason: str = "", **more: int) -> None:
        """Adds a trial; `more` has figures whose highest value is kept."""
        empty = {"tried": 0, "held": 0, "failed": 0, "failures": []}
        row = self.rows.setdefault(kind, empty)
        row["tried"] += 1
        row["held" if held else "failed"] += 1
        if not held:
            row["failures"].append(reason)
            print(f"{kind}: {reason}", file=sys.stderr, flush=True)
        for name, number in more.items():
            row[name] = max(row.get(name, 0), number)

    def count(self, kind: str, name: str) -> None:
        """Counts an outcome of a kind, such as "refused"; failures are counted."""
        if name == "failed":
            return
        self.rows[kind][name] = self.rows[kind].get(name, 0) + 1

    def finish(self) -> int:
        """Prints the table, merges it into the file, and returns the failures."""
        print(f"{'kind':24} {'tried':>6} {'held':>6} {'failed':>6}")
        for kind, row in self.rows.items():
            numbers = [row[name] for name in ("tried", "held", "failed")]
            print(f"{kind:24} " + " ".join(f"{number:6}" for number in numbers))
        if self.path is not None:
            known = json.loads(self.path.read_text()) if self.path.exists() else {}
            versions = {
                n: metadata.version(n) for n in ("tensorflow", "keras", "numpy")
            }
            about = {"cpus": os.cpu_count(), "versions": versions}
            known[self.command] = {**about, "rows": self.rows}
            self.path.write_text(json.dumps(known, indent=1) + "\n")
        return sum(row["failed"] for row in self.rows.values())


def parser(about: str | None, kinds: Iterable[str]) -> argparse.ArgumentParser:
    """The options that all trials have: which kinds, and where the figures go."""
    made = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--kinds", nargs="+", choices=[*kinds], default=[])
    made.add_argument("--json", type=Path, help="write the figures there as well")
    return made


def choose(names: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """The wanted names, or all."""
    return [name for name in names if not wanted or name in wanted]
