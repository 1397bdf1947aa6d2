"""Load on `python -m tfrecs.serve`: requests a second, times, errors and memory.

A matrix factorization is trained on ML-100K, and another on random interactions with
100 thousand items. Each is served on this machine while locust sends requests, from the
same machine, of 16 visitors; for a tenth of the time there are 300. At a third of the
time the bundle is replaced by one with another seed. At the end SIGTERM comes while
requests are open, which are sent in part. 503 with Retry-After is no error. The
status is 1 if a request failed or an open one was lost.

locust brings its own packages: `python -m venv DIR`, `DIR/bin/pip install locust`.
`python benchmarks/serving_load.py [--locust DIR/bin/locust] [--seconds 180]
[--bundles ml-100k 100k-items] [--json FILE]`
"""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import keras
import numpy as np
import psutil
from _report import finish, keep, parser, print_table
from one_user import interactions as many_items

import tfrecs

HERE = Path(__file__).parent
OPEN_REQUESTS = 64
QUEUE = 64
CROWDED = (0.6, 0.7)
"""The part of the time in which there is a crowd."""


def few_items() -> tfrecs.Interactions:
    return tfrecs.Interactions.from_matrix(
        np.random.default_rng(0).random((40, 60)) < 0.2
    )


DATA = {
    "ml-100k": lambda: tfrecs.load_dataset("ml-100k").interactions,
    "100k-items": many_items,
    "60-items": few_items,
}


def trained(train: tfrecs.Interactions, seed: int) -> tfrecs.Recommender:
    keras.utils.set_random_seed(seed)
    model = tfrecs.build_mf(train.num_users, train.num_items, embedding_dim=64)
    tfrecs.fit(model, train, seed=seed, objective="bpr", epochs=1)
    return tfrecs.Recommender(model, train)


@contextmanager
def served(bundle: Path, log: Path) -> Iterator[tuple[psutil.Process, int]]:
    """The process of a server that is ready, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tfrecs.serve", "--bundle", str(bundle)]
    options = ["--port", str(port), "--queue", str(QUEUE), "--watch", "0.5"]
    with log.open("w") as file:
        process = psutil.Popen([*command, *options], stderr=file)
    try:
        while not is_ready(port):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended: {log.read_text()[-500:]}")
            time.sleep(0.1)
        yield process, port
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def is_ready(port: int) -> bool:
    try:
        return bool(version(port))
    except OSError:
        return False


def version(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/ready", timeout=60) as found:
        return json.load(found)["bundle"]


def load(
    train: tfrecs.Interactions, options: Any, folder: Path, port: int
) -> subprocess.Popen[str]:
    """Starts locust, which writes its table to the folder."""
    about = {
        "seconds": options.seconds,
        "crowded": CROWDED,
        "visitors": 16,
        "crowd": 300,
        # The first one of the second data set has seen every item.
        "users": train.users.ids[1:1001].tolist(),
        "items": train.items.ids[:1000].tolist(),
    }
    where = ["--host", f"http://127.0.0.1:{port}", "--csv", str(folder / "load")]
    file = HERE / "_serving_visitors.py"
    return subprocess.Popen(
        [options.locust, "--headless", "--only-summary", "-f", str(file), *where],
        env={**os.environ, "TFRECS_LOAD": json.dumps(about)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def replaced(bundle: Path, other: tfrecs.Recommender, port: int) -> float:
    """Seconds from writing another bundle until it is served."""
    before, began = version(port), time.perf_counter()
    other.save(bundle, overwrite=True)
    while version(port) == before:
        time.sleep(0.1)
    return time.perf_counter() - began


def answered_after_sigterm(process: psutil.Process, user: Any, port: int) -> int:
    """The number of open requests that are answered, whose ends come after SIGTERM.

    The server has begun to read them. What a client sends at the very moment of the
    stop, and the server has not read, it cannot answer: it closes the connection.
    """
    body = json.dumps({"user": user}).encode()
    head = "POST /recommend HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    request = (head + kind).encode() + body
    with ExitStack() as stack:
        connect = socket.create_connection
        clients = [
            stack.enter_context(connect(("127.0.0.1", port), 60))
            for _ in range(OPEN_REQUESTS)
        ]
        for client in clients:
            client.sendall(request[:-5])
        time.sleep(0.5)  # they are read until then
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        for client in clients:
            client.sendall(request[-5:])
        return sum(answer(client).startswith(b"HTTP/1.1 200") for client in clients)


def answer(client: socket.socket) -> bytes:
    try:
        return client.recv(2**16)
    except OSError:
        return b""


NONE = {"Request Count": "0", "50%": "nan", "99%": "nan"}


def figures(table: Path, seconds: float) -> dict[str, Any]:
    """What locust counted, by the names of the requests."""
    with table.open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    crowded = seconds * (CROWDED[1] - CROWDED[0])
    found: dict[str, Any] = {"errors": int(rows["Aggregated"]["Failure Count"])}
    for name, length in {"steady": seconds - crowded, "overload": crowded}.items():
        row = rows.get(name, NONE)
        found[name] = {
            "requests": int(row["Request Count"]),
            "requests_per_second": int(row["Request Count"]) / length,
            "p50_ms": float(row["50%"]),
            "p99_ms": float(row["99%"]),
        }
    found["refused"] = int(rows.get("refused", NONE)["Request Count"])
    return found


def measure(name: str, options: Any, folder: Path) -> dict[str, Any]:
    bundle, train = folder / "bundle", DATA[name]()
    trained(train, 0).save(bundle)
    other = trained(train, 1)
    with served(bundle, folder / "log") as (process, port):
        mib = [process.memory_info().rss / 2**20]
        running = load(train, options, folder, port)
        time.sleep(options.seconds / 3)
        mib.append(process.memory_info().rss / 2**20)
        seconds = replaced(bundle, other, port)
        output, _ = running.communicate()
        table = folder / "load_stats.csv"
        if not table.exists():
            raise RuntimeError(f"locust failed: {output[-2000:]}")
        mib.append(process.memory_info().rss / 2**20)
        found = figures(table, options.seconds)
        if found["errors"]:
            print(output[-4000:])
        user = train.users.ids[:1].tolist()[0]
        answered = answered_after_sigterm(process, user, port)
        process.wait(60)
    return {
        **found,
        "mib_start": mib[0],
        "mib_at_a_third": mib[1],
        "mib_end": mib[2],
        "swap_seconds": seconds,
        "open_at_sigterm": OPEN_REQUESTS,
        "answered_after_sigterm": answered,
    }


HEADER = (
    *("", "requests/s", "p50 ms", "p99 ms", "overload: 200, 503", "errors"),
    *("MiB start, third, end", "swap s", "after SIGTERM"),
)


def cells(name: str, row: dict[str, Any]) -> list[Any]:
    steady, mib = row["steady"], ("mib_start", "mib_at_a_third", "mib_end")
    return [
        name,
        f"{steady['requests_per_second']:.0f}",
        f"{steady['p50_ms']:.0f}",
        f"{steady['p99_ms']:.0f}",
        f"{row['overload']['requests']}, {row['refused']}",
        row["errors"],
        ", ".join(f"{row[part]:.0f}" for part in mib),
        f"{row['swap_seconds']:.1f}",
        f"{row['answered_after_sigterm']} of {row['open_at_sigterm']}",
    ]


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, default=180, help="(%(default)s)")
    made.add_argument("--locust", default=shutil.which("locust"), metavar="FILE")
    made.add_argument("--bundles", nargs="+", choices=DATA,
                      default=["ml-100k", "100k-items"])  # fmt: skip
    options = made.parse_args()
    if not options.locust:
        made.error("locust is not on PATH: make a venv, pip install locust in it, and "
                   "pass its bin/locust by --locust")  # fmt: skip
    found = {}
    for name in options.bundles:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measure(name, options, Path(folder))
        keep(options, {"seconds": options.seconds, "rows": found})
    print_table(HEADER, [cells(name, row) for name, row in found.items()])
    finish(
        options,
        {"seconds": options.seconds, "load_average": os.getloadavg(), "rows": found},
    )
    lost = [row["answered_after_sigterm"] < OPEN_REQUESTS for row in found.values()]
    return int(any(lost) or any(row["errors"] for row in found.values()))


if __name__ == "__main__":
    sys.exit(main())
