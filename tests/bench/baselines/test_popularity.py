import numpy as np

from tfrecs.bench.baselines import fit_popularity
from tfrecs.data.interactions import Interactions


def test_scores_are_counts_for_everyone():
    train = Interactions.from_matrix(np.array([[1, 0, 1], [0, 0, 1]]))
    fitted = fit_popularity(train, 0)
    assert fitted.score_users(np.array([1, 0])).tolist() == [[1, 0, 2], [1, 0, 2]]
    assert fitted.parameters == 3
