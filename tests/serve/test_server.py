"""The server: answers, limits, overload, a new bundle and a graceful stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest

import tfrecs

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")
uvicorn = pytest.importorskip("uvicorn")

from tfrecs.serve import current as current_module  # noqa: E402
from tfrecs.serve.current import Current  # noqa: E402
from tfrecs.serve.options import Options  # noqa: E402
from tfrecs.serve.routes import application  # noqa: E402

RNG = np.random.default_rng(5)
TRAIN = tfrecs.Interactions.from_matrix(
    RNG.random((6, 12)) < 0.3, items=[f"item {n}" for n in range(12)]
)
WAIT = 60
START = b"POST /recommend HTTP/1.1\r\nhost: localhost\r\n"


def save(folder, seed, overwrite=False):
    keras.utils.set_random_seed(seed)
    model = tfrecs.build_mf(6, 12, embedding_dim=4, init_std=1.0)
    recommender = tfrecs.Recommender(model, TRAIN)
    recommender.save(folder, overwrite=overwrite, durable=False)
    return recommender


class Server:
    """A server in a thread, on a free port."""

    def __init__(self, options):
        self.current = Current(options.bundle, options.index)
        config = uvicorn.Config(
            application(options, self.current), port=0, log_level="error"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server.started)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.port = port
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT)

    def post(self, route, **body):
        return self.client.post(route, json=body)

    def stop(self):
        self.client.close()
        self._server.should_exit = True
        self._thread.join(WAIT)


def connection(port):
    end = time.monotonic() + WAIT
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), WAIT)
        except ConnectionRefusedError:  # ready, and about to listen
            assert time.monotonic() < end
            time.sleep(0.05)


@contextmanager
def served(folder):
    """A server in a process, its port, and the events of its log after "ready"."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tfrecs.serve", "--bundle", str(folder)]
    root = Path(tfrecs.__file__).parents[1]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = iter(process.stderr.readline, "")
        events = (json.loads(line)["event"] for line in lines if line.startswith("{"))
        assert next(events) == "ready"
        yield process, port, events
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def until(is_true):
    end = time.monotonic() + WAIT
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "bundle"
    return save(folder, seed=0), folder


@pytest.fixture(scope="module")
def server(asked):
    server = Server(Options(asked[1], body=5000, watch=0.1))
    yield server
    server.stop()


def items_of(table):
    pairs = table[["item", "score"]].itertuples(index=False)
    return [{"item": item, "score": pytest.approx(score, abs=1e-5)}
            for item, score in pairs]  # fmt: skip


# Answers


def test_answers_are_those_of_the_recommender(asked, server):
    recommender = asked[0]
    found = server.post("/recommend", user=3, k=4).json()
    table = recommender.recommend([3], k=4)
    assert found == {"items": items_of(table), "source": "model"}
    limits = {"allow": ["item 2", "item 5", "item 7"], "deny": ["item 5"]}
    found = server.post("/recommend", user=3, exclude_seen=False, **limits).json()
    table = recommender.recommend([3], k=10, exclude_seen=False, **limits)
    assert found["items"] == items_of(table)
    found = server.post("/recommend", user="nobody", k=999).json()
    table = recommender.recommend(["nobody"], k=12, unknown="popular")
    assert found == {"items": items_of(table), "source": "popularity"}
    found = server.post("/recommend-for-history", items=["item 1"], k=3).json()
    table = recommender.recommend_for_history(["item 1"], k=3)
    assert found["items"] == items_of(table)
    found = server.post("/similar-items", item="item 1", k=999).json()
    assert found["items"] == items_of(recommender.similar_items(["item 1"], k=11))
    found = server.post("/score", users=[1, 2], items=["item 1", "item 2"]).json()
    scores = recommender.score([1, 2], ["item 1", "item 2"])["score"]
    assert found["scores"] == pytest.approx(scores.tolist(), abs=1e-6)


def test_each_bundle_gets_an_index_whose_recall_is_logged(tmp_path, caplog):
    pytest.importorskip("usearch")
    caplog.set_level("INFO", "tfrecs.serve")
    recommender = save(tmp_path / "bundle", seed=0)
    server = Server(Options(tmp_path / "bundle", watch=0.1, index=5))
    try:
        for seed in (0, 1):
            if seed:
                before = server.current.version
                recommender = save(tmp_path / "bundle", seed, overwrite=True)
                until(lambda before=before: server.current.version != before)
            index = server.current.served.item_index
            made = [json.loads(x) for x in caplog.messages if "index made" in x]
            assert len(made) == seed + 1
            assert (made[-1]["candidates"], made[-1]["recall"]) == (5, index.recall)
            found = server.post("/recommend", user=3, k=2).json()
            assert found["items"] == items_of(recommender.recommend([3], k=2))
    finally:
        server.stop()


def test_an_index_of_other_models_is_refused(tmp_path):
    model = tfrecs.build_neumf(6, 12)
    tfrecs.Recommender(model, TRAIN).save(tmp_path / "bundle", durable=False)
    with pytest.raises(TypeError, match="needs a model whose scores are inner"):
        Current(tmp_path / "bundle", index=5)


def test_requests_of_one_moment_are_answered_together(asked, server, monkeypatch):
    recommender, calls = server.current.served, []
    real, started = type(recommender).recommend, threading.Event()

    def recommend(self, users, *args, **kwargs):
        calls.append(list(users))
        started.set()
        time.sleep(0.5 if len(calls) == 1 else 0)
        return real(self, users, *args, **kwargs)

    monkeypatch.setattr(type(recommender), "recommend", recommend)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(server.post, "/recommend", user=0)
        started.wait(WAIT)
        others = [
            pool.submit(server.post, "/recommend", user=n % 6, k=1 + n)
            for n in range(8)
        ]
        answers = [each.result().json() for each in [first, *others]]
    monkeypatch.undo()
    assert len(calls) < 9
    assert max(map(len, calls)) > 1
    for n, answer in enumerate(answers[1:]):
        table = asked[0].recommend([n % 6], k=1 + n)
        assert answer["items"] == items_of(table)


# Hostile requests


@pytest.mark.parametrize(
    ("route", "body", "status", "message"),
    [
        ("/recommend", {}, 422, "body.user: Field required"),
        ("/recommend", {"user": 1.5}, 422, "body.user"),
        ("/recommend", {"user": True}, 422, "body.user"),
        ("/recommend", {"user": 2**63}, 422, "body.user"),
        ("/recommend", {"user": 1, "k": 10**9}, 422, "less than or equal to 1000"),
        ("/recommend", {"user": 1, "k": 0}, 422, "greater than or equal to 1"),
        ("/recommend", {"user": 1, "kk": 3}, 422, "Extra inputs are not permitted"),
        ("/recommend", {"user": 1, "deny": ["x"]}, 422, "`items` must be known"),
        ("/recommend", {"user": "u" * 300}, 422, "error, an id must be"),
        ("/recommend", {"user": "u" * 6000}, 413, "of at most 5000 bytes"),
        ("/recommend-for-history", {"items": []}, 422, "at least 1 item"),
        ("/recommend-for-history", {"items": [1] * 1001}, 422, "at most 1000 items"),
        ("/similar-items", {"item": "x"}, 422, "`items` must be known"),
        ("/score", {"users": [1], "items": []}, 422, "at least 1 item"),
        ("/score", {"users": [1], "items": ["item 1"] * 2}, 422, "the same length"),
        ("/nowhere", {}, 404, "Not Found"),
    ],
)  # fmt: skip
def test_a_bad_request_gets_one_clear_message(server, route, body, status, message):
    found = server.post(route, **body)
    assert found.status_code == status
    assert message in found.text
    assert "\n" not in found.text


JSON = "application/json"


def chunks(number, size):
    """A body without a length, which is sent in chunks."""
    return (b"x" * size for _ in range(number))


NOT_AN_ID = "body.user: Value error, an id must be an integer of 64 bits, or a text"
BODIES = {
    "cut": (b"{", JSON, 422, "JSON decode error"),
    "empty": (b"", JSON, 422, "body: Field required"),
    "no UTF-8": (b"\xff\xfe", JSON, 422, "body"),
    "NaN": (b'{"user": NaN}', JSON, 422, NOT_AN_ID),
    "k is NaN": (b'{"user": 1, "k": NaN}', JSON, 422, "a valid integer"),
    "infinite": (b'{"user": 1e400}', JSON, 422, NOT_AN_ID),
    "5000 digits": (b'{"user": ' + b"9" * 4900 + b"}", JSON, 400, "parsing the body"),
    "half a character": (b'{"user": "\\ud800"}', JSON, 422, NOT_AN_ID),
    "in a name": (b'{"user": 1, "\\ud800": 1}', JSON, 422, "body: Input should be"),
    "in a list": (b'{"user": 1, "deny": ["\\udfff"]}', JSON, 422, "body.deny.0: "),
    "a long name": (b'{"user": 1, "' + b"a" * 4000 + b'": 1}', JSON, 422,
                    f"body.{40 * 'a'}: Extra inputs"),
    "null": (b"null", JSON, 422, "body: "),
    "a list": (b"[1]", JSON, 422, "body: Input should be a valid dictionary"),
    "a text for a list": (b'{"user": 1, "allow": "item 1"}', JSON, 422, "a valid list"),
    "a text for a flag": (b'{"user": 1, "exclude_seen": "no"}', JSON, 422, "boolean"),
    "deep lists": (b"[" * 2000, JSON, 400, "nested deeper than 8"),
    "deep": (b'{"user":' * 500 + b"1" + b"}" * 500, JSON, 400, "nested deeper than 8"),
    "a form": (b"user=1", "application/x-www-form-urlencoded", 415, "Content-Type"),
    "plain text": (b'{"user": 1}', "text/plain", 415, "Content-Type"),
    "no type": (b'{"user": 1}', "", 415, "Content-Type must be application/json"),
    "10 MB": (b"x" * 10**7, JSON, 413, "at most 5000 bytes"),
    "10 MB in chunks": (lambda: chunks(10, 10**6), JSON, 413, "at most 5000 bytes"),
    "one byte too many": (b"x" * 5001, JSON, 413, "at most 5000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused(server, name):
    content, kind, status, message = BODIES[name]
    content = content() if callable(content) else content
    headers = {"content-type": kind} if kind else {}
    found = server.client.post("/recommend", content=content, headers=headers)
    assert found.status_code == status
    assert list(found.json()) == ["error"]
    assert message in found.json()["error"]
    assert len(found.text) < 300
    assert "\n" not in found.text


def test_bodies_at_the_limits_are_answered(server):
    body = b'{"user": 1}'.ljust(5000)
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    found = server.client.post("/recommend", content=body, headers=headers)
    assert found.status_code == 200
    in_parts = iter([b'{"us', b'er": 1}'])
    found = server.client.post("/recommend", content=in_parts, headers=headers)
    assert found.status_code == 200


def test_other_methods_are_refused(server):
    found = server.client.get("/recommend")
    assert (found.status_code, found.json()) == (405, {"error": "Method Not Allowed"})
    assert found.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "request_head",
    [
        b"garbage",
        START + b"content-length: 5\r\ncontent-length: 6",
        START + b"content-length: -5",
        START + b"transfer-encoding: chunked\r\n\r\nzz",
        START + b"x: " + b"a" * 200_000,
    ],
)
def test_what_is_not_http_is_refused(server, request_head):
    with socket.create_connection(("127.0.0.1", server.port), WAIT) as client:
        client.sendall(request_head + b"\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400 Bad Request")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory as Linux tells it")
def test_memory_is_steady_under_hostile_requests(asked):
    with served(asked[1]) as (process, port, _):
        connection(port).close()
        memory = psutil.Process(process.pid).memory_info
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client:

            def send_all():
                for content, kind, *_ in BODIES.values():
                    content = content() if callable(content) else content
                    headers = {"content-type": kind} if kind else {}
                    found = client.post("/recommend", content=content, headers=headers)
                    assert 400 <= found.status_code < 500
                    assert memory().rss < before + 2**25

            before = memory().rss + 2**24  # the first requests load code
            send_all()
            before = memory().rss
            for _ in range(12):
                send_all()


def test_a_slow_client_gets_an_answer(asked):
    server = Server(Options(asked[1], seconds=0.3))
    try:
        with socket.create_connection(("127.0.0.1", server.port), WAIT) as slow:
            slow.sendall(START + b"content-length: 9\r\n\r\n{")
            assert b" 408 " in slow.recv(1000)
    finally:
        server.stop()


# State, key, overload


def test_state_and_metrics(server):
    assert server.client.get("/health").json() == {"status": "ok"}
    ready = server.client.get("/ready").json()
    assert ready == {"status": "ready", "bundle": server.current.version}
    server.post("/recommend", user="nobody")
    text = server.client.get("/metrics").text
    assert 'tfrecs_requests_total{route="/recommend",status="200"}' in text
    assert 'route="other",status="404"' in text
    assert "tfrecs_unknown_users_total" in text
    paths = server.client.get("/openapi.json").json()["paths"]
    assert {"/recommend", "/score", "/similar-items"} <= set(paths)


def test_requests_need_the_key(asked):
    server = Server(Options(asked[1], api_key="s3cret"))
    try:
        assert server.post("/recommend", user=1).status_code == 401
        assert server.client.get("/metrics").status_code == 401
        assert server.client.get("/health").status_code == 200
        server.client.headers["authorization"] = "Bearer s3cret"
        assert server.post("/recommend", user=1).status_code == 200
    finally:
        server.stop()


@pytest.mark.parametrize("name", ["stranger.example", "127.0.0.1.example", "[", ""])
def test_requests_to_another_name_are_refused(server, name):
    headers = {"host": f"{name}:{server.port}"}
    found = server.client.post("/recommend", json={"user": 1}, headers=headers)
    assert (found.status_code, found.json()) == (
        400,
        {"error": "Host must be a name of the server: see --host"},
    )
    assert server.client.get("/health", headers=headers).status_code == 200


def test_own_names_may_be_addressed(asked):
    server = Server(Options(asked[1], host=("shop.example",)))
    try:
        for name in ("shop.example", "SHOP.example:80", "localhost", "[::1]:8000"):
            found = server.client.post(
                "/recommend", json={"user": 1}, headers={"host": name}
            )
            assert found.status_code == 200
    finally:
        server.stop()


def test_a_full_queue_is_503_with_retry_after(asked, monkeypatch):
    server = Server(Options(asked[1], queue=1, batch=1))
    real = tfrecs.Recommender.recommend

    def slow(self, *args, **kwargs):
        time.sleep(0.3)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(tfrecs.Recommender, "recommend", slow)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(
                pool.map(lambda n: server.post("/recommend", user=1), range(8))
            )
        statuses = sorted(each.status_code for each in found)
        assert set(statuses) == {200, 503}
        full = next(each for each in found if each.status_code == 503)
        assert full.headers["retry-after"] == "1"
    finally:
        server.stop()


def test_no_answer_in_time_is_503(asked, monkeypatch):
    server = Server(Options(asked[1], seconds=0.1))
    monkeypatch.setattr(
        tfrecs.Recommender, "recommend", lambda *args, **kwargs: time.sleep(0.5)
    )
    try:
        found = server.post("/recommend", user=1)
        assert (found.status_code, found.json()) == (
            503,
            {"error": "no answer in time"},
        )
    finally:
        server.stop()


# A new bundle, and the end


def test_a_new_bundle_takes_the_place_without_a_failed_request(asked, server):
    _, folder = asked
    before, statuses, stop = server.current.version, [], threading.Event()

    def load():
        with httpx.Client(base_url=server.client.base_url, timeout=WAIT) as client:
            while not stop.is_set():
                found = client.post("/recommend", json={"user": 1, "k": 3})
                statuses.append(found.status_code)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        new = save(folder, seed=9, overwrite=True)
        until(lambda: server.current.version != before)
    finally:
        stop.set()
        thread.join(WAIT)
    assert set(statuses) == {200}
    found = server.post("/recommend", user=1, k=3).json()
    assert found["items"] == items_of(new.recommend([1], k=3))


def test_a_damaged_bundle_is_not_served(asked, server):
    _, folder = asked
    before = server.current.version
    manifest = folder / current_module.MANIFEST
    text = manifest.read_text()
    try:
        manifest.write_text(text[:-9])
        until(lambda: server.current._seen != before)
        assert server.current.version == before
        assert server.post("/recommend", user=1).status_code == 200
    finally:
        manifest.write_text(text)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_sigterm_answers_the_requests_in_flight(asked):
    with served(asked[1]) as (process, port, events):
        with connection(port) as open_request:
            body = b'{"user": 1, "k": 2}'
            kind = f"content-length: {len(body)}\r\ncontent-type: application/json"
            open_request.sendall(START + kind.encode() + b"\r\n\r\n" + body[:5])
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            open_request.sendall(body[5:])
            assert b"200 OK" in open_request.recv(4000)
        assert list(events)[-1] == "stopped"
        process.wait(WAIT)
