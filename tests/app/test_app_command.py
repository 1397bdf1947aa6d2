"""The command line: what it reads, and each refusal in one line."""

import socket

import pytest

from tfrecs._base import command_line as _command_line
from tfrecs._base.command_line import UsageError
from tfrecs.app import cli, server
from tfrecs.app.options import Options, parse


def refused(capsys, *arguments):
    """The line that is printed, and nothing else is."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tfrecs.app: ")
    assert err.count("\n") == 1
    return err


def test_options_as_they_are_given():
    assert parse([]) == Options((), "localhost", None, None, "image", "title", "genres")
    given = parse(
        "--bundle a --bundle b --address 0.0.0.0 --port 90 --images i "
        "--image-col p --title-col t --genres-col g".split()
    )
    assert given == Options(("a", "b"), "0.0.0.0", 90, "i", "p", "t", "g")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--bundles", "x"], "unrecognized arguments: --bundles x. Try --help."),
        (["--port", "0"], "expected a port from 1 to 65535, not '0'"),
        (["--port", "80a"], "not '80a'. Try --help."),
        (["--bundle"], "--bundle: expected one argument. Try --help."),
        (["--bundle", "/no/such"], "/no/such: no such folder."),
        (["--images", "/no/such"], "--images must be a folder: /no/such"),
    ],
)
def test_usage_that_is_refused(capsys, arguments, told):
    assert told in refused(capsys, *arguments)


def test_a_folder_without_bundles_and_a_damaged_one_are_refused(
    capsys, tmp_path, bundles
):
    assert f"{tmp_path}: holds no bundle." in refused(capsys, "--bundle", f"{tmp_path}")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in (bundles / "run" / "one").iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    (damaged / "items.json").write_text("{}")
    told = refused(capsys, "--bundle", f"{tmp_path}")
    assert f"{damaged / 'items.json'}: must be a file of " in told
    assert "Received: 2 bytes" in told


@pytest.mark.parametrize(
    ("module", "name"), [("streamlit", "streamlit"), ("sklearn", "scikit-learn")]
)
def test_what_is_not_installed_is_told(capsys, monkeypatch, module, name):
    monkeypatch.setattr(
        _command_line, "find_spec", lambda asked: asked != module or None
    )
    told = refused(capsys)
    assert told == f"tfrecs.app: {name} is not installed: pip install 'tfrecs[app]'\n"


def test_a_port_in_use_is_refused_if_it_was_asked_for(capsys, monkeypatch, bundles):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        told = refused(
            capsys, "--bundle", f"{bundles}/run", "--address", "127.0.0.1",
            "--port", f"{taken}",
        )  # fmt: skip
        assert f"cannot listen at port {taken} of 127.0.0.1: Address already" in told
        assert "Choose another by --port." in told
        monkeypatch.setattr(server, "FIRST_PORT", taken)
        monkeypatch.setattr(server, "LAST_PORT", taken + 20)
        assert taken < server.free_port("127.0.0.1", None) <= taken + 20
        monkeypatch.setattr(server, "LAST_PORT", taken)
        with pytest.raises(UsageError, match=f"each port from {taken} to {taken} of"):
            server.free_port("127.0.0.1", None)


def addresses(*hosts):
    """Stands for a name that has several addresses."""
    kinds = [(socket.AF_INET6 if ":" in host else socket.AF_INET) for host in hosts]

    def getaddrinfo(name, port, **told):
        return [
            (kind, socket.SOCK_STREAM, 6, "", (host, port))
            for kind, host in zip(kinds, hosts, strict=True)
        ]

    return getaddrinfo


def test_each_address_of_a_name_must_be_free(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.2", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert server.free_port("127.0.0.1", taken) == taken
        monkeypatch.setattr(socket, "getaddrinfo", addresses("127.0.0.1", "127.0.0.2"))
        with pytest.raises(UsageError, match=f"cannot listen at port {taken} of"):
            server.free_port("localhost", taken)


def test_an_address_that_the_machine_lacks_is_no_hindrance(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    # 2001:db8:: is for documentation: no machine has it.
    found = addresses("127.0.0.1", "2001:db8::1")
    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert server.free_port("localhost", port) == port


def test_an_address_of_nobody_is_refused(capsys):
    told = refused(capsys, "--address", "no.such.host.invalid", "--port", "9000")
    assert "--address must be one of this machine: no.such.host.invalid" in told


def test_what_is_right_is_served_with_the_same_arguments(monkeypatch, bundles):
    served = []
    monkeypatch.setattr(cli, "serve", lambda *given: served.append(given))
    monkeypatch.setattr(cli, "free_port", lambda address, port: 1234)
    arguments = ["--bundle", f"{bundles}/run"]
    assert cli.main(arguments) == 130  # nothing but a signal ends it
    assert served == [("localhost", 1234, arguments)]


def test_an_interrupt_before_the_server_is_there_ends_quietly(capsys, monkeypatch):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "serve", interrupted)
    assert cli.main([]) == 130
    assert capsys.readouterr() == ("", "")
