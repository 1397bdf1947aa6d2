"""Names that requests may address, and paths that the page does not show."""

import socket

import pytest

from tfrecs.app.guarding import allowed_hosts, without_folders

LOCAL = ["localhost", "127.0.0.1", "::1"]


@pytest.mark.parametrize("address", LOCAL)
def test_only_names_of_this_machine_by_default(address):
    assert allowed_hosts(address) == LOCAL


def test_an_address_and_more_names_are_added():
    assert allowed_hosts("10.1.2.3", ["app.example"]) == [
        *LOCAL,
        "app.example",
        "10.1.2.3",
    ]
    assert {*LOCAL, socket.gethostname()} <= {*allowed_hosts("0.0.0.0")}
    assert "0.0.0.0" not in allowed_hosts("0.0.0.0")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/run/mf/about.json: must be", "about.json: must be"),
        ("in '/home/ann/m.keras', or (/etc/x.y)", "in 'm.keras', or (x.y)"),
        (r"C:\Users\ann\m.keras: no", "m.keras: no"),
        ("~/run/mf: no such folder", "mf: no such folder"),
        ("run/mf: no such folder", "run/mf: no such folder"),
        ("1/2 of https://keras.io/api/x", "1/2 of https://keras.io/api/x"),
        ("a / b and/or c", "a / b and/or c"),
    ],
)
def test_folders_of_absolute_paths_are_left_out(text, shown):
    assert without_folders(text) == shown


def test_folders_with_spaces_are_left_out(tmp_path):
    root = tmp_path / "my own" / "run"
    text = f"{root / 'mf' / 'x.json'}: no; {root}: no"
    assert without_folders(text, [root]) == "run/mf/x.json: no; run: no"
