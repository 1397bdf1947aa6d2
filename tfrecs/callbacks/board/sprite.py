"""Pictures of items side by side in one, for the projector."""

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from tfrecs._base.files import naming_file
from tfrecs.reporting.pictures import read_picture

SIZE = 50
"""Pixels of a picture's side: a hundred of them in a row are few enough to load."""

MOST_PIXELS = 2**24
"""Of a picture as it is stored; a small file can hold very many."""

GREY = (128, 128, 128)


def make_sprite(paths: Sequence[str], folder: Path) -> bytes:
    """Returns a PNG of pictures in a folder, with as many rows as columns.

    A grey square stands for the path "" and for a missing file.

    Raises:
        ValueError: as `read_picture`, and if a picture cannot be decoded.
    """
    width = math.ceil(math.sqrt(len(paths)))
    sprite = Image.new("RGB", (width * SIZE, width * SIZE), GREY)
    for place, path in enumerate(paths):
        content = read_picture(path, folder) if path else None
        if content is not None:
            row, column = divmod(place, width)
            with naming_file(f"{folder}, picture {path!r}"):
                sprite.paste(_resized(content), (column * SIZE, row * SIZE))
    encoded = BytesIO()
    sprite.save(encoded, "PNG")
    return encoded.getvalue()


def _resized(content: bytes) -> Image.Image:
    """Returns the whole picture in `SIZE` by `SIZE` pixels."""
    try:
        with Image.open(BytesIO(content)) as picture:
            pixels = picture.width * picture.height
            if pixels <= MOST_PIXELS:
                return picture.convert("RGB").resize((SIZE, SIZE))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"must be a whole picture. Received: {error}") from error
    raise ValueError(
        f"must have at most {MOST_PIXELS:,} pixels. Received: {pixels:,}. Make the "
        "picture smaller."
    )
