"""Vectors for TensorBoard's projector, with what is known of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs._base.types import FloatArray, IntArray
from tfrecs.callbacks.board.sprite import SIZE

MOST_POINTS = 10_000
"""Vectors of a kind that are shown: a browser projects no more at a good pace."""

CONFIG = "projector_config.pbtxt"


@dataclass(frozen=True)
class Points:
    """What the projector shows under one name.

    Args:
        name: "items" or "users".
        vectors: `[n, dim]`.
        columns: `[n]` clean texts by what they are, the label first.
        sprite: a PNG of `n` pictures in rows; None for points.
    """

    name: str
    vectors: FloatArray
    columns: Mapping[str, Sequence[str]]
    sprite: bytes | None = None


def drawn_points(size: int, most: int, rng: np.random.Generator) -> IntArray:
    """Draws at most `most` of so many, ascending."""
    drawn = rng.choice(size, min(most, size), replace=False)
    return np.sort(drawn).astype(np.int32)


def write_points(folder: Path, shown: Sequence[Points]) -> None:
    """Writes files for the projector into a run's folder, the list of them last."""
    for points in shown:
        _write(folder / f"{points.name}.bytes", binary(points.vectors))
        _write(folder / f"{points.name}.tsv", lines_of(points.columns).encode())
        if points.sprite is not None:
            _write(folder / f"{points.name}.png", points.sprite)
    config = "".join(_config(points) for points in shown)
    _write(folder / CONFIG, config.encode())


def binary(vectors: FloatArray) -> bytes:
    """Gives float32 numbers as they lie in memory, which the projector reads fast.

    Any file that starts like UTF-8 it takes for lines of text, which take seconds. So
    the first byte, the last bits of the first number, is made one that no text starts
    with: the number changes by a 30,000th of it at most.
    """
    content = bytearray(np.ascontiguousarray(vectors, "<f4").tobytes())
    content[0] = 0x80
    return bytes(content)


def lines_of(columns: Mapping[str, Sequence[str]]) -> str:
    """Gives a header and a line for each point, between tabs."""
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    return "".join("\t".join(row) + "\n" for row in rows)


def _config(points: Points) -> str:
    """An entry of the list, in the text form of protocol buffers."""
    rows, dim = points.vectors.shape
    sprite = ""
    if points.sprite is not None:
        size = f"single_image_dim: [{SIZE}, {SIZE}]"
        sprite = f'  sprite {{ image_path: "{points.name}.png" {size} }}\n'
    return (
        f'embeddings {{\n  tensor_name: "{points.name}"\n'
        f"  tensor_shape: [{rows}, {dim}]\n"
        f'  tensor_path: "{points.name}.bytes"\n'
        f'  metadata_path: "{points.name}.tsv"\n{sprite}}}\n'
    )


def _write(path: Path, content: bytes) -> None:
    with replaced_when_whole(path) as partial:
        partial.write_bytes(content)
