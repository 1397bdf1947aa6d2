import numpy as np

from tfrecs.bench.baselines import fit_markov
from tfrecs.data.interactions import Interactions

# User, item and time; the rows are not in order of time.
LOG = np.array(
    [
        *[(0, 0, 1), (0, 2, 3), (0, 1, 2)],  # items 0, 1, 2
        *[(1, 1, 5), (1, 0, 4), (1, 3, 9)],  # items 0, 1, 3
        *[(2, 2, 1), (2, 0, 2)],  # items 2, 0
        *[(3, 1, 7)],
    ]
)


def log(rows=LOG):
    users, items, times = rows.T
    return Interactions.from_arrays(users, items, timestamps=times)


def test_scores_count_what_followed_the_last_item_and_then_users():
    train = log()
    items = train.items.known([0, 1, 2, 3])
    fitted = fit_markov(train, 0)
    scores = fitted.score_users(np.arange(4))[:, items]
    popularity = np.array([3, 3, 2, 1]) / (1 + 3)
    # Item 1 followed item 0 twice, 2 and 3 followed 1, and 0 followed 2.
    after = np.array([[0, 2, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]])
    last = [2, 3, 0, 1]
    np.testing.assert_allclose(scores, after[last] + popularity, rtol=1e-6)
    assert fitted.parameters == 4
    np.testing.assert_array_equal(
        fitted.score_users(np.array([2, 0])), fitted.score_users(np.arange(4))[[2, 0]]
    )


def test_a_user_without_items_gets_popular_ones():
    whole = log()
    train = whole.take(whole.user_ids != whole.users.known([3])[0])
    user = whole.users.known([3])
    [scores] = fit_markov(train, 0).score_users(user)
    expected = np.array([3, 2, 2, 1]) / (1 + 3)
    np.testing.assert_allclose(scores[whole.items.known([0, 1, 2, 3])], expected)
