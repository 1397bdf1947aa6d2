"""Finds bundles in folders, without loading a model."""

from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path

from tfrecs._base.manifest import MANIFEST, read_manifest
from tfrecs.inference.bundle import BUNDLE


def find_bundles(folders: Iterable[str | Path]) -> dict[str, Path]:
    """Returns the bundles by the names of their models.

    A folder is a bundle, or its sub-folders are. A model is named after its folder; if
    the name is taken, with the folder above, and then with a number.

    Raises:
        FileNotFoundError: if a folder is missing or holds no bundle.
        ValueError: if a bundle is damaged.
    """
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in _bundles_in(Path(folder))):
        read_manifest(path, BUNDLE)
        whole = path.resolve()
        if whole not in (known.resolve() for known in found.values()):
            name, longer = whole.name, "/".join(whole.parts[-2:])
            numbered = (f"{longer} ({number})" for number in count(2))
            names = chain([name, longer], numbered)
            found[next(name for name in names if name not in found)] = path
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
            "a folder of such folders."
        )
    return inside
