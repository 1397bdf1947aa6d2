"""The files of a data set: found on this machine, or fetched once into a cache."""

import itertools
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tfrecs.data.datasets._archive import MAX_BYTES, ArchiveError, check_sha256, extract
from tfrecs.data.datasets._sources import Source


class DataNotFoundError(FileNotFoundError):
    """A data set that is nowhere to be had; its message is one line."""


def fetch(
    dataset: str,
    layouts: Sequence[tuple[str, ...]],
    sources: Sequence[Source],
    origin: str = "",
) -> dict[str, Path]:
    """Gives the paths of a data set's files, from the first place that has them.

    The places are `<folder>/<dataset>/` in each folder that `TFRECS_DATA` names; the
    same in the cache (`TFRECS_CACHE`, or `tfrecs` in the user's cache folder); and the
    sources, whose files stay in the cache. Files come into the cache whole or not at
    all, also where two processes fetch at once or one is killed.

    Args:
        dataset: the name of the data set and of its folder.
        layouts: sets of file names, the preferred first; any one of them is enough.
        sources: where to fetch from, the preferred first. The files of each are one of
            the layouts. None where no checksum of the publisher's files is known:
            nothing is downloaded unchecked.
        origin: where a person gets the files, if there is no source.

    Returns:
        The path of each file of one layout, by name.

    Raises:
        DataNotFoundError: if no place has the files; it tells why not, for each.
    """
    tried = []
    named = os.environ.get("TFRECS_DATA", "")
    folders = [Path(os.path.expanduser(f)) for f in named.split(os.pathsep) if f]
    if not folders:
        tried.append("TFRECS_DATA (not set)")
    cache = _cache_folder()
    for folder in (*folders, cache):
        files = _find(folder / dataset, layouts)
        if files:
            return files
        tried.append(f"{folder / dataset} ({_lack(folder / dataset, layouts)})")
    if not sources:
        raise DataNotFoundError(_message(dataset, tried, origin))
    try:
        cache.mkdir(parents=True, exist_ok=True)
        workspace = tempfile.TemporaryDirectory(
            dir=cache, prefix=f".{dataset}-", ignore_cleanup_errors=True
        )
    except OSError as error:
        tried.append(
            f"downloads (the cache {cache} cannot be written: {error.strerror}; set "
            "TFRECS_CACHE to one that can be)"
        )
        raise DataNotFoundError(_message(dataset, tried)) from error
    with workspace as name:
        for source in sources:
            if sys.stderr.isatty():
                print(f"Fetching {dataset}: {source.origin} ...", file=sys.stderr)
            try:
                return _add(source, Path(name), cache / dataset)
            except (ArchiveError, OSError) as error:
                tried.append(f"{source.origin} ({' '.join(str(error).split())})")
    raise DataNotFoundError(_message(dataset, tried))


def _cache_folder() -> Path:
    chosen = os.environ.get("TFRECS_CACHE")
    if chosen:
        return Path(os.path.expanduser(chosen))
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    root = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return Path(root) / "tfrecs"


def _find(folder: Path, layouts: Sequence[tuple[str, ...]]) -> dict[str, Path] | None:
    """The files of the first layout that `folder` has whole."""
    for layout in layouts:
        files = {name: folder / name for name in layout}
        if all(map(_readable, files.values())):
            return files
    return None


def _lack(folder: Path, layouts: Sequence[tuple[str, ...]]) -> str:
    """Why `folder` will not do, by the layout that it comes nearest to."""
    if not os.path.isdir(folder):
        return "no such folder"
    missing = [
        [name for name in layout if not _readable(folder / name)] for layout in layouts
    ]
    nearest = min(missing, key=len)
    return f"no readable {', '.join(nearest)}"


def _readable(file: Path) -> bool:
    return os.path.isfile(file) and os.access(file, os.R_OK)


def _add(source: Source, workspace: Path, target: Path) -> dict[str, Path]:
    """Fetches, checks and unpacks in the workspace, then renames into `target`."""
    folder = Path(tempfile.mkdtemp(dir=workspace))
    archive = source.retrieve(folder)
    check_sha256(archive, source.sha256)
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    # Ratings in text come to a third when zipped; a bomb comes to a thousandth.
    max_bytes = max(MAX_BYTES, 10 * archive.stat().st_size)
    files = extract(archive, source.members, unpacked, max_bytes=max_bytes)
    target.mkdir(exist_ok=True)
    # One rename for each file: whoever else fetches writes the same bytes.
    return {file.name: file.replace(target / file.name) for file in files}


def maybe_gzipped(*names: str) -> tuple[tuple[str, ...], ...]:
    """Layouts of the named files, where each may have `.gz` behind its name."""
    return tuple(itertools.product(*((name, f"{name}.gz") for name in names)))


def found(files: dict[str, Path], name: str) -> Path:
    """The path of the file of that name, or of its gzip."""
    return files[name] if name in files else files[f"{name}.gz"]


def _message(dataset: str, tried: Sequence[str], origin: str = "") -> str:
    mend = (
        f"They are not downloaded, for want of a checksum: get them from {origin}, and "
        f"set TFRECS_DATA to the folder that holds {dataset}/"
        if origin
        else f"Set TFRECS_DATA to a folder that holds {dataset}/, or connect to the "
        "network"
    )
    return (
        f"The files of {dataset} cannot be found or fetched. Tried: "
        f"{'; '.join(tried)}. {mend}, or use --dataset synthetic."
    )
