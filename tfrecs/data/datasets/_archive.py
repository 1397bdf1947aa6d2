"""Zip archives from elsewhere: their checksum, and the few files wanted of them."""

import hashlib
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

MAX_BYTES = 64 * 2**20


class ArchiveError(ValueError):
    """An archive that cannot be had, or not be trusted; says why in one line."""


def check_sha256(archive: Path, expected: str) -> None:
    """Raises ArchiveError unless the file's content is the one that was pinned."""
    with archive.open("rb") as file:
        received = hashlib.file_digest(file, "sha256").hexdigest()
    if received != expected:
        raise ArchiveError(f"its sha256 must be {expected}. Received: {received}")


def extract(
    archive: Path,
    members: Sequence[str],
    into: Path,
    *,
    max_bytes: int = MAX_BYTES,
) -> list[Path]:
    """Writes the named members into one folder, without the archive's own folders.

    An archive with any member that would leave its folder is refused whole, wanted or
    not: nobody makes such an archive by honest means.

    Args:
        archive: a zip file.
        members: paths inside the archive, whose last parts differ.
        into: a folder that exists.
        max_bytes: the most that the members may come to, which stops a zip bomb.

    Returns:
        The files written, in the order of `members`.

    Raises:
        ArchiveError: if the archive is damaged, escapes, is too big or lacks a member.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            _check_contents(opened, members, max_bytes)
            return [_write(opened, member, into) for member in members]
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # a compression that Python does not know
        RuntimeError,  # a member under a password
    ) as error:
        raise ArchiveError(f"it is not a whole zip archive: {error}") from error


def _check_contents(
    opened: zipfile.ZipFile, members: Sequence[str], max_bytes: int
) -> None:
    for info in opened.infolist():
        if _escapes(info):
            raise ArchiveError(
                f"its member {info.filename!r} leads out of the folder it belongs in"
            )
    missing = sorted(set(members) - set(opened.namelist()))
    if missing:
        raise ArchiveError(f"it lacks {', '.join(missing)}")
    # zipfile reads no more of a member than the size declared here.
    total = sum(opened.getinfo(member).file_size for member in members)
    if total > max_bytes:
        raise ArchiveError(
            f"its files must come to at most {max_bytes:,} bytes. Received: {total:,}"
        )


def _escapes(info: zipfile.ZipInfo) -> bool:
    # A Windows path splits at both kinds of slash and knows drives, on any system.
    path = PureWindowsPath(info.filename)
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return is_link or bool(path.anchor) or ".." in path.parts


def _write(opened: zipfile.ZipFile, member: str, into: Path) -> Path:
    target = into / member.rsplit("/", 1)[-1]
    with opened.open(member) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
    return target
