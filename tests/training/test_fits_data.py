"""Models and data that do not fit each other are refused at every entrance."""

import numpy as np
import pytest

import tfrecs
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import evaluate, evaluate_ratings
from tfrecs.evaluation.candidates import SampledCandidates
from tfrecs.evaluation.ranking.top_k import top_k
from tfrecs.evaluation.sampled import evaluate_sampled
from tfrecs.inference.fold_in import FoldIn
from tfrecs.streaming import IncrementalRecommender, Isgd, Popular
from tfrecs.training.grow_with import grow_with
from tfrecs.training.svd_start import start_from_svd

TRAIN = Interactions.from_matrix([[1, 0, 5], [0, 2, 0]])
TEST = Interactions.from_matrix([[0, 3, 0], [0, 0, 4]])
CANDIDATES = SampledCandidates(np.array([0, 1]), np.array([[0], [0]]))
SIZES = r"must have the 2 users and 3 items of `\w+`\. Received: a model of {} and {}"

ENTRANCES = {
    "fit": lambda m: tfrecs.fit(m, TRAIN, seed=0),
    "svd": lambda m: start_from_svd(m, TRAIN, seed=0),
    "grow_with": lambda m: grow_with(m, TRAIN, TRAIN),
    "stream": lambda m: IncrementalRecommender(Isgd()).fit(TRAIN, m),
}
BY_SCORES = {
    "evaluate": lambda m: evaluate(m, TRAIN, TEST, k=1),
    "sampled": lambda m: evaluate_sampled(m, TEST, CANDIDATES, k=1),
    "ratings": lambda m: evaluate_ratings(m, TEST),
    "top_k": lambda m: top_k(m, [0], 1, deny=TRAIN),
    "recommender": lambda m: tfrecs.Recommender(m, TRAIN),
}


@pytest.mark.parametrize("sizes", [(3, 3), (2, 4), (1, 3)])
@pytest.mark.parametrize("name", ENTRANCES)
def test_models_of_other_sizes_are_refused(name, sizes):
    with pytest.raises(ValueError, match=SIZES.format(*sizes)):
        ENTRANCES[name](tfrecs.build_mf(*sizes, embedding_dim=2))


@pytest.mark.parametrize("sizes", [(3, 3), (2, 4), (1, 3), (3, 2)])
@pytest.mark.parametrize("name", BY_SCORES)
def test_scores_and_models_of_other_sizes_are_refused(name, sizes):
    model = tfrecs.build_mf(*sizes, embedding_dim=2)
    for scores in (np.zeros(sizes), model, model.over_catalogue()):
        with pytest.raises(ValueError, match=SIZES.format(*sizes)):
            BY_SCORES[name](scores)
    BY_SCORES[name](np.zeros((2, 3)))


# Ranges of scores


@pytest.mark.parametrize("objective", ["bce", "bpr", "softmax", "auto", "warp"])
def test_a_range_of_scores_needs_an_objective_of_values(objective):
    model = tfrecs.build_mf(2, 3, embedding_dim=2, y_range=(1, 5))
    before = model.get_weights()
    message = r"one of mse, mae, squared-error for scores within y_range=\(1, 5\)"
    with pytest.raises(ValueError, match=message):
        tfrecs.fit(model, TRAIN, seed=0, objective=objective)
    for left, right in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("y_range", [(2, 5), (1, 4.5), (0, 1)])
def test_ratings_outside_the_range_of_scores_are_refused(y_range):
    model = tfrecs.build_mf(2, 3, embedding_dim=2, y_range=y_range)
    with pytest.raises(ValueError, match=r"outside, ratings from 1 to 5\. Build the"):
        tfrecs.fit(model, TRAIN, seed=0, objective="mse")


def test_ratings_up_to_the_ends_of_the_range_train():
    model = tfrecs.build_mf(2, 3, embedding_dim=2, y_range=(1, 5))
    tfrecs.fit(model, TRAIN, seed=0, objective="mae", epochs=1)
    unit = tfrecs.build_mf(2, 3, embedding_dim=2, y_range=(0, 1))
    tfrecs.fit(unit, TRAIN, seed=0, objective="squared-error", epochs=1)


# Ids


@pytest.mark.parametrize("missing", [float("nan"), None, np.datetime64("NaT", "ns")])
def test_missing_ids_of_events_are_refused_and_change_nothing(missing):
    stream = IncrementalRecommender(Popular())
    stream.partial_fit("ann", "a")
    for pair, side in (((missing, "b"), "user"), (("bob", missing), "item")):
        for _ in range(2):
            with pytest.raises(ValueError, match=f"`{side}` must have no missing ids"):
                stream.partial_fit(*pair)
    assert (stream.users, stream.items) == (["ann"], ["a"])
    assert stream.log.num_events == 1


@pytest.mark.parametrize(
    ("history", "error"), [([3], ValueError), ([-1], ValueError), ([0.5], TypeError)]
)
def test_histories_of_unknown_items_are_refused(history, error):
    fold_in = FoldIn(tfrecs.build_mf(2, 3, embedding_dim=2), np.array([0, 1]))
    with pytest.raises(error, match="`histories` must be"):
        fold_in.user_output([history])
