"""Which bundles are in the folders that were named, without loading a model."""

from collections.abc import Iterable
from pathlib import Path

from tfrecs._base.manifest import MANIFEST, read_manifest
from tfrecs.inference.bundle import BUNDLE


def find_bundles(folders: Iterable[str | Path]) -> dict[str, Path]:
    """Gives the bundles by the names that their models are shown under.

    A folder is a bundle, or its sub-folders are. A model is called after its folder,
    and where two are called the same, the later one after the folder above it too.

    Raises:
        FileNotFoundError: if a folder is missing, or there is no bundle in it.
        ValueError: if a bundle is damaged.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _bundles_in(Path(folder)):
            read_manifest(path, BUNDLE)
            whole = path.resolve()
            if whole not in (known.resolve() for known in found.values()):
                found[_free_name(whole, found)] = path
    return found


def _bundles_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: no such folder. Name a bundle, or a folder that holds bundles."
        )
    if (folder / MANIFEST).is_file():
        return [folder]
    inside = sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
    inside = [path for path in inside if not path.name.startswith(".")]  # unfinished
    if not inside:
        raise FileNotFoundError(
            f"{folder}: holds no bundle. Name a folder that Recommender.save wrote, or "
            "one whose sub-folders are such."
        )
    return inside


def _free_name(path: Path, taken: Iterable[str]) -> str:
    """The shortest end of the path that is not taken."""
    for count in range(1, len(path.parts)):
        name = "/".join(path.parts[-count:])
        if name not in taken:
            return name
    return str(path)
