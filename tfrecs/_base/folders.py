"""Replacing a folder as a whole, even if the writer is killed or others read it.

A new folder is written beside its place under a hidden name, and the two names are
exchanged in one step, so that at every moment the place holds the old folder or the new
one. Systems without such a step rename twice, and readers find the old one in between.
"""

import ctypes
import glob
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tfrecs._base.files import locked, naming_full_disk

T = TypeVar("T")

ATTEMPTS = 50
"""Most times that a folder is read while others replace it."""


@contextmanager
def folder_when_whole(
    folder: Path, *, overwrite: bool = False, durable: bool = True
) -> Iterator[Path]:
    """Yields a new hidden folder, which takes the place of `folder` without an error.

    After an error, `folder` is as before and nothing is left of the new one. What
    killed writers of the same folder left is removed.

    Args:
        folder: where the new folder belongs; its parents are made.
        overwrite: whether a folder with files in it is replaced.
        durable: whether to wait until everything is on the disk.

    Raises:
        FileExistsError: if the place is taken meanwhile, and `overwrite` is not set.
        OSError: if the disk is full, with what was free.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = _place(folder)
    if place != folder:
        place.rename(folder)
    remove_left(folder.parent, folder.name)
    name = f".{folder.name}.{uuid.uuid4().hex}"
    fresh, new = folder.with_name(f"{name}.new"), folder.with_name(f"{name}.writing")
    fresh.mkdir()
    try:
        with locked(fresh):
            fresh.rename(new)  # no other process sees it without the lock
            with naming_full_disk(folder, new):
                yield new
                if durable:
                    for path in (*new.rglob("*"), new):
                        _sync(path)
                _put(new, folder, overwrite)
            if durable:
                _sync(folder.parent)
    finally:
        for path in (fresh, new):  # the old folder, after an exchange
            shutil.rmtree(path, ignore_errors=True)


def remove_left(parent: Path, name: str | None = None) -> None:
    """Removes the unfinished folders of writers that no longer run.

    Args:
        parent: the folder that they are in.
        name: of the folder that they were to become; None for any.
    """
    if sys.platform == "win32":  # which has no such locks
        return
    start = "*" if name is None else glob.escape(name)
    for path in (*parent.glob(f".{start}.*.writing"), *parent.glob(f".{start}.*.old")):
        with suppress(OSError), locked(path):
            shutil.rmtree(path)


def read_folder(folder: Path, read: Callable[[Path], T]) -> T:
    """Returns `read(folder)`, which is called again if others replaced the folder."""
    for _ in range(ATTEMPTS - 1):
        before = _found(folder)
        try:
            found = read(before[0])
        except Exception:
            if before[1] is not None and before == _found(folder):
                raise
        else:
            if before == _found(folder):
                return found
        time.sleep(0.01)
    return read(folder)


def _put(new: Path, folder: Path, overwrite: bool) -> None:
    try:
        new.rename(folder)  # where there is nothing, or an empty folder
    except OSError as error:
        if not folder.is_dir():
            raise
        if not overwrite:
            raise FileExistsError(
                f"{folder}: was written meanwhile. Choose another name, or set "
                "overwrite=True."
            ) from error
        exchange(new, folder)


def exchange(new: Path, folder: Path) -> None:
    """Exchanges the names of two folders, in one step where the system has it."""
    if _exchanged(new, folder):
        return
    old = new.with_suffix(".old")
    folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    old.rename(new)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchanges two names by Linux's `renameat2`; returns whether that was possible."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, TypeError, OSError):  # another system
        return False
    here, exchanging = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return not rename(here, os.fsencode(one), here, os.fsencode(other), exchanging)


def _place(folder: Path) -> Path:
    """Returns the folder, or the old one between two renames."""
    if not folder.exists():
        for old in folder.parent.glob(f".{glob.escape(folder.name)}.*.old"):
            return old
    return folder


def _sync(path: Path) -> None:
    """Waits until a file or folder is on the disk; Windows cannot for folders."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _found(folder: Path) -> tuple[Path, tuple[int, int, int] | None]:
    """Returns where a folder is, and what differs from the one that replaces it."""
    place = _place(folder)
    try:
        found = place.stat()
    except OSError:
        return place, None
    return place, (found.st_dev, found.st_ino, found.st_mtime_ns)
