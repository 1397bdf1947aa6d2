import numpy as np
import pytest

from tfrecs.bench.baselines import fit_item_knn, item_knn
from tfrecs.data.interactions import Interactions

USERS = np.array(
    [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 0, 1, 0],
        [1, 0, 0, 1],
    ]
)
"""Items with 4, 2, 2 and 1 users."""


def scores(matrix, **settings):
    fitted = fit_item_knn(Interactions.from_matrix(matrix), 0, **settings)
    return fitted.score_users(np.arange(len(matrix))), fitted.parameters


@pytest.mark.parametrize("shrink", [0.0, 2.0])
def test_scores_are_sums_of_shrunk_cosines(shrink):
    ab = 2 / (8**0.5 + shrink)  # as many as a and c share
    ad = 1 / (2 + shrink)
    bc = 1 / (2 + shrink)
    expected = [
        [ab, ab, ab + bc, ad],
        [2 * ab, ab + bc, ab + bc, ad],
        [ab, ab + bc, ab, ad],
        [ad, ab, ab, ad],
    ]
    found, number = scores(USERS, k=3, shrink=shrink)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert number == 8  # b and d share no user, nor do c and d


def test_an_item_counts_its_own_nearest_alone():
    # a is nearest to b, c and d; of b and c, which are as near to a, it has one.
    ab, ad = 2 / 8**0.5, 1 / 2
    found, number = scores(USERS, k=1, shrink=0)
    np.testing.assert_allclose(found[:, 1:], [[ab, ab, ad]] * 4, rtol=1e-6)
    assert sorted(found[[0, 2], 0]) == pytest.approx([0, ab])
    assert number == 4


def slow_scores(x, k, shrink):
    num_items = x.shape[1]
    expected = np.zeros(x.shape)
    for item in range(num_items):
        near = []
        for other in set(range(num_items)) - {item}:
            both = (x[:, item] * x[:, other]).sum()
            lengths = (x[:, item].sum() * x[:, other].sum()) ** 0.5
            near.append((both / (lengths + shrink) if both else 0, other))
        for similarity, other in sorted(near)[-k:]:
            expected[:, item] += similarity * x[:, other]
    return expected


@pytest.mark.parametrize("at_once", [1, 40, 10**7])
def test_scores_are_those_of_the_dense_matrix_in_blocks_of_any_size(
    at_once, monkeypatch
):
    monkeypatch.setattr(item_knn, "AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    # Items of 12, 13, ... users, so that no two neighbours are as near.
    x = np.zeros((97, 9), int)
    for item in range(8):
        x[rng.choice(97, 12 + item, replace=False), item] = 1
    found, _ = scores(x, k=3, shrink=0.37)
    np.testing.assert_allclose(found, slow_scores(x, 3, 0.37), rtol=1e-5)
    assert not found[:, 8].any()


def test_older_items_weigh_less_by_time_and_not_by_row():
    users, items = np.nonzero(USERS)
    times = np.arange(len(users))
    times[:2] = times[1::-1]  # the first user had b, and then a
    train = Interactions.from_arrays(users, items, timestamps=times)
    settings = {"k": 3, "shrink": 0.0}
    found = fit_item_knn(train, 0, decay=0.5, **settings).score_users(np.arange(4))
    ab, ad, bc = 2 / 8**0.5, 1 / 2, 1 / 2
    np.testing.assert_allclose(found[0], [0.5 * ab, ab, ab + 0.5 * bc, ad], rtol=1e-6)
    first = 0.25 * 0 + 0.5 * ab + 1 * ab  # of a, for the user of a, b and c
    np.testing.assert_allclose(found[1, 0], first, rtol=1e-6)
    plain, _ = scores(USERS, **settings)
    same = fit_item_knn(train, 0, decay=1.0, **settings).score_users(np.arange(4))
    np.testing.assert_array_equal(same, plain)


def test_scores_are_of_the_users_that_were_asked_for():
    fitted = fit_item_knn(Interactions.from_matrix(USERS), 0)
    everyone = fitted.score_users(np.arange(4))
    assert np.array_equal(fitted.score_users(np.array([3, 1])), everyone[[3, 1]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "`k` must be a whole number of at least 1. Received: k=0"),
        ({"shrink": -1.0}, "`shrink` must be at least 0, .*Received: shrink=-1.0"),
        ({"decay": 0}, "`decay` must be above 0 and at most 1. Received: decay=0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        scores(USERS, **settings)
