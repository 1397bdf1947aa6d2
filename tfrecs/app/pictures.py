"""Pictures of items, small enough that a page of a hundred is sent at once."""

import base64
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from tfrecs.reporting.pictures import picture_kind, read_picture

SMALL_BYTES = 40_000
"""Of a picture that is sent as it is."""

SIZE = (240, 360)
"""Pixels of others at most: three times as wide as they are shown."""

MOST_PIXELS = 50_000_000
"""Of a picture that is made smaller: it is unpacked for that."""


@lru_cache(maxsize=2000)
def first_picture(names: tuple[str, ...], folder: Path) -> str | None:
    """Gives the first of the files that is there and is a picture; None for none.

    It is kept: each move of a slider asks for the same ones again.

    Args:
        names: paths within the folder, which none may lead out of.
        folder: of the pictures.

    Returns:
        A `data:` address.
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
    """The picture in `SIZE` as JPEG, or as it is where that cannot be done."""
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
