"""A folder whose manifest holds the size and SHA-256 of each of its files."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Kind:
    """A kind of folder.

    Args:
        name: what it is, for messages and in its manifest.
        version: of the format that is written, and the latest that is read.
        files: the names that its files may have.
        advice: what to do about a folder that is damaged.
    """

    name: str
    version: int
    files: Collection[str]
    advice: str


def write_manifest(folder: Path, kind: Kind, told: Mapping[str, Any]) -> None:
    """Writes the manifest of the files that are in the folder, and what is told."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(folder.iterdir())
    }
    content = {"kind": kind.name, "version": kind.version, **told, "files": files}
    text = json.dumps({"sha256": _seal(content), "content": content}, indent=1)
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(folder: Path, kind: Kind) -> dict[str, Any]:
    """Reads the manifest, and checks it and every file that it names.

    Returns:
        What was told, and `files`.

    Raises:
        FileNotFoundError: if there is no manifest.
        ValueError: if it was cut short or changed or is of a later version, or a file
            is missing, changed, or of a name that such a folder does not have.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file. Name a folder that is a {kind.name}."
        )
    content = _content(path, kind)
    if content.get("kind") != kind.name:
        raise ValueError(
            f"{path}: must be of a {kind.name}. Received: {content.get('kind')!r}"
        )
    for name, noted in content["files"].items():
        _check_file(folder, name, noted, kind)
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


def _check_file(folder: Path, name: str, noted: Mapping[str, Any], kind: Kind) -> None:
    if name not in kind.files:
        raise ValueError(
            f"{folder / MANIFEST}: must name files of a {kind.name}. Received: "
            f"{name!r}. {kind.advice}"
        )
    path = folder / name
    size = path.stat().st_size if path.is_file() else None
    if size != noted["bytes"]:
        has = "no such file" if size is None else f"{size} bytes"
        raise ValueError(
            f"{path}: must be a file of {noted['bytes']} bytes, by {MANIFEST}. "
            f"Received: {has}. {kind.advice}"
        )
    if _sha256(path) != noted["sha256"]:
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
