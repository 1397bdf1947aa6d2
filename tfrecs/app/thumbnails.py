"""Pictures of items, made small so that a page of a hundred loads at once."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from tfrecs.reporting.pictures import data_address, read_picture

SMALL_BYTES = 40_000
"""Larger pictures are made smaller."""

SIZE = (240, 360)
"""Most pixels of a thumbnail: three times the shown width."""

MOST_PIXELS = 50_000_000
"""Pictures of more pixels are not unpacked."""


@lru_cache(maxsize=2000)
def first_picture(names: tuple[str, ...], folder: Path) -> str | None:
    """Returns the first existing picture in a folder as a `data:` address, if any.

    Results are cached: each move of a slider needs the same pictures again.
    """
    for name in names:
        try:
            data = read_picture(name, folder)
        except ValueError:  # no picture, or not in the folder
            continue
        if data is not None:
            return data_address(data if len(data) <= SMALL_BYTES else _smaller(data))
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
