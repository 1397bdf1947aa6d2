"""An hour's worth of requests and events: errors, and memory that stays.

20 requests a second of all kinds go to `python -m tfrecs.serve`, and 100 events a
second to a stream, with answers in between and a checkpoint at each tenth; both as fast
as they are answered. Users and items are few, so that the states are full after some
tenths: from the middle on, memory may grow by a twentieth.

    python benchmarks/faults/sustained.py --json benchmarks/results/faults.json
"""

import http.client
import json
import socket
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from _processes import Table, choose, parser

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.streaming import IncrementalRecommender, ItemItem, save

HOUR, REQUESTS, EVENTS = 3600, 20, 100
TENTHS, MOST_GROWTH = 10, 1.05
IDS = 150


def requests(table: Table, work: Path, seconds: int) -> None:
    data = make_synthetic(200, IDS, seed=0, interactions_per_user=20).interactions
    model = tfrecs.build_mf(data.num_users, data.num_items)
    tfrecs.Recommender(model, data).save(work / "bundle")
    users, items = data.users.ids.tolist(), data.items.ids.tolist()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "tfrecs.serve", "--bundle", work / "bundle", "--port", str(port)]
    with (work / "log").open("w") as log:
        server = psutil.Popen([sys.executable, *command], stderr=log)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        wait_for(client, server)
        sizes = []
        for number in range(seconds * REQUESTS):
            user, item = users[number % len(users)], items[number % len(items)]
            route, body = {
                0: ("/recommend", {"user": user, "k": 10}),
                1: ("/recommend", {"user": f"nobody {number}"}),
                2: ("/recommend", {"user": user, "deny": items[:5]}),
                3: ("/recommend-for-history", {"items": [item]}),
                4: ("/similar-items", {"item": item}),
                5: ("/score", {"users": [user], "items": [item]}),
            }[number % 6]
            header = {"content-type": "application/json"}
            client.request("POST", route, json.dumps(body), header)
            answer = client.getresponse()
            said = answer.read()
            reason = f"{route}: {answer.status} {said[:100]!r}"
            table.add("an hour of requests", answer.status == 200, reason)
            if (number + 1) % (seconds * REQUESTS // TENTHS) == 0:
                sizes.append(server.memory_info().rss // 2**20)
        add_memory(table, "the server's memory", sizes)
    finally:
        client.close()
        server.terminate()
        server.wait(60)


def wait_for(client: http.client.HTTPConnection, server: psutil.Popen) -> None:
    while True:
        try:
            client.request("GET", "/ready")
            client.getresponse().read()
            return
        except OSError:
            client.close()
            if server.poll() is not None:
                raise
            time.sleep(0.2)


def events(table: Table, work: Path, seconds: int) -> None:
    rng = np.random.default_rng(0)
    made, sizes, this = IncrementalRecommender(ItemItem()), [], psutil.Process()
    for number in range(seconds * EVENTS):
        user, item = rng.integers(IDS, size=2).tolist()
        try:
            made.partial_fit(user, item)
            found = made.recommend(user) if number % 10 == 0 else []
            held = all(np.isfinite(score) for _, score in found)
            table.add("an hour of events", held, "a score is not finite")
        except Exception as error:
            table.add("an hour of events", False, f"{type(error).__name__}: {error}")
        if (number + 1) % (seconds * EVENTS // TENTHS) == 0:
            save(made, work / "stream.npz")
            sizes.append(this.memory_info().rss // 2**20)
    add_memory(table, "the stream's memory", sizes)


def add_memory(table: Table, name: str, sizes: list[int]) -> None:
    """Compares the end with the middle; the table keeps the end."""
    middle, last = sizes[TENTHS // 2], sizes[-1]
    reason = f"MiB after each tenth: {sizes}"
    print(f"{name}: {reason}")
    table.add(name, last <= middle * MOST_GROWTH, reason, middle_mib=middle, mib=last)


KINDS = {"requests": requests, "events": events}


def main() -> int:
    made = parser(__doc__, KINDS)
    made.add_argument("--seconds", type=int, default=HOUR, help="(%(default)s)")
    options = made.parse_args()
    table = Table.of("sustained.py", options.json)
    for kind in choose(KINDS, options.kinds):
        with tempfile.TemporaryDirectory() as temporary:
            KINDS[kind](table, Path(temporary), options.seconds)
    return table.finish()


if __name__ == "__main__":
    sys.exit(main())
