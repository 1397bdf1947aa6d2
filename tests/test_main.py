"""`python -m tfrecs`."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.__main__ import COMMANDS, main


def test_versions_and_commands_are_printed(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    for package in (tfrecs, keras, np):
        assert f"{package.__name__} {package.__version__}" in out
    for name, what in COMMANDS.items():
        assert f"python -m {name}" in out
        assert what in out


def test_every_command_is_listed():
    package = Path(tfrecs.__file__).parent
    modules = {path.parent.name for path in package.glob("*/__main__.py")}
    modules |= {
        path.stem
        for path in package.glob("*.py")
        if "sys.exit(main(" in path.read_text(encoding="utf-8")
    }
    modules.remove("__main__")
    assert modules == {name.replace(" ", ".").split(".")[1] for name in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "--help"], capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_something_else_is_refused_in_one_line(capsys):
    assert main(["bench", "--help"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tfrecs: the commands are python -m tfrecs.bench, ")
    assert error.endswith(" Received: bench\n")
