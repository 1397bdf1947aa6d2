"""Similar vectors: by hand, beside sorting in plain Python, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfrecs.evaluation.ranking import scorers as _scorers
from tfrecs.evaluation.ranking import top_k as retrieval
from tfrecs.inference.similarity import MEASURES, most_similar, vectors_of

VECTORS = np.array([[3.0, 4.0], [6.0, 8.0], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("measure", "expected"),
    [  # to [3, 4], whose length is 5
        ("cosine", {1: 50 / (5 * 10), 2: 4 / 5, 4: 0.0, 3: -3 / 5}),
        ("dot", {1: 18 + 32, 2: 4, 4: 0, 3: -3}),
        ("euclidean", {1: -(9 + 16), 2: -(9 + 9), 4: -25, 3: -(16 + 16)}),
    ],
)
def test_measures_are_what_their_formulas_give(measure, expected):
    places, scores = most_similar(VECTORS, np.array([0]), 4, measure=measure)
    best_first = sorted(expected, key=lambda place: (-expected[place], place))
    assert places.tolist() == [best_first]
    np.testing.assert_allclose(scores[0], [expected[p] for p in best_first], rtol=1e-6)


def slow(vectors, place, measure):
    """The others, most similar first, and their similarities, in plain Python."""
    a = vectors[place]

    def similarity(b):
        product = sum(x * y for x, y in zip(a, b, strict=True))
        if measure == "dot":
            return product
        if measure == "euclidean":
            return -sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
        lengths = math.hypot(*a) * math.hypot(*b)
        return product / lengths if lengths else 0.0

    others = [i for i in range(len(vectors)) if i != place]
    return sorted(((similarity(vectors[i]), i) for i in others), reverse=True)


@given(
    vectors=arrays(np.int8, (5, 3), elements=st.integers(-4, 4)),
    measure=st.sampled_from([*MEASURES]),
    k=st.integers(1, 4),
)
def test_the_most_similar_are_what_sorting_gives(vectors, measure, k):
    places, scores = most_similar(vectors, np.arange(5), k, measure=measure)
    for place in range(5):
        expected = slow(vectors.astype(int).tolist(), place, measure)[:k]
        np.testing.assert_allclose(scores[place], [s for s, _ in expected], atol=1e-5)
        assert place not in places[place]
        assert len({*places[place].tolist()}) == k


def test_answers_do_not_depend_on_the_size_of_blocks(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    asked = np.array([7, 0, 39, 7])
    expected = most_similar(vectors, asked, 6)
    monkeypatch.setattr(
        retrieval, "row_parts", lambda n, m, _: _scorers.row_parts(n, m, 1)
    )
    places, scores = most_similar(vectors, asked, 6)
    assert places.tolist() == expected[0].tolist()
    np.testing.assert_allclose(scores, expected[1], rtol=1e-6)


def test_nothing_asked_gives_no_rows():
    places, scores = most_similar(VECTORS, np.array([], dtype=int), 2)
    assert (places.shape, scores.shape) == ((0, 2), (0, 2))


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"`k` must be at most 4, .* Received: k=5"):
        most_similar(VECTORS, np.array([0]), 5)
    with pytest.raises(ValueError, match=r"of at least 1. Received: k=0"):
        most_similar(VECTORS, np.array([0]), 0)
    with pytest.raises(
        ValueError, match=r"one of cosine, dot, euclidean. Received: 'l2'"
    ):
        most_similar(VECTORS, np.array([0]), 1, measure="l2")


def test_factors_are_compared_and_the_hidden_part_where_there_are_none():
    factors, hidden = np.ones((2, 3)), np.zeros((2, 4))
    assert vectors_of({"factors": factors, "hidden": hidden}) is factors
    assert vectors_of({"hidden": hidden, "bias": np.ones(2)}) is hidden
