"""Pictures of items, made small so that a page of a hundred loads at once."""

import base64
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from tfrecs.reporting.pictures import picture_kind, read_picture

SMALL_BYTES = 40_000
"""Larger pictures are made smaller."""

SIZE = (240, 360)
"""Most pixels of a thumbnail: three times the shown width."""

MOST_PIXELS = 50_000_000
"""Pictures of more pixels are not unpacked."""


@lru_cache(maxsize=2000)
def first_picture(names: tuple[str, ...], folder: Path) -> str | None:
    """Returns the first existing picture as a `data:` address; None if there is none.

    Results are cached: each move of a slider needs the same pictures again.

    Args:
        names: paths within the folder; other paths are ignored.
        folder: of the pictures.
    """
    for name in names:
        try:
            data = read_picture(name, folder)
        except ValueError:  # no picture, or not in the folder
            continue
        if data is not None:
            small = data if len(data) <= SMALL_BYTES else _smaller(data)
            code = base64.b64encode(small).decode()
            return f"data:image/{picture_kind(small)};base64,{code}"
    return None


def _smaller(data: bytes) -> bytes:
    """Returns the picture in `SIZE` as JPEG, or unchanged if Pillow cannot read it."""
    from PIL import Image

    made = BytesIO()
    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return data
            picture.draft("RGB", SIZE)
            picture.thumbnail(SIZE)
            picture.convert("RGB").save(made, "JPEG", quality=85)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return data
    return made.getvalue()
