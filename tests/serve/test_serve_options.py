"""The command line of the server."""

from pathlib import Path

import pytest

from tfrecs._base.command_line import UsageError
from tfrecs.serve.cli import main
from tfrecs.serve.options import parse


def test_by_default_only_this_machine_can_connect():
    options = parse(["--bundle", "b"], {})
    assert (options.address, options.api_key) == ("127.0.0.1", "")
    assert options.bundle == Path("b")
    given = ["--bundle", "b", "--queue", "3", "--index", "64"]
    given = parse(given, {"TFRECS_API_KEY": "x"})
    assert (given.queue, given.index, given.api_key) == (3, 64, "x")
    assert options.index == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: --bundle"),
        (["--bundle", "b", "--port", "70000"], "--port must be from 0 to 65535"),
        (["--bundle", "b", "--seconds", "0"], "times above 0"),
        (["--bundle", "b", "--queue", "0"], "at least 1. Received: queue=0"),
        (["--bundle", "b", "--index", "-1"], "Received: index=-1"),
    ],
)
def test_bad_options_are_refused(arguments, message):
    with pytest.raises((UsageError, ValueError), match=message):
        parse(arguments, {})


def test_a_missing_bundle_is_one_line(capsys):
    pytest.importorskip("prometheus_client")
    pytest.importorskip("uvicorn")
    assert main(["--bundle", "nowhere"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tfrecs.serve: ")
    assert error.count("\n") == 1
