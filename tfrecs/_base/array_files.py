"""Reading .npz files that other people may have made."""

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from tfrecs._base.limits import Limits
from tfrecs._base.types import AnyArray

HEADERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_arrays(path: Path, limits: Limits | None = None) -> dict[str, AnyArray]:
    """Reads the arrays of a file that `np.savez` wrote.

    They take no more memory than the file: nothing is compressed, and each array must
    be as large as its header says.

    Args:
        path: the file.
        limits: of compressed arrays; None to refuse them.

    Raises:
        ValueError: if the file is damaged, or holds pickled arrays, or others than
            these.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members, packed = archive.infolist(), path.stat().st_size
            size = sum(member.file_size for member in members)
            if limits is not None:
                limits.check_unpacked(size, packed)
            elif any(m.compress_type != zipfile.ZIP_STORED for m in members):
                raise ValueError("compressed arrays")
            elif size > packed:
                raise ValueError("members that are larger than the file")
            return {
                member.filename.removesuffix(".npy"): _array(archive.read(member))
                for member in members
            }
    except (OSError, ValueError, LookupError, EOFError, MemoryError, OverflowError,
            RuntimeError, zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        raise ValueError(" ".join(str(error).split())) from error


def _array(content: bytes) -> AnyArray:
    """Returns the array of a .npy file; raises ValueError or LookupError."""
    file = io.BytesIO(content)
    read_header = HEADERS[np.lib.format.read_magic(file)]
    shape, is_fortran, dtype = read_header(file)
    start = file.tell()
    if dtype.hasobject:
        raise ValueError("pickled arrays")
    if min(shape, default=0) < 0 or (
        math.prod(shape) * dtype.itemsize != len(content) - start
    ):
        raise ValueError(f"an array of {shape} {dtype} in {len(content) - start} bytes")
    order: Any = "F" if is_fortran else "C"
    return np.ndarray(shape, dtype, bytearray(content), start, order=order)
