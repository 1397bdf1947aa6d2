"""The check that the numbers of a model are finite."""

import numpy as np
import pytest

from tfrecs._base.finite import NotFinite, check_finite


@pytest.mark.parametrize(
    "values", [np.zeros((0, 3)), np.full((2, 3), 1e18), np.float16([65504.0])]
)
def test_finite_numbers_pass(values):
    check_finite(values, "numbers")


@pytest.mark.parametrize(
    ("values", "received"),
    [
        ([[1.0, np.nan], [0.0, -np.inf]], "2 NaN or infinite of 4"),
        ([np.inf, np.nan], "2 NaN or infinite of 2"),
        (np.float16([np.inf]), "1 NaN or infinite of 1"),
        ([[1e20, 1.0]], r"up to 1e\+20 of 2"),  # its square is beyond float32
    ],
)
def test_others_raise_an_error_with_likely_causes(values, received):
    with pytest.raises(
        NotFinite,
        match=f"The model's numbers must be finite. Received: {received}. Training may "
        "have diverged: lower the learning rate, .*half precision.",
    ):
        check_finite(np.array(values), "numbers")


def test_large_numbers_whose_squares_are_finite_have_finite_products():
    row = np.full(4, 9e18, np.float32)
    check_finite(row, "numbers")
    assert np.isfinite(row @ row)
