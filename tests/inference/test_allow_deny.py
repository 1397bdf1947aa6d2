"""The masks of items that may not be recommended."""

import numpy as np
import scipy.sparse as sp

from tfrecs.inference.allow_deny import rows_of


def test_rows_are_in_the_order_of_the_ids_and_empty_for_unknown_users():
    matrix = sp.csr_array(np.array([[1, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]], bool))
    mask = rows_of(matrix, np.array([2, -1, 0, 1, -1]))
    expected = [[0, 0, 1, 0], [0, 0, 0, 0], [1, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(mask(slice(None)).toarray(), expected)
    np.testing.assert_array_equal(mask(slice(2, 4)).toarray(), expected[2:4])
    np.testing.assert_array_equal(mask(slice(1, 2)).toarray(), expected[1:2])
