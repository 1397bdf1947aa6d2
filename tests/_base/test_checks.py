"""Numbers are checked against their range, by name.

What takes a number needs a test of one wrong value: the edges are here.
"""

import math
import re

import numpy as np
import pytest

from tfrecs._base import checks


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (checks.check_positive, [1, np.int64(7)], [0, -3, 2.5, True]),
        (checks.check_at_least_zero, [0, np.int32(7)], [-1, 0.5, False]),
        (checks.check_above_zero, [1e-9, 7], [0, -0.1, math.nan, math.inf]),
        (checks.check_not_negative, [0, 0.5, 7], [-0.1, math.nan, math.inf]),
        (checks.check_fraction, [0, 0.99], [-0.1, 1.0, 1.5, math.nan]),
        (checks.check_share, [0.01, 1], [0, 1.1, math.nan]),
        (checks.check_proportion, [0, 0.5, 1], [-0.1, 1.1, math.nan]),
        (checks.check_inside, [0.01, 0.99], [0, 1, math.nan]),
    ],
)
def test_a_number_out_of_its_range_is_named(check, right, wrong):
    for number in right:
        check(n=number)
    for number in wrong:
        received = re.escape(f"Received: n={number!r}")
        with pytest.raises(ValueError, match=rf"^`n` must be .*\. {received}$"):
            check(first=right[0], n=number)
