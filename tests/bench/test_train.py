"""Training of the bench: compiled once, whatever the seeds and the looks."""

import dataclasses

import numpy as np
import pytest

from tfrecs.bench import train as train_module
from tfrecs.bench.options import parse
from tfrecs.bench.problem import load_problem
from tfrecs.bench.recipes import Recipe

COLUMNS = ["--user-col", "person", "--item-col", "film", "--rating-col", "stars"]
MF = Recipe("mf", {"embedding_dim": 4, "dropout": 0.5}, passes=2, most_passes=6)


@pytest.fixture(scope="module")
def problem(good_csv):
    return load_problem(parse(["--train", str(good_csv), *COLUMNS, "--k", "3"]))


@pytest.fixture
def trained(problem, tmp_path):
    """Trains with a recipe and seeds; gives scores by seed and traces of the step."""

    def trained(recipe, *seeds, epochs=2):
        training, traces, found = train_module.Training(recipe, problem), [], []
        step = training._trained.train_step

        def counted(data):
            traces.append(data)
            return step(data)

        training._trained.train_step = counted
        for seed in seeds:
            model, _ = training.train(
                "mf", seed=seed, epochs=epochs, logdir=tmp_path, tell=lambda what: None
            )
            found.append(model.score_users(np.arange(problem.train.num_users)))
        return found, len(traces)

    return trained


@pytest.mark.parametrize(
    "negatives", [{"negatives": "all"}, {"negatives": "own", "num_negatives": 2}]
)
def test_choosing_and_training_with_several_seeds_traces_once(trained, negatives):
    recipe = dataclasses.replace(MF, batch_size=16, **negatives)
    _, traces = trained(recipe, 0, 1, epochs=None)
    assert traces == 1


def test_a_seed_gives_the_same_whatever_was_trained_before(trained):
    [first, other, again], _ = trained(MF, 0, 1, 0)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    [alone], _ = trained(MF, 1)
    assert np.array_equal(alone, other)
