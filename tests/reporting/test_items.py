"""Names of items."""

import numpy as np

from tfrecs.reporting.items import distinct_names


def test_items_whose_ids_look_the_same_have_their_index():
    ids = np.array(["a b", "a\tb", "c"])
    assert distinct_names(["A", "A", "C"], ids) == ["A [a b] [0]", "A [a b] [1]", "C"]
