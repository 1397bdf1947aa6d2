"""Pictures of items side by side in one, for the projector."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.files import naming_file
from tfrecs.reporting.pictures import picture_kind, read_picture

SIZE = 50
"""Pixels of a picture's side: a hundred of them in a row are few enough to load."""

MOST_PIXELS = 2**24
"""Of one picture as it is; a small file can hold very many."""

GREY = 128


def make_sprite(paths: Sequence[str], folder: Path) -> bytes:
    """Gives a PNG of pictures, as many in a row as there are rows.

    Args:
        paths: within the folder; "" for none, which is a grey square, as is a file that
            is not there.
        folder: which the files must be in, also after symbolic links.

    Raises:
        ValueError: as `read_picture`, and if a picture cannot be decoded.
    """
    import tensorflow as tf

    width = int(np.ceil(np.sqrt(len(paths))))
    whole = np.full((width * SIZE, width * SIZE, 3), GREY, np.uint8)
    for number, path in enumerate(paths):
        content = read_picture(path, folder) if path else None
        if content is not None:
            top, left = (SIZE * place for place in divmod(number, width))
            with naming_file(f"{folder}, picture {path!r}"):
                whole[top : top + SIZE, left : left + SIZE] = _small(content)
    encoded: bytes = tf.io.encode_png(whole).numpy()
    return encoded


def _small(content: bytes) -> Any:
    """The whole picture as `[SIZE, SIZE, 3]` uint8, whatever its sides were."""
    import tensorflow as tf

    try:
        pixels = _num_pixels(content)
        if not 0 < pixels <= MOST_PIXELS:
            raise ValueError(
                f"must have at most {MOST_PIXELS:,} pixels. Received: {pixels:,}. Make "
                "the picture smaller."
            )
        picture = tf.io.decode_image(content, channels=3, expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"must be a whole picture. Received: {reason}") from error
    smaller = tf.image.resize(picture, (SIZE, SIZE), antialias=True)
    return np.clip(np.round(smaller.numpy()), 0, 255).astype(np.uint8)


def _num_pixels(content: bytes) -> int:
    """As the file's head tells, before anything is decoded."""
    import tensorflow as tf

    kind = picture_kind(content)
    if kind == "png":
        width, height = (int.from_bytes(content[i : i + 4]) for i in (16, 20))
    elif kind == "gif":
        width, height = (int.from_bytes(content[i : i + 2], "little") for i in (6, 8))
    elif kind == "jpeg":
        height, width, _ = tf.io.extract_jpeg_shape(content).numpy().tolist()
    else:
        raise ValueError(f"must be a PNG, JPEG or GIF picture. Received: {kind}")
    return width * height
