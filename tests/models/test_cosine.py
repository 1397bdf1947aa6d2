"""The cosine model: its formula from its weights, its sizes, its bound."""

import math

import numpy as np
import pytest

from tfrecs.models import build_cosine


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("cosine", temperature=0.25))
    w = weights(model)
    p, q = w["user_factors/embeddings"], w["item_factors/embeddings"]
    p = p / np.sqrt((p**2).sum(1, keepdims=True))
    q = q / np.sqrt((q**2).sum(1, keepdims=True))
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = (p[u] * q[i]).sum(-1) / 0.25 + w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_a_score_is_at_most_one_over_the_temperature(build, randomize):
    model = build("cosine", num_users=1, num_items=2, embedding_dim=2, temperature=0.2)
    for variable in model.variables:
        if variable.path == "user_factors/embeddings":
            variable.assign([[3.0, 4.0]])
        elif variable.path == "item_factors/embeddings":
            variable.assign([[6.0, 8.0], [-4.0, 3.0]])  # the same way, and across
    scores = model.score_users(np.array([0]))
    np.testing.assert_allclose(scores, [[1 / 0.2, 0]], atol=1e-5)


def test_without_a_bias_scores_are_the_cosines_alone(build, randomize, everything):
    model = build("cosine", use_bias=False)
    other = randomize(build("cosine"))
    assert len(model.trainable_variables) == 2
    for mine, theirs in zip(
        model.trainable_variables, other.trainable_variables, strict=False
    ):
        assert mine.path == theirs.path
        mine.assign(theirs)
    found = model(everything) + other.interaction.global_bias
    np.testing.assert_allclose(found, other(everything), atol=1e-5)


def test_the_default_temperature_falls_with_the_number_of_items():
    model = build_cosine(1, 99, embedding_dim=1)
    # 1.32 / ln(100) = 0.2866; with one dimension, cosines are 1 and -1.
    scores = model.score_users(np.arange(1))
    np.testing.assert_allclose(np.abs(scores), math.log(100) / 1.32, rtol=1e-5)


def test_a_temperature_must_be_above_0():
    with pytest.raises(ValueError, match=r"`temperature` must be above 0.*ture=0"):
        build_cosine(7, 9, temperature=0)
