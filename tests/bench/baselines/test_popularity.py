import numpy as np
import pytest

from tfrecs.bench.baselines import BaselineError, fit_popularity
from tfrecs.data.interactions import Interactions

LOG = {"user_ids": [1, 2, 3, 1, 2], "item_ids": [0, 1, 1, 2, 2]}


def test_scores_are_counts_for_everyone():
    train = Interactions.from_matrix(np.array([[1, 0, 1], [0, 0, 1]]))
    fitted = fit_popularity(train, 0)
    assert fitted.score_users(np.array([1, 0])).tolist() == [[1, 0, 2], [1, 0, 2]]
    assert fitted.parameters == 3


@pytest.mark.parametrize(
    ("latest", "counts"),
    [
        (1.0, [1, 2, 2]),
        (0.6, [0, 1, 2]),  # three of five: times 9, 8 and 7
        (0.4, [0, 0, 2]),
        (0.01, [0, 0, 1]),  # at least one
    ],
)
def test_the_latest_are_by_time_and_not_by_row(latest, counts):
    train = Interactions.from_arrays(*LOG.values(), timestamps=[4, 5, 7, 9, 8])
    fitted = fit_popularity(train, 0, latest=latest)
    assert fitted.score_users(np.array([0])).tolist() == [counts]


def test_those_at_the_same_time_count_together():
    train = Interactions.from_arrays(*LOG.values(), timestamps=[4, 5, 7, 7, 7])
    fitted = fit_popularity(train, 0, latest=0.2)
    assert fitted.score_users(np.array([0])).tolist() == [[0, 1, 2]]


def test_the_latest_need_times_and_a_share():
    train = Interactions.from_arrays(*LOG.values())
    with pytest.raises(BaselineError, match="the data have no times"):
        fit_popularity(train, 0, latest=0.5)
    with pytest.raises(ValueError, match=r"above 0 and at most 1.*latest=0"):
        fit_popularity(train, 0, latest=0)
