"""Sealed folders: a manifest holds the size and SHA-256 of every file.

The manifest is written last, so a folder without one is unfinished, and it holds a
SHA-256 of its own content. The checksums find damage and accidental changes; they are
no signature of the author.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from tfrecs._base.files import replaced_when_whole

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Kind:
    """The format of a sealed folder.

    Args:
        name: noun for messages and for the manifest.
        version: version to write, and the latest version that can be read.
        files: names, or patterns of `fnmatch`, of the files that the folder may hold.
        advice: how to mend a damaged folder.
    """

    name: str
    version: int
    files: Collection[str]
    advice: str


def write_manifest(folder: Path, kind: Kind, content: Mapping[str, Any]) -> None:
    """Seals the kind's files in a folder, together with `content`, a JSON object."""
    paths = {path for pattern in kind.files for path in folder.glob(pattern)}
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(paths)
    }
    content = {"kind": kind.name, "version": kind.version, **content, "files": files}
    text = json.dumps({"sha256": _seal(content), "content": content}, indent=1)
    with replaced_when_whole(folder / MANIFEST) as path:
        path.write_text(text, encoding="utf-8")


def read_manifest(
    folder: Path, kind: Kind, *, sizes_only: bool = False
) -> dict[str, Any]:
    """Reads a manifest and checks it and every file that it lists.

    Args:
        folder: the sealed folder.
        kind: its format.
        sizes_only: whether to check the size of each file alone; `read_sealed` checks
            the SHA-256 of a file when it is read.

    Returns:
        The content, with `kind`, `version` and `files`.

    Raises:
        FileNotFoundError: if there is no manifest.
        ValueError: if the manifest is damaged or of a later version, or a file is
            missing, changed, or not one of the kind.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Name a {kind.name}.")
    content = _content(path, kind)
    if content.get("kind") != kind.name:
        raise ValueError(
            f"{path}: must be of a {kind.name}. Received: {content.get('kind')!r}"
        )
    for name, entry in content["files"].items():
        _check_size(folder, name, entry, kind)
        if not sizes_only:
            _check_sha256(folder / name, _sha256(folder / name), entry, kind)
    return content


def read_sealed(path: Path, entry: Mapping[str, Any], kind: Kind) -> bytes:
    """Reads a whole file and checks it against its entry in the manifest's `files`.

    Raises:
        ValueError: if the content has another SHA-256.
    """
    content = path.read_bytes()
    _check_sha256(path, hashlib.sha256(content).hexdigest(), entry, kind)
    return content


def _content(path: Path, kind: Kind) -> dict[str, Any]:
    try:
        sealed = json.loads(path.read_text(encoding="utf-8"))
        content: dict[str, Any] = sealed["content"]
        version, seal = content["version"], sealed["sha256"]
        content["files"].items()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path}: must be a whole manifest of a {kind.name}. Received: {error!r}. "
            f"{kind.advice}"
        ) from error
    if not isinstance(version, int) or not 1 <= version <= kind.version:
        raise ValueError(
            f"{path}: must be of version {kind.version} or earlier. Received: version "
            f"{version!r}. Load it with the tfrecs that wrote it, or a later one."
        )
    if seal != _seal(content):
        raise ValueError(
            f"{path}: must be as it was written. Received: another SHA-256 than its "
            f"own. {kind.advice}"
        )
    return content


def _check_size(folder: Path, name: str, entry: Mapping[str, Any], kind: Kind) -> None:
    is_known = any(fnmatchcase(name, pattern) for pattern in kind.files)
    if not is_known or PurePath(name).name != name:
        raise ValueError(
            f"{folder / MANIFEST}: must name files of a {kind.name}. Received: "
            f"{name!r}. {kind.advice}"
        )
    path = folder / name
    size = path.stat().st_size if path.is_file() else None
    if size != entry["bytes"]:
        received = "no such file" if size is None else f"{size} bytes"
        raise ValueError(
            f"{path}: must be a file of {entry['bytes']} bytes, by {MANIFEST}. "
            f"Received: {received}. {kind.advice}"
        )


def _check_sha256(
    path: Path, sha256: str, entry: Mapping[str, Any], kind: Kind
) -> None:
    if sha256 != entry["sha256"]:
        raise ValueError(
            f"{path}: must be as it was written. Received: another SHA-256 than in "
            f"{MANIFEST}. {kind.advice}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
