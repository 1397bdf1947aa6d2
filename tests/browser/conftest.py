"""A real browser, where there is one."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _films import write_films

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; skips where it is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed"
    )
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def page(browser) -> Iterator[Any]:
    """A page 1280 pixels wide and 800 high, which nothing has been loaded into."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    yield opened
    opened.close()


@pytest.fixture
def console_errors(page) -> list[str]:
    """What the page complains of: errors and warnings on its console, and throws."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda message: (
            found.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    return found


@pytest.fixture
def requests(page) -> list[str]:
    """Every address that the page asks for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


@dataclass(frozen=True)
class Run:
    """A finished run of the bench, in a folder of its own."""

    folder: Path
    printed: str

    def told(self, what: str) -> str:
        """What the last lines say of the report, TensorBoard or the app."""
        [line] = [x for x in self.printed.splitlines() if x.startswith(f"  {what} ")]
        return line.removeprefix(f"  {what}").strip()


@pytest.fixture(scope="session")
def bench_run(tmp_path_factory) -> Run:
    """The bench as a newcomer runs it, on films with hostile titles."""
    folder = tmp_path_factory.mktemp("newcomer")
    write_films(folder / "data/ml-latest-small")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tfrecs.bench", "--dataset", "ml-latest-small"),
            *("--models", "popularity,mf,gmf"),
        ],
        cwd=folder,
        env={**os.environ, "TFRECS_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Run(folder, done.stdout)


@pytest.fixture(scope="session")
def server() -> Callable[..., Any]:
    """Runs a command that serves pages until the block ends; gives its address."""

    @contextmanager
    def serving(command: str, folder: Path) -> Iterator[str]:
        port = _free_port()
        process = subprocess.Popen(
            f"exec {command} --port {port}",
            shell=True,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(port, process)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.communicate(timeout=30)

    return serving


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen) -> None:
    """Returns once something answers at the port."""
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"It ended: {process.communicate()[0].decode()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"Nothing answers at port {port} after a minute")
