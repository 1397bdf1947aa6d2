"""Dockerfile and compose file: they name files, options and extras that exist."""

import json
import re
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

import pytest

import tfrecs
from tfrecs.serve.cli import SECONDS_TO_STOP
from tfrecs.serve.options import KEY, parse

ROOT = Path(tfrecs.__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STEPS = re.findall(r"^([A-Z]+) (.+)$", TEXT, re.MULTILINE)


def steps(name):
    return [rest for found, rest in STEPS if found == name]


def copied():
    return [source for step in steps("COPY") for source in step.split()[:-1]]


def server_arguments(given):
    [entry] = map(json.loads, steps("ENTRYPOINT"))
    assert entry[:3] == ["python", "-m", "tfrecs.serve"]
    return [*entry[3:], *given]


def test_every_copied_file_exists_and_is_in_the_context():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for source in copied():
        assert (ROOT / source).exists()
        assert f"!{source}" in ignored


def test_the_copied_files_are_enough_to_install():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    [readme] = re.findall("file: (.+)", config["metadata"]["long_description"])
    needed = {"setup.cfg", "pyproject.toml", "tfrecs", readme}
    assert needed | {config["metadata"]["license_files"]} <= set(copied())


def test_the_install_line_is_that_of_the_documentation():
    [line] = steps("RUN")
    [extra] = re.findall(r"'\.\[(\w+)\]'$", line)
    serving = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    assert f"pip install 'tfrecs[{extra}]'" in serving


def test_the_python_is_one_that_tfrecs_runs_on():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    least = config["options"]["python_requires"].removeprefix(">=")
    assert steps("FROM") == [f"python:{least}-slim"]


def test_the_image_starts_the_server():
    [command] = map(json.loads, steps("CMD"))
    options = parse(server_arguments(command), {})
    assert options.address == "0.0.0.0"  # its network is the container's own
    assert steps("EXPOSE") == [str(options.port)]
    assert steps("USER") == ["nobody"]


@pytest.fixture
def services():
    yaml = pytest.importorskip("yaml")
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["services"]


def test_compose_starts_the_server(services):
    server = services["server"]
    options = parse(server_arguments(server["command"]), {KEY: "k"})
    assert set(server["environment"]) == {KEY}
    assert (ROOT / server["build"] / "Dockerfile").samefile(ROOT / "Dockerfile")
    [(_, mounted, mode)] = (volume.split(":") for volume in server["volumes"])
    # The parent, or a container would go on seeing the folder that was replaced.
    assert (PurePosixPath(options.bundle).parent, mode) == (
        PurePosixPath(mounted),
        "ro",
    )
    assert server["ports"] == [f"127.0.0.1:{options.port}:{options.port}"]
    assert int(server["stop_grace_period"].removesuffix("s")) > SECONDS_TO_STOP
    assert f":{options.port}/ready" in server["healthcheck"]["test"][-1]


def test_compose_starts_tensorboard(services):
    board = services["tensorboard"]
    assert board["image"] == services["server"]["image"]
    given = board["entrypoint"][1:] + board["command"]
    arguments = dict(zip(given[::2], given[1::2], strict=True))
    [(_, mounted, mode)] = (volume.split(":") for volume in board["volumes"])
    assert (arguments["--logdir"], mode) == (mounted, "ro")
    port = arguments["--port"]
    assert board["ports"] == [f"127.0.0.1:{port}:{port}"]
