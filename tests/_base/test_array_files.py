"""Reading .npz files: whole arrays come back, and nothing else is accepted."""

import io
import zipfile

import numpy as np
import pytest

from tfrecs import Limits
from tfrecs._base.array_files import read_arrays


def test_arrays_come_back(tmp_path):
    arrays = {
        "a/b": np.arange(6, dtype=np.int32).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "text": np.array("ann"),
        "none": np.zeros((0, 4), np.float32),
        "pairs": np.array([(1, 2.0)], [("id", np.int32), ("w", np.float64)]),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    found = read_arrays(tmp_path / "a.npz")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
    found["a/b"] += 1  # they may be written to


def header(dtype, shape):
    """An array that only has a header."""
    file = io.BytesIO()
    described = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (
            header("<f4", (10**12,)),
            r"an array of \(1000000000000,\) float32 in 0 bytes",
        ),
        (header("|S2000000000", ()), "an array of .* in 0 bytes"),
        (header("<U500000000", (2,)), "an array of .* in 0 bytes"),
        (header("|O", (1,)), "pickled arrays"),
        (header("<f4", (-1, -5)) + bytes(20), "an array of"),
        (b"\x93NUMPY\x03\x00", r"\(3, 0\)"),
        (b"text", "magic string"),
        (header("<f4", (2,)) + bytes(9), "in 9 bytes"),
    ],
)
def test_other_members_are_refused(member, message, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", member)
    with pytest.raises(ValueError, match=message):
        read_arrays(tmp_path / "a.npz")


def test_compressed_arrays_are_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(10**6))
    with pytest.raises(ValueError, match="compressed arrays"):
        read_arrays(tmp_path / "a.npz")
    assert len(read_arrays(tmp_path / "a.npz", Limits())["a"]) == 10**6
    with pytest.raises(ValueError, match="must unpack to at most 1,048,576 bytes"):
        read_arrays(tmp_path / "a.npz", Limits(unpacked=1))
