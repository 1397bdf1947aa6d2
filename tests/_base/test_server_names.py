"""Names of a server that requests may address."""

import socket

import pytest

from tfrecs._base.server_names import allowed_hosts

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
