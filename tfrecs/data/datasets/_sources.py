"""Where an archive comes from: an address, or a wheel that pip downloads."""

import http.client
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tfrecs.data.datasets._archive import ArchiveError

_CHUNK = 2**16
_CONNECT_SECONDS = 20  # without a network nobody should wait for minutes


class Source(Protocol):
    """A way to one archive; `retrieve` puts it into a folder and checks nothing."""

    @property
    def origin(self) -> str:
        """What to call it in messages."""

    @property
    def sha256(self) -> str:
        """The pinned checksum of the archive."""

    @property
    def members(self) -> tuple[str, ...]:
        """The paths, inside the archive, of the files wanted."""

    def retrieve(self, folder: Path) -> Path:
        """Puts the archive into `folder`, or raises ArchiveError; gives its path."""


@dataclass(frozen=True)
class Download:
    """An archive at an address.

    Args:
        url: its address.
        size: its length in bytes; not a byte more is kept.
        sha256: its checksum.
        members: the paths, inside it, of the files wanted.
        timeout: seconds to wait for a connection, and for each next piece.
        patience: seconds that the whole may take.
    """

    url: str
    size: int
    sha256: str
    members: tuple[str, ...]
    timeout: float = _CONNECT_SECONDS
    patience: float = 600

    @property
    def origin(self) -> str:
        """The address."""
        return self.url

    def retrieve(self, folder: Path) -> Path:
        """Downloads the archive into `folder`.

        Raises:
            ArchiveError: if it does not come, or not at its length.
        """
        archive = folder / "archive.zip"
        give_up = time.monotonic() + self.patience
        received = 0
        try:
            with (
                urllib.request.urlopen(self.url, timeout=self.timeout) as response,
                archive.open("wb") as file,
            ):
                # read1 returns with what has come; read would wait for a whole chunk.
                while chunk := response.read1(_CHUNK):
                    received += len(chunk)
                    if received > self.size:
                        break
                    if time.monotonic() > give_up:
                        raise ArchiveError(
                            f"it took more than {self.patience:g} seconds, with "
                            f"{received:,} of {self.size:,} bytes received"
                        )
                    file.write(chunk)
        except urllib.error.HTTPError as error:
            error.close()
            raise ArchiveError(
                f"the server says {error.code} {error.reason}"
            ) from error
        except urllib.error.URLError as error:
            raise ArchiveError(f"it cannot be reached: {error.reason}") from error
        except http.client.HTTPException as error:
            raise ArchiveError(f"the server's answer is broken: {error!r}") from error
        if received != self.size:
            more = "more than " if received > self.size else ""
            raise ArchiveError(
                f"it must have {self.size:,} bytes. Received: {more}"
                f"{min(received, self.size):,}"
            )
        return archive


@dataclass(frozen=True)
class Wheel:
    """A wheel from the Python package index, used as an archive: nothing is installed.

    Args:
        requirement: the package and its version, such as "recbole==1.2.1".
        sha256: the wheel's checksum.
        members: the paths, inside it, of the files wanted.
        options: more options for `pip download`, such as another index.
        python: the interpreter whose pip to run.
        patience: seconds that the whole may take.
    """

    requirement: str
    sha256: str
    members: tuple[str, ...]
    options: tuple[str, ...] = ()
    python: str = sys.executable
    patience: float = 300

    @property
    def origin(self) -> str:
        """The command that gets it, as far as a reader needs it."""
        return f"pip download {self.requirement}"

    def retrieve(self, folder: Path) -> Path:
        """Has pip download the wheel into `folder`.

        Raises:
            ArchiveError: if pip is missing, fails or takes too long.
        """
        command = [self.python, "-m", "pip", "download", "--quiet", "--no-input"]
        # Wheels only: to look at a source distribution, pip would run its set-up.
        command += ["--only-binary=:all:", "--no-deps", "--disable-pip-version-check"]
        command += ["--retries=1", f"--timeout={_CONNECT_SECONDS}"]
        command += [*self.options, f"--dest={folder}", self.requirement]
        try:
            run = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.patience,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ArchiveError(
                f"pip took more than {self.patience:g} seconds"
            ) from error
        if run.returncode != 0:
            raise ArchiveError(_reason_of_pip(run.stderr))
        wheels = list(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise ArchiveError(f"pip must bring one wheel. Received: {len(wheels)}")
        return wheels[0]


def _reason_of_pip(stderr: str) -> str:
    """The line of pip's output that tells most."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or ["pip failed without a word"])[-1]
    # Without a network pip ends with "No matching distribution", which misleads.
    offline = any("Retrying" in line for line in lines)
    cause = "the package index cannot be reached; " if offline else ""
    return cause + last.removeprefix("ERROR:").strip()
