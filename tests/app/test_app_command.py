"""The command line: its options, its refusals in one line, and its server."""

import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from tfrecs._base import command_line
from tfrecs.app import cli
from tfrecs.app.options import Options, parse


def refused(capsys, *arguments):
    """Returns the only line that is printed."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tfrecs.app: ")
    assert err.count("\n") == 1
    return err


def test_options_and_their_defaults():
    names = ("image", "title", "genres")
    assert parse([]) == Options((), "localhost", None, (), None, *names)
    options = parse(
        "--bundle a --bundle b --address 0.0.0.0 --port 90 --images i "
        "--image-col p --title-col t --genres-col g --host h".split()
    )
    assert options == Options(("a", "b"), "0.0.0.0", 90, ("h",), "i", "p", "t", "g")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bundles", "x"], "unrecognized arguments: --bundles x. Try --help."),
        (["--port", "80a"], "'80a'. Try --help."),
        (["--bundle"], "--bundle: expected one argument. Try --help."),
        (["--bundle", "/no/such"], "/no/such: no such folder."),
        (["--images", "/no/such"], "--images must be a folder: /no/such"),
    ],
)
def test_bad_usage_is_refused(capsys, arguments, message):
    assert message in refused(capsys, *arguments)


def test_folders_without_bundles_and_damaged_bundles_are_refused(
    capsys, tmp_path, bundles
):
    assert f"{tmp_path}: holds no bundle." in refused(capsys, "--bundle", f"{tmp_path}")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in (bundles / "run" / "one").iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    (damaged / "items.json").write_text("{}")
    message = refused(capsys, "--bundle", f"{tmp_path}")
    assert f"{damaged / 'items.json'}: must be a file of " in message
    assert "Received: 2 bytes" in message


@pytest.mark.parametrize(
    ("module", "name"), [("streamlit", "streamlit"), ("sklearn", "scikit-learn")]
)
def test_missing_packages_are_named(capsys, monkeypatch, module, name):
    monkeypatch.setattr(
        command_line, "find_spec", lambda asked: asked != module or None
    )
    message = f"tfrecs.app: {name} is not installed: pip install 'tfrecs[app]'\n"
    assert refused(capsys) == message


@pytest.fixture
def start(bundles):
    """Starts the app as a process, which is killed at the end of the test."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [*(sys.executable, "-m", "tfrecs.app", "--bundle"), f"{bundles}/run",
             *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def opened(port, host, origin):
    """Whether the app's websocket opens for a browser's request."""
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("localhost", port), timeout=30) as connection:
        connection.sendall(request.encode())
        return b" 101 " in connection.recv(100).partition(b"\r\n")[0]


def test_the_server_listens_on_this_machine_only_and_ends_on_ctrl_c(start):
    app = start()
    printed = ""
    while not (found := re.search(r"URL: http://localhost:(\d+)", printed)):
        line = app.stdout.readline()
        assert line, printed
        printed += line
    port = int(found[1])
    with urlopen(f"http://localhost:{port}/_stcore/health") as answer:
        assert answer.status == 200
    assert opened(port, f"localhost:{port}", f"http://localhost:{port}")
    assert opened(port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}")
    for stranger in (f"evil.example:{port}", "localhost.evil.example", ""):
        assert not opened(port, stranger, f"http://{stranger}")
    assert not opened(port, f"localhost:{port}", "http://evil.example")
    with socket.socket() as probe:  # another of this machine's addresses
        assert probe.connect_ex(("127.0.0.2", port)) != 0
    app.send_signal(signal.SIGINT)
    rest, _ = app.communicate(timeout=30)
    assert app.returncode == 130
    assert "Traceback" not in printed + rest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--address", "no.such.host.invalid"], "not known"),
        (["--port", "70000"], "port must be 0-65535"),
    ],
)
def test_a_server_that_cannot_start_says_so_in_one_line(start, arguments, message):
    app = start(*arguments)
    printed, _ = app.communicate(timeout=60)
    assert app.returncode == 2
    [line] = printed.strip().splitlines()
    assert line.startswith("tfrecs.app: ")
    assert message in line


def test_a_port_in_use_is_refused(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        app = start("--address", "127.0.0.1", "--port", f"{taken}")
        printed, _ = app.communicate(timeout=60)
    assert app.returncode == 1
    assert f"Port {taken} is not available" in printed
    assert "Traceback" not in printed
