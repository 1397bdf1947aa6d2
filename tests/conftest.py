"""Small builders that several test files share, and the choice of tests by backend."""

import os
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings

from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

# The same examples in every run, and no time limit, which a busy machine would miss.
settings.register_profile("tfrecs", derandomize=True, deadline=None)
settings.load_profile("tfrecs")


def pytest_collection_modifyitems(items):
    """Skips tests of TensorFlow alone on another backend; see `make test-jax`."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        return
    for item in items:
        if item.get_closest_marker("tensorflow"):
            item.add_marker(pytest.mark.skip(reason="of TensorFlow alone"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Runs a test in which `tfrecs.fit` compiles graphs of single steps, without XLA.

    They are those of several devices. XLA compiles for longer than a few small batches
    train. Tests that are marked as `xla` or `slow` train in the way of users.
    """
    fit = sys.modules.get("tfrecs.training.fit")
    is_small = not {"xla", "slow"} & {marker.name for marker in item.iter_markers()}
    with pytest.MonkeyPatch.context() as patch:
        if fit and is_small and os.environ.get("KERAS_BACKEND") != "jax":
            patch.setattr(fit, "strategy_of", lambda model: "several devices")
        return (yield)


@pytest.fixture(scope="session")
def from_pairs() -> Callable[..., Interactions]:
    """Makes interactions of (user, item) indices, the catalogue being given."""

    def make(pairs, num_users, num_items, **columns) -> Interactions:
        user_ids, item_ids = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
        return Interactions(
            user_ids=user_ids,
            item_ids=item_ids,
            users=Vocabulary(np.arange(num_users), "users"),
            items=Vocabulary(np.arange(num_items), "items"),
            **columns,
        )

    return make


@pytest.fixture(scope="session")
def randomize():
    """Assigns a random value to every trainable weight of a model."""

    def randomize(model, *, seed=1, scale=0.7):
        rng = np.random.default_rng(seed)
        for variable in model.trainable_variables:
            variable.assign(rng.normal(scale=scale, size=variable.shape))
        return model

    return randomize
