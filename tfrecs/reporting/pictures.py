"""The user's pictures: files that become part of a page, and web addresses."""

import base64
from pathlib import Path
from urllib.parse import urlsplit

from tfrecs._base.files import naming_file

MOST_BYTES = 2_000_000
"""Of one picture: no browser opens a page of hundreds of larger ones."""

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}


def embedded(path: str, folder: Path) -> str | None:
    """Returns a picture in a folder as a `data:` address; see `read_picture`."""
    data = read_picture(path, folder)
    return None if data is None else data_address(data)


def data_address(data: bytes) -> str:
    """Returns the bytes of a picture as a `data:` address."""
    return f"data:image/{picture_kind(data)};base64,{base64.b64encode(data).decode()}"


def read_picture(path: str, folder: Path) -> bytes | None:
    """Returns the bytes of a picture in a folder; None if there is no such file.

    The first bytes decide whether it is a picture, not the name of the file. SVG is not
    a valid kind, since it can hold scripts. Symbolic links may not leave the folder.

    Raises:
        ValueError: if the folder is missing, or the file is elsewhere, not a file, not
            readable, too large or not a picture.
    """
    with naming_file(f"{folder}, picture {path!r}"):
        inside = folder.resolve(strict=True)
        found = (inside / path).resolve()
        if not found.is_relative_to(inside):
            raise ValueError(
                f"must lie in the folder. Received: {found}. Set `image_folder` to a "
                "folder that holds all pictures."
            )
        if not found.exists():
            return None
        if not found.is_file():
            raise ValueError("must be a file. Received: a folder or device")
        with found.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(
                f"must have at most {MOST_BYTES:,} bytes to become part of a page. "
                f"Received: {found.stat().st_size:,}. Make the picture smaller."
            )
        picture_kind(data)
        return data


def checked_address(address: str) -> str:
    """Returns the address of a picture on the web.

    Raises:
        ValueError: if it is not an http(s) address with a host.
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or any(ord(letter) <= 32 for letter in address):
        raise ValueError(
            "Addresses of pictures must start with http:// or https:// and have a "
            f"host. Received: {address!r}. Files go into `image_col`."
        )
    return address


def picture_kind(data: bytes) -> str:
    """Returns "png", "jpeg", "gif", "webp" or "avif", or raises ValueError."""
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:12] == b"ftypavif":
        return "avif"
    raise ValueError(
        "must be a PNG, JPEG, GIF, WebP or AVIF picture. Received: a file that starts "
        f"with {data[:12]!r}"
    )
