"""Errors of ratings: by hand, by scikit-learn, and for all that scores."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import evaluate_ratings, scorer_of_pairs

RATINGS = np.array([[5, 0, 1, 4], [0, 0, 0, 0], [0, 3, 0, 0], [2, 2, 0, 5]])
TEST = Interactions.from_matrix(RATINGS)
SCORES = np.array([[4, 9, 3, 4], [9, 9, 9, 9], [9, 5, 9, 9], [2, 1, 9, 9]], float)


def test_errors_by_hand():
    found = evaluate_ratings(SCORES, TEST)
    # user 0: -1, 2 and 0; user 2: 2; user 3: 0, -1 and 4
    assert found.metrics == {
        "user_rmse": pytest.approx(
            (np.sqrt((1 + 4 + 0) / 3) + 2 + np.sqrt((0 + 1 + 16) / 3)) / 3
        ),
        "user_mae": pytest.approx((3 / 3 + 2 + 5 / 3) / 3),
        "rmse": pytest.approx(np.sqrt((1 + 4 + 0 + 4 + 0 + 1 + 16) / 7)),
        "mae": pytest.approx((1 + 2 + 0 + 2 + 0 + 1 + 4) / 7),
    }
    assert found.user_ids.tolist() == [0, 2, 3]
    assert found.num_relevant.tolist() == [3, 1, 3]
    assert found.num_left_out == 1
    np.testing.assert_allclose(found.per_user["user_mae"], [1, 2, 5 / 3])
    assert "ratings: scores against held-out ratings" in repr(found)


def test_errors_are_of_the_precision_given():
    test = Interactions.from_matrix(np.array([[1.0]]))
    assert evaluate_ratings(np.array([[1 + 1e-9]]), test).metrics["mae"] == (
        pytest.approx(1e-9, rel=1e-6)
    )


class Model:
    def score_users(self, user_ids):
        return SCORES[user_ids]


@pytest.mark.parametrize(
    "model",
    [
        Model(),
        lambda user_ids: SCORES[user_ids],
        scorer_of_pairs(lambda users, items: SCORES[users, items], 4),
        SCORES[TEST.user_ids, TEST.item_ids],
    ],
    ids=["model", "function", "pairs", "predicted"],
)
def test_all_that_scores_is_measured_alike(model):
    found, expected = evaluate_ratings(model, TEST), evaluate_ratings(SCORES, TEST)
    assert found.metrics == expected.metrics


@pytest.mark.parametrize("scores_at_once", [1, 25, 2**22])
def test_errors_are_those_of_scikit_learn_in_any_order_and_blocks(scores_at_once):
    rng = np.random.default_rng(0)
    ratings = rng.integers(0, 6, (20, 9))
    scores = rng.normal(3, 2, (20, 9))
    sorted_test = Interactions.from_matrix(ratings)
    test = sorted_test.take(rng.permutation(len(sorted_test)))
    found = evaluate_ratings(scores, test, scores_at_once=scores_at_once)
    predicted = scores[test.user_ids, test.item_ids]
    assert found.metrics["rmse"] == pytest.approx(
        root_mean_squared_error(test.ratings, predicted), rel=1e-6
    )
    assert found.metrics["mae"] == pytest.approx(
        mean_absolute_error(test.ratings, predicted), rel=1e-6
    )
    for place, user in enumerate(found.user_ids):
        own = test.user_ids == user
        assert found.per_user["user_rmse"][place] == pytest.approx(
            root_mean_squared_error(test.ratings[own], predicted[own]), rel=1e-6
        )


def test_two_models_are_compared_user_by_user():
    better = evaluate_ratings(RATINGS.astype(float), TEST)
    test = better.compare(evaluate_ratings(SCORES, TEST), "user_mae")
    assert test.difference == pytest.approx(-(1 + 2 + 5 / 3) / 3)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match=r"`test` must have ratings.*none"):
        liked = Interactions.from_arrays([0], [0])
        evaluate_ratings(SCORES, liked)
    with pytest.raises(ValueError, match=r"Received: 1 NaN of 7"):
        evaluate_ratings(np.where(np.arange(7) == 3, np.nan, 1.0), TEST)
    with pytest.raises(ValueError, match=r"\[1, 7\]. Received: \[1, 8\]"):
        evaluate_ratings(np.ones(8), TEST)
    with pytest.raises(TypeError, match="Received: list"):
        evaluate_ratings([1.0], TEST)
    with pytest.raises(ValueError, match="Received: scores_at_once=0"):
        evaluate_ratings(SCORES, TEST, scores_at_once=0)
