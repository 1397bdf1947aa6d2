"""Rows of variables: copied and written in blocks, whatever the backend."""

import keras
import numpy as np
import pytest

from tfrecs.models.layers import rows as of_rows
from tfrecs.models.layers.rows import copy_rows, mean_row, write_rows


@pytest.fixture(params=["tensorflow", "another"])
def backend(request, monkeypatch):
    """Blocks of two rows, by scattering or by what all backends can do."""
    monkeypatch.setattr(of_rows, "WHOLE", 6)
    monkeypatch.setattr(keras.backend, "backend", lambda: request.param)


def variable(shape, dtype="float32"):
    values = np.arange(1, 1 + np.prod(shape)).reshape(shape)
    return keras.Variable(values.astype(dtype), dtype=dtype)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("small", "large", "dtype"),
    [
        ((5, 3), (7, 3), "float32"),
        ((5, 3), (5, 4), "int32"),  # longer rows end in zeros
        ((5, 3), (5, 3), "float32"),
        ((5,), (6,), "int32"),
        ((), (), "float32"),
    ],
)
def test_the_first_rows_are_copied_and_the_others_stay(small, large, dtype):
    source, target = variable(small, dtype), variable(large, dtype)
    expected = np.array(target)
    if small:
        expected[: small[0]] = 0
    expected[tuple(map(slice, small))] = np.array(source)
    copy_rows(source, target)
    np.testing.assert_array_equal(target, expected)


@pytest.mark.usefixtures("backend")
def test_rows_are_written_from_a_given_row():
    table = variable((4, 2))
    write_rows(table, np.array([[9, 8], [7, 6]]), 1)
    assert np.array(table).tolist() == [[1, 2], [9, 8], [7, 6], [7, 8]]


def test_the_mean_is_of_the_first_rows(backend):
    assert mean_row(variable((5, 3)), 3).tolist() == [4, 5, 6]
