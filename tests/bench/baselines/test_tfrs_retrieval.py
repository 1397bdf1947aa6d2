import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tfrecs.bench.baselines import fit_tfrs
from tfrecs.evaluation import evaluate

pytestmark = pytest.mark.skipif(
    any(
        importlib.util.find_spec(package) is None
        for package in ("tensorflow_recommenders", "tf_keras")
    ),
    reason="tensorflow-recommenders and tf-keras are not installed",
)


@pytest.mark.slow
def test_each_of_two_groups_gets_the_items_of_its_own_and_a_seed_the_same_numbers(
    two_groups,
):
    train, test = two_groups
    settings = {"embedding_dim": 4, "epochs": 15, "batch_size": 90, "l2": 0.01}
    first, again, other = (fit_tfrs(train, seed, **settings) for seed in (1, 1, 2))
    assert evaluate(first.score_users, train, test, k=3).metrics["precision@3"] == 1
    users = np.arange(40)
    assert np.array_equal(first.score_users(users), again.score_users(users))
    assert not np.array_equal(first.score_users(users), other.score_users(users))
    assert first.fit_seconds > 0
    assert first.parameters == (40 + 24) * 4
    assert first.epochs == 15


LOSSES = """
import json, sys
import numpy as np
from tfrecs.bench.baselines.tfrs_retrieval import two_towers

ids = {"user_id": np.array([0, 1, 2]), "item_id": np.array([1, 0, 1])}
found = []
for drawn in (None, np.array([0.25, 0.75])):
    model = two_towers(3, 2, 2, 0.5, drawn)
    model.users.build(None), model.items.build(None)
    model.users.set_weights([np.array([[1, 2], [3, 4], [5, 6]])])
    model.items.set_weights([np.array([[0.1, 0.2], [0.3, -0.1]])])
    found.append([float(model.compute_loss(ids)), float(sum(model.losses))])
print(json.dumps(found))
"""


def test_the_loss_is_softmax_over_the_other_items_of_the_batch():
    """User 0 took item 1, as did user 2: they are no negatives of each other."""
    done = subprocess.run(
        [sys.executable, "-c", LOSSES],
        env={**os.environ, "TF_USE_LEGACY_KERAS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    # Scores u . v of items 0 and 1: user 0, (0.5, 0.1); 1, (1.1, 0.5); 2, (1.7, 0.9).
    for (loss, penalty), p in zip(
        json.loads(done.stdout), ([1, 1], [0.25, 0.75]), strict=True
    ):
        user_0 = np.exp([0.5, 0.1]) / p
        user_1 = np.exp([1.1, 0.5]) / p  # its item 0, and item 1 twice in the batch
        user_2 = np.exp([1.7, 0.9]) / p
        expected = -(
            np.log(user_0[1] / (user_0[0] + user_0[1]))
            + np.log(user_1[0] / (user_1[0] + 2 * user_1[1]))
            + np.log(user_2[1] / (user_2[0] + user_2[1]))
        )
        assert loss == pytest.approx(expected, rel=1e-5)
        squares = 1 + 4 + 9 + 16 + 25 + 36 + 0.01 + 0.04 + 0.09 + 0.01
        assert penalty == pytest.approx(0.5 * squares, rel=1e-5)
