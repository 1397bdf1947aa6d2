"""Rows of histories, and the next item of every position."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.interactions import Interactions
from tfrecs.data.splits import leave_last_out
from tfrecs.evaluation import as_scorer, evaluate, evaluate_sampled
from tfrecs.evaluation.candidates import sample_candidates
from tfrecs.losses import configure_loss
from tfrecs.models import HISTORY_MODELS
from tfrecs.training.batches import history_batches
from tfrecs.training.batches.packing import packed_rows
from tfrecs.training.fit import compile_for, fit
from tfrecs.training.plan import choose_negatives


def log_of(*histories, **columns):
    users = np.repeat(np.arange(len(histories)), [len(x) for x in histories])
    return Interactions.from_arrays(users, np.concatenate(histories), **columns)


def pairs_of(history, next_item, weights):
    """Each next item with the items that its position sees, from rows."""
    found = []
    for row, nexts, counts in zip(history, next_item, weights, strict=True):
        seen = []
        for item, following, weight in zip(row, nexts, counts, strict=True):
            seen = [] if item == -1 else [*seen, int(item)]
            if weight:
                found.append((tuple(seen), int(following), float(weight)))
    return sorted(found)


def expected_pairs(log, length):
    """The same from histories, in plain Python."""
    found = []
    for user in range(log.num_users):
        items = log.sequences[user].tolist()
        for place in range(1, len(items)):
            # The last window is full: positions count from the end.
            before_end = len(items) - 1 - place
            start = len(items) - 1 - (before_end // length + 1) * length
            seen = items[max(0, start) : place]
            found.append((tuple(seen), items[place], 1.0))
    return sorted(found)


histories = st.lists(
    st.lists(st.integers(0, 12), min_size=1, max_size=10, unique=True), min_size=1
).filter(lambda lists: any(len(x) > 1 for x in lists))


@given(histories, st.integers(1, 6), st.integers(0, 3))
def test_each_next_item_is_a_target_once_after_what_is_before_it(lists, length, seed):
    log = log_of(*lists)
    rows = packed_rows(log, length, seed)
    found = pairs_of(rows.history, rows.next_item, rows.weights)
    assert found == expected_pairs(log, length)
    assert rows.history.shape == rows.next_item.shape == rows.weights.shape
    assert rows.history.dtype == rows.next_item.dtype == np.int32
    assert set(rows.next_item.flat) <= set(log.item_ids.tolist())


def test_short_histories_share_a_row():
    log = log_of([1, 2, 3], [4, 5], [6, 7])  # two positions, one and one
    rows = packed_rows(log, 6, seed=0)
    [row] = log.items.ids[rows.history].tolist()
    assert rows.history[0].tolist()[2::2] == [-1, -1]
    assert (row[:2], {row[3], row[5]}) == ([1, 2], {4, 6})
    assert rows.weights.tolist() == [[1, 1, 0, 1, 0, 1]]
    assert len(packed_rows(log, 5, seed=0).history) == 2  # no place for the last


def test_each_position_has_its_user():
    log = log_of([1, 2, 3], [4, 5], [6, 7, 8, 9, 1], [2])
    rows = packed_rows(log, 3, seed=0)
    counted = np.zeros(4, int)
    for user, item, weight in zip(
        rows.user_id.flat, rows.next_item.flat, rows.weights.flat, strict=True
    ):
        assert (user >= 0) == (weight > 0)
        if weight:
            assert int(item) in log.sequences[int(user)][1:]
            counted[user] += 1
    assert counted.tolist() == [2, 1, 4, 0]  # all but the first items


def test_users_with_one_item_are_left_out_and_raise_alone():
    assert packed_rows(log_of([1, 2], [1]), 3, 0).weights.sum() == 1
    with pytest.raises(ValueError, match="a user with at least two items"):
        packed_rows(log_of([1], [2]), 3, 0)


def test_the_weight_of_a_position_is_that_of_its_next_item():
    log = log_of([1, 2, 3], timestamps=[3, 1, 2], weights=[5, 7, 9])
    rows = packed_rows(log, 4, seed=0)  # in order of time: 2, 3, 1
    assert rows.weights.tolist() == [[9, 5, 0, 0]]


CHAINS = [np.arange(start, start + 7) % 11 for start in range(11)]


@pytest.mark.parametrize(
    ("sampling", "keys", "columns", "negatives"),
    [
        ("all", {"negative_id"}, 1, 11),
        ("uniform", {"negative_id", "log_probability"}, 1, 5),
        ("mixed", {"negative_id", "log_probability"}, 1, 16),
        ("in-batch", {"log_probability"}, 1, None),
    ],
)
def test_batches_have_static_shapes(sampling, keys, columns, negatives):
    options = {"max_length": 4, "batch_size": 9, "num_negatives": 5}
    data = history_batches(
        log_of(*CHAINS), seed=0, sampling=sampling, label_negatives=False, **options
    )
    inputs, labels, weights = data.element_spec
    assert set(inputs) == {"history", "user_id", "item_id", *keys}
    assert inputs["history"].shape == inputs["user_id"].shape == (2, 4)
    assert inputs["item_id"].shape == weights.shape == (8,)
    assert labels.shape == (8, columns)
    if negatives is not None:
        assert inputs["negative_id"].shape == (negatives,)
    [first, *_], [again, *_] = (
        [batch for batch in history_batches(log_of(*CHAINS), seed=0, **options)]
        for _ in range(2)
    )
    np.testing.assert_array_equal(first[0]["history"], again[0]["history"])


def test_an_epoch_has_every_position_once_in_another_order_each_time():
    log = log_of(*CHAINS)
    data = history_batches(log, seed=1, max_length=6, batch_size=6)
    epochs = [list(data.as_numpy_iterator()) for _ in range(2)]
    for epoch in epochs:
        parts = [(x["history"], x["item_id"][None], w[None]) for x, _, w in epoch]
        found = sorted(pair for part in parts for pair in pairs_of(*part))
        assert found == expected_pairs(log, 6)
    orders = [[x["item_id"].tolist() for x, _, _ in epoch] for epoch in epochs]
    assert orders[0] != orders[1]


def test_all_negatives_are_the_softmax_over_the_catalogue():
    """The loss of a step, by hand from the scores of every position."""
    keras.utils.set_random_seed(0)
    model = HISTORY_MODELS["history_mean"](11, max_length=6, init_std=1.0)
    log = log_of(*CHAINS)
    plan = choose_negatives(log, "softmax", max_length=6)
    assert (plan.negatives.kind, plan.reason) == ("all", "11 items, at most 5000")
    trained = compile_for(model, plan, keras.optimizers.SGD(0.0))
    [batch, *_] = plan.batches(log, seed=0, batch_size=12)
    inputs, _, weights = batch
    found = trained.test_on_batch(*batch)
    users = model.users_of(inputs, training=False)
    scores = model.score_outputs(
        {"factors": users["factors"].numpy()}, model.item_output()
    ).astype(np.float64)
    item = inputs["item_id"].numpy()
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(12), item]
    assert weights.numpy().sum() == 12
    np.testing.assert_allclose(found, losses.mean(), rtol=1e-5)


@pytest.fixture(scope="module")
def chains():
    """Users step through 20 items by one or by three: the step is in their history."""
    lists = [
        (start + step * np.arange(6)) % 20 for start in range(20) for step in (1, 3)
    ]
    log = log_of(*lists, timestamps=np.tile(np.arange(6), 40))
    return leave_last_out(log, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps"), [("gru", (1, 3)), ("sasrec", (1,))])
def test_a_model_of_order_learns_the_step(name, steps):
    """Attention takes far longer than a GRU to tell two steps from each other."""
    lists = [
        (start + step * np.arange(6)) % 20 for start in range(20) for step in steps
    ]
    log = log_of(*lists, timestamps=np.tile(np.arange(6), len(lists)))
    train, test = leave_last_out(log, seed=0)
    keras.utils.set_random_seed(0)
    model = HISTORY_MODELS[name](20, embedding_dim=16, max_length=8, dropout=0.0)
    history = fit(
        model,
        train,
        seed=0,
        epochs=60,
        batch_size=40,
        validate_every=60,
        optimizer=keras.optimizers.Adam(0.01),
    )
    assert np.isfinite(history.history["loss"]).all()
    assert evaluate(model, train, test, k=1).metrics["precision@1"] > 0.95


def test_the_default_settings_train(chains):
    train, _ = chains
    model = HISTORY_MODELS["history_mean"](20, max_length=8)
    before = model.item_output()["factors"].copy()
    history = fit(model, train, seed=0, epochs=2, validate_every=1, batch_size=40)
    assert history.params["reason"] == "the model reads histories"
    assert history.params["negatives"] == "all"
    assert history.history["loss"][1] < history.history["loss"][0]
    assert (model.item_output()["factors"] != before).any()


def test_large_catalogues_share_negatives():
    for num_items, kind in ((5000, "all"), (5001, "mixed")):
        log = Interactions.from_arrays(np.zeros(num_items, int), np.arange(num_items))
        plan = choose_negatives(log, "softmax", max_length=5)
        assert (plan.negatives.kind, str(num_items) in plan.reason) == (kind, True)
        for name in ("bce", "gbce"):
            plan = choose_negatives(log, name, max_length=5)
            assert plan.negatives.kind == "shared"


@pytest.mark.parametrize(
    ("objective", "negatives", "message"),
    [
        ("softmax", "own", "`negatives` must be one of all, shared.*'own'"),
        ("bce", "all", "`objective` must be one of softmax. Received: 'bce'"),
        ("mse", "auto", "`objective` must be one of .*'mse'"),
    ],
)
def test_what_next_items_cannot_be_compared_with_is_named(
    chains, objective, negatives, message
):
    with pytest.raises(ValueError, match=message):
        choose_negatives(chains[0], objective, negatives, max_length=5)


def test_a_loss_with_settings_reaches_the_view():
    plan = choose_negatives(
        log_of([1, 2]), configure_loss("softmax", temperature=0.5), max_length=3
    )
    model = HISTORY_MODELS["history_mean"](2, max_length=3)
    trained = compile_for(model, plan, keras.optimizers.SGD(0.1))
    assert trained.temperature == 0.5


def test_evaluation_reads_the_histories_of_train(chains):
    train, test = chains
    keras.utils.set_random_seed(3)
    model = HISTORY_MODELS["sasrec"](20, embedding_dim=8, max_length=4)
    scores = model.score_users(train.histories(4))
    expected = evaluate(scores, train, test).metrics
    assert evaluate(model, train, test).metrics == expected
    candidates = sample_candidates(train, test, num_negatives=5, seed=0)
    with pytest.raises(TypeError, match=r"as_scorer\(model, train=train\)"):
        evaluate_sampled(model, test, candidates, k=3)
    sampled = [
        evaluate_sampled(scorer, test, candidates, k=3).metrics
        for scorer in (as_scorer(model, train=train), scores)
    ]
    assert sampled[0] == sampled[1]
