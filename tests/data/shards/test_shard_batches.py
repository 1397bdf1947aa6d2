"""Batches of shards: each pair once in an epoch, any batch from its number."""

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfrecs
from tfrecs.data.interactions import Interactions
from tfrecs.data.shards import Shards, prepare_shards
from tfrecs.training.batches import pairwise_batches, shared_negatives_batches
from tfrecs.training.batches.shards import (
    sharded_pairwise_batches,
    sharded_shared_negatives_batches,
)
from tfrecs.training.fit import compile_for, fit_batches
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives, Plan
from tfrecs.training.shared_negatives import SHARED_NEGATIVES

PIPELINES = [sharded_shared_negatives_batches, sharded_pairwise_batches]
every_pipeline = pytest.mark.parametrize("make", PIPELINES)
every_sampling = pytest.mark.parametrize("sampling", SHARED_NEGATIVES)


def epoch(dataset) -> list:
    """Every batch, as nested lists."""
    return [
        tf.nest.map_structure(lambda tensor: tensor.numpy().tolist(), batch)
        for batch in dataset
    ]


def positives(batches) -> Counter:
    return Counter(
        (user, np.ravel(item)[0].item())
        for inputs, _ in batches
        for user, item in zip(inputs["user_id"], inputs["item_id"], strict=True)
    )


def pairs_of(shards, numbers=None) -> Counter:
    numbers = range(shards.num_shards) if numbers is None else numbers
    return Counter(tuple(pair) for n in numbers for pair in shards.read(n).tolist())


@every_pipeline
def test_labels_are_partial_credit(make, shards):
    kinds = np.arange(shards.num_items) % 3
    credit = partial_credit({"kind": kinds}, {"kind": 0.5})
    options = {"batch_size": 50, "num_negatives": 20, "credit": credit}
    inputs, labels = next(iter(make(shards, seed=0, **options)))
    item_id = np.reshape(inputs["item_id"], [50, -1])
    others = np.array(inputs.get("negative_id", item_id[:, 1:]))
    another = item_id[:, :1] != others
    expected = 0.5 * another * (kinds[item_id[:, :1]] == kinds[others])
    np.testing.assert_array_equal(labels[:, 1:], expected)
    np.testing.assert_array_equal(labels[:, 0], 1)
    wrong = partial_credit({"kind": kinds[1:]}, {"kind": 0.5})
    with pytest.raises(ValueError, match=rf"metadata of {shards.num_items} items"):
        make(shards, seed=0, credit=wrong)


# The order of positives


@every_pipeline
@pytest.mark.parametrize("batch_size", [10, 100])
def test_every_pair_occurs_once_in_an_epoch(make, batch_size, shards):
    dataset = make(shards, seed=0, batch_size=batch_size, num_negatives=1)
    batches = epoch(dataset)
    assert positives(batches) == pairs_of(shards)
    assert len(batches) == dataset.cardinality() == 3000 // batch_size


@pytest.mark.parametrize(
    ("open_at_once", "steps"),
    # 6 shards of 500 in groups: of 1500 twice, of 1000 thrice, of 500 six times
    [(6, 10), (99, 10), (5, 2 * 5), (3, 2 * 5), (2, 3 * 3), (1, 6 * 1)],
)
def test_each_group_of_open_shards_drops_its_last_rows(open_at_once, steps, shards):
    options = {"batch_size": 290, "num_negatives": 1, "open_at_once": open_at_once}
    dataset = sharded_shared_negatives_batches(shards, seed=0, **options)
    batches = epoch(dataset)
    assert len(batches) == dataset.cardinality() == steps
    assert positives(batches) <= pairs_of(shards)
    assert positives(batches).total() == 290 * steps


def test_each_epoch_drops_other_rows(shards):
    options = {"batch_size": 490, "num_negatives": 1, "open_at_once": 1}
    dataset = sharded_shared_negatives_batches(shards, seed=0, epochs=40, **options)
    seen = positives(epoch(dataset))
    assert set(seen) == set(pairs_of(shards))
    assert seen.total() == 40 * 6 * 490


def test_shards_of_unequal_sizes_make_equally_many_batches(files, tmp_path):
    shards = prepare_shards(files, tmp_path, seed=0, part_rows=99, shard_rows=430)
    assert {len(shards.read(n)) for n in range(7)} == {428, 429}
    options = {"batch_size": 107, "num_negatives": 1, "open_at_once": 2}
    dataset = sharded_shared_negatives_batches(shards, seed=0, **options)
    assert dataset.cardinality() == 7 * 4
    for _ in range(5):
        assert len(epoch(dataset)) == 28


@every_pipeline
def test_batches_mix_the_open_shards_only(make, shards):
    batches = epoch(make(shards, seed=0, batch_size=50, open_at_once=2))
    groups = [positives(batches[n : n + 20]) for n in range(0, 60, 20)]
    shard = {n: pairs_of(shards, [n]) for n in range(6)}
    two = [
        [n for n in range(6) if shard[n] <= group and len(shard[n])] for group in groups
    ]
    assert sorted(n for pair in two for n in pair) == list(range(6))
    for group, (one, other) in zip(groups, two, strict=True):
        assert group == shard[one] + shard[other]
    first = positives(batches[:1])
    only = [set(shard[n]) - set(shard[m]) for n, m in (two[0], two[0][::-1])]
    assert all(set(first) & pairs for pairs in only)


@every_pipeline
def test_every_epoch_is_shuffled_again_by_the_seed(make, shards):
    options = {"batch_size": 100, "num_negatives": 3}
    one, same, other = (make(shards, seed=seed, **options) for seed in (5, 5, 6))
    first, second = epoch(one), epoch(one)
    assert [first, second] == [epoch(same), epoch(same)]
    assert first != epoch(other)
    assert positives(first) == positives(second)
    assert not any(batch in first for batch in second)
    assert epoch(make(shards, seed=5, epochs=2, **options)) == first + second


@every_pipeline
def test_one_shard_is_shuffled_again_in_each_epoch(make, files, tmp_path):
    shards = prepare_shards(files, tmp_path, seed=0, part_rows=3000, shard_rows=3000)
    dataset = make(shards, seed=5, batch_size=3000, num_negatives=1)
    [first], [second] = epoch(dataset), epoch(dataset)
    assert first[0]["user_id"] != second[0]["user_id"]


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """The numbers of the shards that are read from now on."""
    numbers, original = [], Shards.read
    monkeypatch.setattr(
        Shards, "read", lambda self, n: numbers.append(n) or original(self, n)
    )
    return numbers


def test_other_shards_are_open_together_in_each_epoch(shards, read):
    options = {"batch_size": 500, "num_negatives": 1, "open_at_once": 2, "epochs": 9}
    epoch(sharded_shared_negatives_batches(shards, seed=0, **options))
    epochs = [read[n : n + 6] for n in range(0, 54, 6)]
    assert all(sorted(opened) == list(range(6)) for opened in epochs)
    assert len({frozenset(opened[:2]) for opened in epochs}) > 3


@every_pipeline
@pytest.mark.parametrize("start_step", [1, 9, 10, 29, 30, 44])
def test_a_later_start_resumes_the_same_batches(make, start_step, shards):
    options = {"batch_size": 100, "num_negatives": 2, "open_at_once": 2}
    whole = epoch(make(shards, seed=1, epochs=4, **options))
    rest = make(shards, seed=1, start_step=start_step, **options)
    assert rest.cardinality() == 30
    assert epoch(rest) + epoch(rest) == whole[start_step : start_step + 60]


def test_shards_before_the_start_are_not_read(shards, read):
    options = {"batch_size": 100, "num_negatives": 1, "open_at_once": 1}
    epoch(sharded_shared_negatives_batches(shards, seed=0, epochs=3, **options))
    whole = read.copy()
    read.clear()
    epoch(sharded_shared_negatives_batches(shards, seed=0, start_step=37, **options))
    assert read == whole[7:14]  # five batches of a shard: the 37th is of the eighth


# What a batch is


@every_sampling
@pytest.mark.parametrize("correct", [True, False])
def test_shared_negatives_have_the_shapes_of_batches_in_memory(
    sampling, correct, shards
):
    train = Interactions.from_arrays(["a", "b"], [1, 2])
    options = {"seed": 0, "num_negatives": 7, "sampling": sampling, "correct": correct}
    expected = shared_negatives_batches(train, batch_size=2, **options).element_spec
    found = sharded_shared_negatives_batches(shards, batch_size=2, **options)
    assert found.element_spec == expected


def test_own_negatives_have_the_shapes_of_batches_in_memory(shards):
    train = Interactions.from_arrays(["a", "b"], [1, 2])
    options = {"seed": 0, "num_negatives": 7, "batch_size": 2}
    expected = pairwise_batches(train, exact=False, **options).element_spec
    assert sharded_pairwise_batches(shards, **options).element_spec == expected


@every_sampling
def test_negatives_are_drawn_with_their_probability(sampling, shards):
    options = {"batch_size": 100, "num_negatives": 100, "sampling": sampling}
    batches = epoch(
        sharded_shared_negatives_batches(shards, seed=2, epochs=4, **options)
    )
    drawn = np.array([x.get("negative_id", x["item_id"]) for x, _ in batches])
    assert len({tuple(row) for row in drawn}) == len(drawn) == 120
    log_probability = {}
    for inputs, _ in batches:
        ids = inputs["item_id"] + inputs.get("negative_id", [])
        log_probability |= dict(zip(ids, inputs["log_probability"], strict=True))
    items = sorted(log_probability)
    expected = np.exp([log_probability[item] for item in items])
    assert expected.sum() == pytest.approx(1, abs=1e-5)
    counts = np.bincount(drawn.ravel(), minlength=shards.num_items)[items]
    if sampling == "in-batch":  # each positive once in each epoch
        assert counts.tolist() == (4 * shards.item_counts).tolist()
    else:
        expected *= counts.sum() / expected.sum()
        assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_own_negatives_are_uniform_over_the_catalogue(shards):
    batches = epoch(sharded_pairwise_batches(shards, seed=2, num_negatives=5))
    negatives = np.concatenate([inputs["item_id"] for inputs, _ in batches])[:, 1:]
    assert stats.chisquare(np.bincount(negatives.ravel(), minlength=60)).pvalue > 1e-3
    assert len(np.unique(negatives, axis=0)) > 0.99 * len(negatives)


@pytest.mark.parametrize("exponent", [1.0, 0.5])
def test_negatives_are_drawn_by_popularity_to_a_power(exponent, shards):
    options = {"sampling": "popularity", "exponent": exponent, "batch_size": 500}
    share = shards.item_counts**exponent / (shards.item_counts**exponent).sum()
    own = epoch(sharded_pairwise_batches(shards, seed=2, **options))
    drawn = np.concatenate([inputs["item_id"] for inputs, _ in own])[:, 1:]
    counts = np.bincount(drawn.ravel(), minlength=60)
    assert stats.chisquare(counts, share * drawn.size).pvalue > 1e-3
    options |= {"num_negatives": 2000}
    shared = epoch(sharded_shared_negatives_batches(shards, seed=2, **options))
    drawn = np.concatenate([inputs["negative_id"] for inputs, _ in shared])
    counts = np.bincount(drawn, minlength=60)
    assert stats.chisquare(counts, share * drawn.size).pvalue > 1e-3


# Arguments


@every_pipeline
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        *(
            ({size: value}, f"`{size}` must be.*Received: {size}={value}")
            for size in ("batch_size", "num_negatives", "epochs", "open_at_once")
            for value in (0, 1.5)
        ),
        ({"seed": -1}, "`seed` must be.*at least 0.*seed=-1"),
        ({"start_step": -1}, "`start_step` must be.*at least 0.*start_step=-1"),
        ({"sampling": "zipf"}, "one of uniform, .*'zipf'"),
        ({"exponent": 0.5}, "`exponent` .*Received: exponent=0.5"),
        (
            {"batch_size": 1001, "open_at_once": 2},
            "`batch_size` must be at most 1000.*batch_size=1001.*`open_at_once`",
        ),
    ],
)
def test_bad_arguments_raise(make, bad, message, shards):
    with pytest.raises(ValueError, match=message):
        make(shards, **{"seed": 0, "batch_size": 10, **bad})


@every_pipeline
def test_a_batch_may_be_all_open_rows(make, shards):
    dataset = make(shards, seed=0, batch_size=1000, open_at_once=2, num_negatives=1)
    assert dataset.cardinality() == 3


# Training


def three_tastes() -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Train and test of 240 users, each of whom likes 20 of 60 items.

    A user has 12 of them in train and 4 in test; all users have one more in train.
    """
    rng = np.random.default_rng(0)
    train, test = [], []
    for user in range(240):
        items = rng.permutation(20) * 3 + user % 3
        train += [(f"u{user}", item) for item in [*items[:12], 60]]
        test += [(f"u{user}", item) for item in items[12:16]]
    return train, test


@pytest.fixture(scope="module")
def planted(tmp_path_factory, write_parquet):
    """Shards of `three_tastes`, and train and test under their ids."""
    train, test = three_tastes()
    folder = tmp_path_factory.mktemp("planted")
    users, items = (list(column) for column in zip(*train, strict=True))
    path = write_parquet(folder / "log.parquet", user_id=users, item_id=items)
    shards = prepare_shards(path, folder / "out", seed=0, shard_rows=800)
    known = {"user_vocabulary": shards.users, "item_vocabulary": shards.items}
    parts = (
        Interactions.from_arrays(*zip(*part, strict=True), **known)
        for part in (train, test)
    )
    return shards, *parts


@pytest.mark.parametrize(
    ("make", "objective", "negatives"),
    [
        (sharded_shared_negatives_batches, "softmax", "shared"),
        (sharded_pairwise_batches, "bpr", "own"),
    ],
)
def test_a_model_learns_from_shards(make, objective, negatives, planted):
    shards, train, test = planted
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(shards.num_users, shards.num_items, embedding_dim=8)
    options = {"seed": 0, "batch_size": 200, "num_negatives": 30, "epochs": 3}
    data = make(shards, **options)
    plan = Plan(objective, Negatives(negatives))
    trained = compile_for(model, plan, keras.optimizers.Adam(0.02))
    history = fit_batches(trained, data, 4)
    assert len(history.epoch) == 4
    popularity = np.tile(train.item_counts.astype(np.float32), (240, 1))
    by_chance = tfrecs.evaluate(popularity, train, test, k=4).metrics["precision@4"]
    assert by_chance < 0.2
    found = tfrecs.evaluate(model, train, test, k=4).metrics["precision@4"]
    assert found > 0.4  # at random among the 8 left of the right third: 0.5
    # Each epoch of Keras went on where the one before had ended.
    steps = 4 * int(data.cardinality())
    assert epoch(data) == epoch(make(shards, **options, start_step=steps))
