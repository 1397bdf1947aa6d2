"""Finding and downloading files, with a real local server, pip and archives."""

import hashlib
import http.server
import importlib.util
import io
import logging
import os
import sys
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tfrecs.data.datasets import fetch as module
from tfrecs.data.datasets import load_dataset
from tfrecs.data.datasets.fetch import Source, fetch

CONTENT = {"tiny/ratings": b"1 2 5\n", "tiny/films": b"2 Heat\n", "tiny/extra": b"-"}
FILES = ("ratings", "films")
LAYOUTS = (FILES, ("all",))


def zipped(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return buffer.getvalue()


GOOD = zipped(CONTENT)
DAMAGED = GOOD[:42] + b"\xff" + GOOD[43:]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the archive of that path in `server.replies`."""

    def do_GET(self):
        body = self.server.replies.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.replies = {}
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def offer(server):
    """Puts an archive on the server; returns its source."""

    def put(body: bytes | None = GOOD, sha: str = "") -> Source:
        path = f"/{len(server.replies)}.zip"
        server.replies[path] = body
        url = f"http://127.0.0.1:{server.server_port}{path}"
        return Source(url, sha or sha256(body or b""), "tiny", FILES)

    return put


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("TFRECS_DATA", raising=False)
    monkeypatch.setenv("TFRECS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


UNREACHABLE = Source("http://127.0.0.1:1/tiny.zip", "00", "tiny", FILES)
WHEEL = "pip download tinywheel==1.0"


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("here")
    return folder


# Files on this machine


def test_the_first_folder_of_tfrecs_data_that_has_the_files_is_used(
    tmp_path, monkeypatch
):
    write(tmp_path / "a" / "tiny", "ratings")
    folder = write(tmp_path / "b" / "tiny", "ratings", "films.gz", "all")
    write(tmp_path / "c" / "tiny", "ratings", "films")
    monkeypatch.setenv("HOME", str(tmp_path))
    folders = [str(tmp_path / "missing"), str(tmp_path / "a"), "~/b", "~/c"]
    monkeypatch.setenv("TFRECS_DATA", os.pathsep.join(folders))
    expected = {"ratings": folder / "ratings", "films": folder / "films.gz"}
    assert fetch("tiny", LAYOUTS, [UNREACHABLE]) == expected


def test_tfrecs_data_comes_before_the_cache_and_a_later_layout_is_enough(
    cache, tmp_path, monkeypatch
):
    cached = write(cache / "tiny", *FILES)
    assert fetch("tiny", LAYOUTS) == {name: cached / name for name in FILES}
    folder = write(tmp_path / "mine" / "tiny", "ratings", "all", "all.gz")
    monkeypatch.setenv("TFRECS_DATA", str(tmp_path / "mine"))
    assert fetch("tiny", LAYOUTS) == {"all": folder / "all"}


@pytest.mark.skipif(sys.platform != "linux", reason="the cache folder of Linux")
@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"TFRECS_CACHE": "{tmp}/own", "XDG_CACHE_HOME": "{tmp}/xdg"}, "own"),
        ({"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/tfrecs"),
        ({}, ".cache/tfrecs"),
    ],
)
def test_the_cache_is_chosen_by_the_environment(
    tmp_path, monkeypatch, environment, folder
):
    for name in ("TFRECS_DATA", "TFRECS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    path = write(tmp_path / folder / "tiny", "all") / "all"
    assert fetch("tiny", LAYOUTS) == {"all": path}


# Downloads


def test_a_download_is_extracted_into_the_cache_and_found_there_again(cache, offer):
    write(cache / "tiny", "ratings")  # an incomplete folder
    files = fetch("tiny", LAYOUTS, [offer()])
    assert files == {name: cache / "tiny" / name for name in FILES}
    assert files["ratings"].read_bytes() == b"1 2 5\n"
    assert files["films"].read_bytes() == b"2 Heat\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]
    assert fetch("tiny", LAYOUTS, [UNREACHABLE]) == files


@pytest.mark.parametrize(
    ("body", "sha", "reason"),
    [
        (GOOD, "ab" * 32, f"expected {'ab' * 32} but got {sha256(GOOD)}"),
        (GOOD[:-7], sha256(GOOD), f"but got {sha256(GOOD[:-7])}"),
        (None, "", "404 Client Error: Not Found"),
        (b"<html>Log in</html>", "", "File is not a zip file"),
        (DAMAGED, "", "Error -3 while decompressing"),
        (zipped({"tiny/films": b""}), "", "No such file .*tiny/ratings"),
    ],
    ids=["sha", "cut", "missing", "page", "damaged", "incomplete"],  # zips hold times
)
def test_a_bad_download_leaves_nothing_and_the_next_source_is_used(
    cache, offer, body, sha, reason
):
    bad = offer(body, sha)
    with pytest.raises(FileNotFoundError, match=reason) as caught:
        fetch("tiny", LAYOUTS, [bad])
    assert bad.url in str(caught.value)
    assert [name for name in everything_in(cache) if name != "tiny"] == []
    files = fetch("tiny", LAYOUTS, [bad, offer()])
    assert files["ratings"].read_bytes() == b"1 2 5\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]


def test_without_a_network_the_message_says_so(cache):
    with pytest.raises(FileNotFoundError, match="Connection refused"):
        fetch("tiny", LAYOUTS, [UNREACHABLE])
    assert everything_in(cache) == []


def test_an_interrupted_download_leaves_nothing(cache, offer, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module._Progress, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch("tiny", LAYOUTS, [offer()])
    assert everything_in(cache) == []


def test_two_downloads_at_once_both_succeed(cache, offer, monkeypatch):
    barrier = threading.Barrier(2)
    monkeypatch.setattr(module._Progress, "reset", lambda _: barrier.wait(timeout=10))
    source = offer()
    with ThreadPoolExecutor(2) as threads:
        downloads = [threads.submit(fetch, "tiny", LAYOUTS, [source]) for _ in range(2)]
    results = [download.result() for download in downloads]
    assert results[0] == results[1]
    assert results[0]["films"].read_bytes() == b"2 Heat\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]


def test_progress_is_logged_and_nothing_is_printed(
    cache, offer, monkeypatch, caplog, capfd
):
    monkeypatch.setattr(module, "_REPORT_SECONDS", 0)
    source = offer(zipped({**CONTENT, "tiny/extra": os.urandom(3_000_000)}))
    with caplog.at_level(logging.INFO, logger="tfrecs"):
        fetch("tiny", LAYOUTS, [source])
    assert f"Downloading tiny: {source.url}" in caplog.messages
    assert "1 of 3 MB" in caplog.messages
    assert capfd.readouterr() == ("", "")


# Wheels

needs_pip = pytest.mark.skipif(
    importlib.util.find_spec("pip") is None, reason="this Python has no pip"
)


@pytest.fixture
def wheels(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes packages from, and from nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return write(tmp_path / "wheels")


@needs_pip
def test_a_wheel_is_downloaded_by_pip_and_extracted_like_an_archive(cache, wheels):
    info = "tinywheel-1.0.dist-info"
    metadata = (
        "Metadata-Version: 2.1\nName: tinywheel\nVersion: 1.0\n"
        "Requires-Dist: absent-package-of-tfrecs\n"
    )
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    data = zipped(
        {
            **CONTENT,
            f"{info}/METADATA": metadata.encode(),
            f"{info}/WHEEL": tags.encode(),
            f"{info}/RECORD": b"",
        }
    )
    (wheels / "tinywheel-1.0-py3-none-any.whl").write_bytes(data)
    with pytest.raises(FileNotFoundError, match=rf"{WHEEL} \(.*got {sha256(data)}"):
        fetch("tiny", LAYOUTS, [Source(WHEEL, "cd" * 32, "tiny", FILES)])
    files = fetch("tiny", LAYOUTS, [Source(WHEEL, sha256(data), "tiny", FILES)])
    assert files["films"].read_bytes() == b"2 Heat\n"
    assert everything_in(cache) == ["tiny", "tiny/films", "tiny/ratings"]


@needs_pip
def test_pip_never_runs_the_set_up_of_a_source_distribution(cache, wheels, tmp_path):
    marker = tmp_path / "ran"
    setup = f"open({str(marker)!r}, 'w')".encode()
    with tarfile.open(wheels / "tinywheel-1.0.tar.gz", "w:gz") as archive:
        for name, data in {"setup.py": setup, "PKG-INFO": b"Name: tinywheel\n"}.items():
            info = tarfile.TarInfo(f"tinywheel-1.0/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with pytest.raises(
        FileNotFoundError, match=r"No matching distribution found for tinywheel==1\.0"
    ):
        fetch("tiny", LAYOUTS, [Source(WHEEL, "00", "tiny", FILES)])
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
        ("echo python: No module named pip >&2; exit 1", "No module named pip"),
        ("exit 0", "pip failed without a message"),
        ("exec sleep 9", r"pip took more than 0\.3 seconds"),
    ],
)
def test_a_failure_of_pip_is_reported(cache, tmp_path, monkeypatch, script, reason):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(module, "_PIP_SECONDS", 0.3 if "sleep" in script else 60)
    with pytest.raises(FileNotFoundError, match=reason):
        fetch("tiny", LAYOUTS, [Source(WHEEL, "00", "tiny", FILES)])
    assert everything_in(cache) == []


# When no place has the files


def test_the_error_lists_each_place_with_its_reason_in_one_line(
    cache, offer, tmp_path, monkeypatch
):
    write(tmp_path / "half" / "tiny", "ratings")
    monkeypatch.setenv("TFRECS_DATA", f"{tmp_path / 'half'}{os.pathsep}/missing")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    gone, pip = offer(None), Source(WHEEL, "00", "tiny", FILES)
    with pytest.raises(FileNotFoundError) as caught:
        fetch("tiny", LAYOUTS, [gone, pip])
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        "The files of tiny cannot be found or fetched. Tried: ",
        f"{tmp_path / 'half' / 'tiny'} (no readable films); ",
        "/missing/tiny (no such folder); ",
        f"{cache / 'tiny'} (no such folder); ",
        f"{gone.url} (404 Client Error",
        f"{WHEEL} ([Errno 2] No such file",
        "Connect to the network (TFRECS_CACHE ",
        "set TFRECS_DATA to a folder that holds tiny/, or",
        'load_dataset("synthetic")',
    ):
        assert part in message
    assert "TFRECS_DATA (not set)" not in message


@pytest.mark.parametrize(
    ("present", "missing"), [(["a", "c"], "b"), (["a", "d"], "e"), (["d"], "e")]
)
def test_the_missing_files_of_the_nearest_layout_are_named(cache, present, missing):
    write(cache / "tiny", *present)
    expected = rf"TFRECS_DATA \(not set\).*\(no readable {missing}\)"
    with pytest.raises(FileNotFoundError, match=expected):
        fetch("tiny", (("a", "b", "c"), ("d", "e")))


def test_a_cache_that_cannot_be_written_is_reported(cache, offer):
    cache.write_text("a file")
    with pytest.raises(FileNotFoundError, match=f"(Not a dir|File ex).*'{cache}'"):
        fetch("tiny", LAYOUTS, [offer()])


def test_without_a_source_nothing_is_written_and_the_origin_is_named(cache):
    with pytest.raises(FileNotFoundError) as caught:
        fetch("tiny", LAYOUTS, origin="their office")
    message = str(caught.value)
    assert "get them from their office, set TFRECS_DATA to a folder" in message
    assert "Connect to the network" not in message
    assert not cache.exists()


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("ml-10m", "https://files.grouplens.org/datasets/movielens/ml-10m.zip"),
        ("ml-32m", "https://files.grouplens.org/datasets/movielens/ml-32m.zip"),
        ("ncf-ml-1m", "hexiangnan/neural_collaborative_filtering on GitHub"),
        ("trivago", "the RecSys Challenge 2019"),
        ("ultragcn-ml-1m", "xue-pai/UltraGCN on GitHub"),
        ("yoochoose", "the RecSys Challenge 2015"),
    ],
)
def test_a_data_set_without_a_checksum_names_its_origin(put, name, origin):
    put(name, {})
    with pytest.raises(FileNotFoundError, match=f"get them from .*{origin}"):
        load_dataset(name)
