"""Candidates of a sampled evaluation: the same for all models, and never an own item.

The seeds are fixed. With another one, a right sampler would fail a test of frequencies
with a probability of 1e-3.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import OWN
from tfrecs.data.splits import leave_k_out
from tfrecs.evaluation.candidates import SampledCandidates, sample_candidates

every_sampling = pytest.mark.parametrize("sampling", OWN)


def random_parts(seed: int, num_users: int = 30, num_items: int = 40):
    rng = np.random.default_rng(seed)
    matrix = rng.random((num_users, num_items)) < rng.random((num_users, 1)) / 2
    matrix[:, :3] = [1, 0, 1]
    return matrix, leave_k_out(Interactions.from_matrix(matrix), seed=seed, k=2)


@every_sampling
@given(st.integers(0, 1000), st.integers(1, 8))
def test_every_test_user_has_distinct_items_that_are_not_their_own(
    sampling, seed, num_negatives
):
    matrix, (train, test) = random_parts(seed)
    options = {"num_negatives": num_negatives, "sampling": sampling}
    found = sample_candidates(train, test, seed=seed, **options)
    assert found.user_ids.tolist() == sorted(set(test.user_ids.tolist()))
    assert found.item_ids.shape == (len(found.user_ids), num_negatives)
    assert not matrix[found.user_ids[:, None], found.item_ids].any()
    assert all(len(set(row)) == num_negatives for row in found.item_ids.tolist())
    assert found.user_ids.dtype == found.item_ids.dtype == np.int32


@every_sampling
def test_the_seed_alone_decides(sampling):
    _, (train, test) = random_parts(0)
    first, again, other = (
        sample_candidates(train, test, num_negatives=5, seed=seed, sampling=sampling)
        for seed in (3, 3, 4)
    )
    assert first.item_ids.tolist() == again.item_ids.tolist()
    assert first.item_ids.tolist() != other.item_ids.tolist()
    assert first.item_ids[0].tolist() != first.item_ids[1].tolist()


def counted(**options) -> np.ndarray:
    """How often each item is the one candidate, of 2,500 users who have 0 and 5."""
    counts = [0, 0, 16, 9, 4, 0, 1]  # interactions of other users, in train
    others = [(2500 + n, item) for item, most in enumerate(counts) for n in range(most)]
    train = [(user, 0) for user in range(2500)] + others
    pairs = np.array(train + [(user, 5) for user in range(2500)])
    seven = Interactions.from_matrix(np.ones((1, 7))).items
    data = Interactions.from_arrays(*pairs.T, item_vocabulary=seven)
    is_test = np.arange(len(pairs)) >= len(train)
    parts = data.take(~is_test), data.take(is_test)
    found = sample_candidates(*parts, num_negatives=1, seed=1, **options)
    assert len(found.user_ids) == 2500
    return np.bincount(found.item_ids[:, 0], minlength=7)


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ({}, [0, 1, 1, 1, 1, 0, 1]),
        # Nobody has item 1 or 5 in train.
        ({"sampling": "popularity"}, [0, 0, 16, 9, 4, 0, 1]),
        ({"sampling": "popularity", "exponent": 0.5}, [0, 0, 4, 3, 2, 0, 1]),
        ({"sampling": "popularity", "exponent": 0}, [0, 0, 1, 1, 1, 0, 1]),
        ({"sampling": "popularity", "exponent": -1}, [0, 0, 9, 16, 36, 0, 144]),
    ],
)
def test_candidates_are_drawn_by_weight_from_what_the_user_lacks(options, weights):
    found, weights = counted(**options), np.array(weights)
    assert found[weights == 0].sum() == 0
    expected = weights[weights > 0] / weights.sum() * 2500
    assert stats.chisquare(found[weights > 0], expected).pvalue > 1e-3


# Bad input


@pytest.fixture
def films():
    data = Interactions.from_arrays(["ann"] * 3, ["x", "y", "z"])
    return data.take([0]), data.take([1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_negatives": 0}, "`num_negatives` must be a whole.*num_negatives=0"),
        (
            {"num_negatives": 2},
            "at most 1, the items to draw for user 'ann'.*num_negatives=2",
        ),
        (
            {"num_negatives": 1, "sampling": "popularity"},
            "at most 0, the items to draw",
        ),
        ({"sampling": "zipf"}, "`sampling` must be one of uniform, popul.*'zipf'"),
        (
            {"exponent": 0.5},
            "`exponent` must be left out.*Received: exponent=0.5 with 'uniform'",
        ),
        (
            {"sampling": "popularity", "exponent": float("nan")},
            "`exponent` must be finite.*exponent=nan",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(films, options, message):
    with pytest.raises(ValueError, match=message):
        sample_candidates(*films, seed=0, **options)
    other = Interactions.from_arrays(["bob"], ["x"])
    with pytest.raises(ValueError, match="Both must share one vocabulary"):
        sample_candidates(films[0], other, num_negatives=1, seed=0)


@pytest.mark.parametrize(
    ("user_ids", "item_ids", "kind", "message"),
    [
        ([0.5], [[1]], TypeError, "`user_ids` must be ints of 1 dim.*float64"),
        ([0], [1], TypeError, r"`item_ids` must be ints of 2 dim.*shape \(1,\)"),
        ([], np.zeros((0, 2), int), ValueError, r"`user_ids`.*least one id.*\(0,\)"),
        ([0], np.zeros((1, 0), int), ValueError, r"at least one id.*shape \(1, 0\)"),
        ([-1], [[1]], ValueError, "`user_ids` must be from 0.*Received: -1 to -1"),
        ([0], [[2**31]], ValueError, "`item_ids` must be from 0.*to 2147483648"),
        ([0, 1], [[1]], ValueError, "one row for each.*1 rows and 2 users"),
        ([1, 1], [[1], [2]], ValueError, "`user_ids` must hold each user once"),
    ],
)
def test_arrays_that_are_no_candidates_are_refused(user_ids, item_ids, kind, message):
    with pytest.raises(kind, match=message):
        SampledCandidates(np.array(user_ids), np.array(item_ids))


def test_candidates_cannot_be_changed_and_tell_their_sizes():
    given = np.array([[5, 5], [1, 2]])  # a paper's may repeat an item
    found = SampledCandidates(np.array([3, 0]), given)
    assert repr(found) == "<SampledCandidates: 2 items for each of 2 users>"
    given[0, 0] = 9
    assert found.item_ids[0, 0] == 5
    with pytest.raises(ValueError, match="read-only"):
        found.item_ids[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.user_ids = given[0]


# Files


@pytest.fixture
def stored(films, tmp_path):
    found = sample_candidates(*films, num_negatives=1, seed=0)
    path = tmp_path / "new" / "candidates.npz"
    found.save(path, films[0])
    return found, path


def test_what_was_saved_is_loaded(films, stored):
    found, path = stored
    again = SampledCandidates.load(path, films[1])
    assert again.user_ids.tolist() == found.user_ids.tolist()
    assert again.item_ids.tolist() == found.item_ids.tolist()
    assert [file.name for file in path.parent.iterdir()] == ["candidates.npz"]
    with np.load(path, allow_pickle=False) as arrays:  # anyone can read it
        assert arrays["item_ids"].tolist() == found.item_ids.tolist()


@pytest.mark.parametrize(
    ("users", "items"),
    [
        (["ann"], ["x", "y", "w"]),
        (["bob"], ["x", "y", "z"]),
        (["ann"], ["x", "y", "z", "zz"]),
        (["ann"], ["z", "y", "x"]),
        ([1], ["x", "y", "z"]),
    ],
)
def test_candidates_of_other_users_or_items_are_refused(stored, users, items):
    other = Interactions.from_matrix(np.ones((1, len(items))), users=users, items=items)
    sizes = f"1 users and 3 items .*and data of 1 users and {len(items)}"
    with pytest.raises(ValueError, match=f"candidates.npz.*in the same order.*{sizes}"):
        SampledCandidates.load(stored[1], other)


@pytest.mark.parametrize(("user", "item", "name"), [(1, 0, "user"), (0, 3, "item")])
def test_ids_beyond_the_vocabularies_are_not_saved(films, tmp_path, user, item, name):
    found = SampledCandidates(np.array([user]), np.array([[item]]))
    path = tmp_path / "c.npz"
    with pytest.raises(ValueError, match=rf"c.npz: `{name}_ids` must be from 0 to"):
        found.save(path, films[0])
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_missing_damaged_or_something_else_are_refused(films, stored):
    path = stored[1]
    with pytest.raises(FileNotFoundError, match=r"none.npz: no such file"):
        SampledCandidates.load(path.with_name("none.npz"), films[0])
    whole = path.read_bytes()
    damaged = [b"", b"text", whole[:100], whole[:-30], whole[200:]]
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"candidates.npz: must be a whole file"):
            SampledCandidates.load(path, films[0])
    for arrays in ({"user_ids": [0]}, {"user_ids": [0], "item_ids": [["x"]]}):
        np.savez(path, **arrays)
        with pytest.raises(ValueError, match=r"candidates.npz: must be a whole file"):
            SampledCandidates.load(path, films[0])
    objects = np.array([{}], dtype=object)
    np.savez(path, user_ids=objects, item_ids=objects, vocabularies=objects)
    with pytest.raises(ValueError, match="pickled arrays"):
        SampledCandidates.load(path, films[0])
