import dataclasses

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.evaluation import evaluate_ratings
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES
from tfrecs.models.interaction import Interaction
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.fit import batches, choose_negatives, compile_for, start_at_prior
from tfrecs.training.negatives import SHARED_NEGATIVES
from tfrecs.training.partial_credit import partial_credit


@pytest.fixture(scope="module")
def data():
    return make_synthetic(120, 40, seed=0, interactions_per_user=14)


@pytest.fixture(scope="module")
def parts(data):
    return leave_k_out(data.interactions, seed=0, k=3)


def fitted(parts, objective, **settings):
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(120, 40, embedding_dim=8)
    tfrecs.fit(model, parts[0], seed=0, objective=objective, **settings)
    return model


@pytest.mark.parametrize(
    ("objective", "negatives"),
    [
        *((objective, "all") for objective in CATALOGUE_LOSSES),
        *((objective, "own") for objective in ("bce", "bpr", "softmax", "warp", "ccl")),
        ("bpr", "own-popularity"),
        *(("softmax", drawn) for drawn in SHARED_NEGATIVES),
        *((objective, "mixed") for objective in ("bce", "hinge", "warp")),
    ],
)
def test_every_objective_learns(parts, objective, negatives):
    """Each is better than popularity, from which an untrained model is far."""
    sizes = {"batch_size": 64}
    if negatives not in ("all", "own"):
        sizes["num_negatives"] = 64
    model = fitted(parts, objective, negatives=negatives, epochs=80, **sizes)
    counts = np.tile(np.bincount(parts[0].item_ids, minlength=40), (120, 1))
    found = tfrecs.evaluate(model, *parts, k=5).metrics["ndcg@5"]
    assert found > tfrecs.evaluate(counts, *parts, k=5).metrics["ndcg@5"]


@pytest.mark.parametrize("objective", ["bpr", "softmax"])
def test_the_same_seed_gives_the_same_scores(parts, objective):
    first, again = (
        fitted(parts, objective, epochs=4).score_users(np.arange(120)) for _ in range(2)
    )
    assert np.array_equal(first, again)


@pytest.mark.parametrize("negatives", ["own", "uniform", "in-batch"])
def test_a_dataset_holds_all_epochs(parts, negatives):
    options = {"seed": 0, "batch_size": 100, "num_negatives": 2}
    one, three = (
        int(batches(parts[0], "bce", negatives, epochs=n, **options).cardinality())
        for n in (1, 3)
    )
    assert three == 3 * one == 3 * (len(parts[0]) // 100)


@pytest.mark.parametrize("negatives", ["popularity", "own-popularity"])
def test_popular_negatives_are_drawn_by_the_exponent(parts, negatives):
    """At -9 the items that fewest have are drawn, but for users who have them."""
    options = {"seed": 0, "epochs": 1, "num_negatives": 3, "exponent": -9.0}
    counts = np.bincount(parts[0].item_ids, minlength=40)
    rare = np.sort(counts[counts > 0])[:5]
    for inputs, _ in batches(parts[0], "bce", negatives, **options):
        drawn = (
            inputs["negative_id"]
            if negatives == "popularity"
            else inputs["item_id"][:, 1:]
        )
        assert np.isin(counts[drawn], rare).mean() > 0.8  # uniformly .125


@pytest.mark.parametrize("negatives", ["all", "own", "uniform", "in-batch", "mixed"])
def test_an_exponent_without_effect_is_refused(parts, negatives):
    with pytest.raises(ValueError, match=r"`exponent` must be left out.*exponent=0.5"):
        batches(parts[0], "bce", negatives, seed=0, epochs=1, exponent=0.5)


@pytest.mark.parametrize("objective", sorted({*LOSSES} - {"kos-warp"}))
@pytest.mark.parametrize("negatives", SHARED_NEGATIVES)
def test_a_softmax_alone_is_corrected_for_what_is_drawn(parts, objective, negatives):
    inputs, _ = batches(parts[0], objective, negatives, seed=0, epochs=1).element_spec
    assert ("log_probability" in inputs) == (objective == "softmax")


def test_sizes_of_batches_are_those_told(parts):
    options = {"seed": 0, "epochs": 1}
    _, labels = batches(parts[0], "bce", "all", **options).element_spec
    assert labels.shape == (120, 40)  # 128 users or all
    rows, _ = batches(parts[0], "bce", "own", **options).element_spec
    assert rows["item_id"].shape == (1024, 5)
    shared, _ = batches(parts[0], "bce", "uniform", **options).element_spec
    assert shared["item_id"].shape == shared["negative_id"].shape == (1024,)


def test_views_are_trained_for_all_and_shared_negatives():
    model, adam = tfrecs.build_mf(5, 4), keras.optimizers.Adam
    assert compile_for(model, "bce", "own", adam()) is model
    assert model.loss is LOSSES["bce"]
    assert compile_for(model, "mae", "none", adam()) is model
    assert model.loss is RATING_LOSSES["mae"]
    view = compile_for(model, "softmax", "all", adam())
    assert (view.towers, view.loss) == (model, CATALOGUE_LOSSES["softmax"])
    view = compile_for(model, "softmax", "mixed", adam())
    assert (view.towers, view.loss) == (model, LOSSES["softmax"])
    assert type(view).__name__ == "OverSharedNegatives"


# Which negatives


def sized(from_pairs, num_items, **columns):
    """Ten positives of ten users: as many pairs for each positive as items."""
    return from_pairs([(user, 0) for user in range(10)], 10, num_items, **columns)


@pytest.mark.parametrize(
    ("objective", "num_items", "kind", "why"),
    [
        ("squared-error", 9000, "all", "squared-error is over the whole catalogue"),
        ("bpr", 5, "own", "bpr compares a positive with single items"),
        ("kos-warp", 5, "own", "kos-warp compares a positive with single items"),
        ("mse", 5, "none", "mse is of ratings"),
        ("hinge", 9000, "own", "hinge compares a positive with single items"),
        ("bce", 180, "all", "180 pairs for each positive, at most 180"),
        ("softmax", 5, "all", "5 pairs for each positive, at most 180"),
        ("bce", 181, "mixed", "all would be 181 pairs for each positive, over 180"),
        ("softmax", 181, "mixed", "all would be 181 pairs for each positive, over 180"),
    ],
)
def test_auto_chooses_by_what_all_would_cost(
    from_pairs, objective, num_items, kind, why
):
    chosen = choose_negatives(sized(from_pairs, num_items), objective)
    assert (chosen.kind, chosen.why) == (kind, why)


@pytest.mark.parametrize("num_items", [5, 9000])
def test_auto_uses_weights_where_it_can(from_pairs, num_items):
    weighted = sized(from_pairs, num_items, weights=np.ones(10, dtype=np.float32))
    for objective in ("bce", "softmax"):
        chosen = choose_negatives(weighted, objective)
        assert chosen.kind == "own"
        assert chosen.why == "train has weights, one for each positive"


@pytest.mark.parametrize(
    ("objective", "negatives"),
    [("bce", "all"), ("squared-error", "all"), ("bpr", "own"), ("softmax", "mixed")],
)
def test_what_is_asked_for_is_taken(from_pairs, objective, negatives):
    chosen = choose_negatives(sized(from_pairs, 9000), objective, negatives)
    assert (chosen.kind, chosen.why) == (negatives, "as asked for")


@pytest.mark.parametrize(
    ("objective", "negatives", "message"),
    [
        ("bce", "some", "`negatives` must be one of auto, all, none, own, own.*'some'"),
        ("bpr", "all", "`objective` must be one of softmax, bce, squared.*'bpr'"),
        ("squared-error", "own", "`objective` must be one of bce, bpr, .*'squared-err"),
        ("squared-error", "mixed", "`objective` must be one of bce, bpr, .*'squared-"),
        ("softmax", "own-popularity", "must be one of bce, bpr, hinge, adap.*'softm"),
        ("bce", "none", "`objective` must be one of mse, mae. Received: 'bce'"),
        ("mse", "own", "`objective` must be one of bce, bpr, .*Received: 'mse'"),
        ("mse", "all", "`objective` must be one of softmax, bce, .*Received: 'mse'"),
        ("kos-warp", "mixed", "must be one of bce, bpr, .*Received: 'kos-warp'"),
        ("kos-warp", "all", "must be one of softmax, bce, .*Received: 'kos-warp'"),
        ("nope", "auto", "`objective` must be one of bce, bpr, hinge, soft.*'nope'"),
    ],
)
def test_what_does_not_go_together_is_refused(
    from_pairs, objective, negatives, message
):
    with pytest.raises(ValueError, match=message):
        choose_negatives(sized(from_pairs, 9), objective, negatives)


def test_the_history_tells_what_was_chosen(parts, caplog):
    model = tfrecs.build_mf(120, 40)
    with caplog.at_level("INFO", logger="tfrecs"):
        history = tfrecs.fit(model, parts[0], seed=0, epochs=1)
    assert history.params["negatives"] == "all"
    assert history.params["reason"] == "4 pairs for each positive, at most 180"
    assert "negatives: all, 4 pairs for each positive" in caplog.text


def test_a_model_of_another_size_is_refused(parts):
    with pytest.raises(ValueError, match=r"120 users and 40 items.*Received: 7 and 40"):
        tfrecs.fit(tfrecs.build_mf(7, 40), parts[0], seed=0)


def test_an_unknown_objective_is_refused(parts):
    with pytest.raises(ValueError, match=r"one of bce, bpr.*Received: 'nope'"):
        tfrecs.fit(tfrecs.build_mf(120, 40), parts[0], seed=0, objective="nope")


class Calls(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.steps = []

    def on_epoch_end(self, epoch, logs=None):
        self.steps.append(int(self.model.optimizer.iterations))


@pytest.mark.parametrize(
    ("epochs", "validate_every", "expected"),
    [
        (12, None, [4, 8, 12]),
        (7, None, [1, 2, 3, 4, 5, 6, 7]),
        (10, None, [5, 10]),
        (12, 12, [12]),
        (12, 6, [6, 12]),
    ],
)
def test_callbacks_are_called_every_few_epochs(parts, epochs, validate_every, expected):
    model, calls = tfrecs.build_mf(120, 40, embedding_dim=2), Calls()
    options = {"epochs": epochs, "validate_every": validate_every, "batch_size": 120}
    history = tfrecs.fit(model, parts[0], seed=0, callbacks=[calls], **options)
    assert calls.steps == expected
    assert history.params["epochs"] == epochs
    assert history.params["validate_every"] == expected[0]


@pytest.mark.parametrize(
    ("epochs", "validate_every", "message"),
    [
        (0, None, "epochs=0"),
        (5, 0, "validate_every=0"),
        (7, 3, "divide epochs=7. Received: validate_every=3. Use epochs=6, or .*=1"),
        (12, 5, "divide epochs=12. Received: validate_every=5. Use epochs=10, or .*=4"),
        (2, 5, "divide epochs=2. Received: validate_every=5. Use epochs=5, or .*=2"),
    ],
)
def test_epochs_that_validation_does_not_divide(parts, epochs, validate_every, message):
    options = {"epochs": epochs, "validate_every": validate_every}
    with pytest.raises(ValueError, match=message):
        tfrecs.fit(tfrecs.build_mf(120, 40), parts[0], seed=0, **options)


def test_progress_is_printed_on_request_alone(parts, capsys):
    for callbacks in ([], [keras.callbacks.ProgbarLogger()]):
        model = tfrecs.build_mf(120, 40, embedding_dim=2)
        tfrecs.fit(model, parts[0], seed=0, epochs=2, callbacks=callbacks)
        assert ("loss:" in capsys.readouterr().out) == bool(callbacks)


@pytest.mark.parametrize("negatives", ["all", "own", "mixed"])
@pytest.mark.parametrize("size", ["batch_size", "num_negatives", "epochs"])
def test_sizes_of_zero_are_refused_and_no_default(parts, negatives, size):
    if (negatives, size) == ("all", "num_negatives"):
        return  # all items draw none
    with pytest.raises(ValueError, match=f"`{size}` must be.*Received: {size}=0"):
        sizes = {"epochs": 1, size: 0}
        batches(parts[0], "bce", negatives, seed=0, **sizes)


def test_weights_are_not_thrown_away(parts):
    weighted = dataclasses.replace(parts[0], weights=np.ones(len(parts[0])))
    options = {"seed": 0, "objective": "softmax"}
    with pytest.raises(ValueError, match=r"one of own, own-pop.*weights.*'all'"):
        tfrecs.fit(tfrecs.build_mf(120, 40), weighted, negatives="all", **options)
    history = tfrecs.fit(tfrecs.build_mf(120, 40), weighted, epochs=1, **options)
    assert history.params["negatives"] == "own"
    with pytest.raises(ValueError, match=r"to use the weights.*'all' for 'squared-er"):
        choose_negatives(weighted, "squared-error")
    with pytest.raises(ValueError, match=r"single positives to use the w.*'kos-warp'"):
        choose_negatives(weighted, "kos-warp")
    assert choose_negatives(weighted, "mse").kind == "none"


# Partial credit

KINDS = np.arange(40) % 4
LIKE = KINDS[:, None] == KINDS


@pytest.fixture(scope="module")
def credit():
    return partial_credit({"kind": KINDS}, {"kind": 0.75})


@pytest.mark.parametrize("objective", ["bce", "softmax", "hinge"])
@pytest.mark.parametrize("negatives", ["own", "own-popularity", *SHARED_NEGATIVES])
def test_credit_is_in_the_labels(parts, credit, objective, negatives):
    options = {"seed": 0, "epochs": 1, "num_negatives": 30, "batch_size": 64}
    data = batches(parts[0], objective, negatives, **options, credit=credit)
    inputs, labels = next(iter(data))
    item_id = inputs["item_id"].numpy()
    if "negative_id" in inputs:
        shared = np.broadcast_to(inputs["negative_id"], [64, labels.shape[1] - 1])
        item_id = np.concatenate([item_id[:, None], shared], axis=1)
    alike = LIKE[item_id[:, :1], item_id] & (item_id != item_id[:, :1])
    expected = 0.75 * alike
    expected[:, 0] = 1
    np.testing.assert_allclose(labels, expected)


def test_items_like_the_positive_are_pushed_down_less(from_pairs, credit):
    """Each user has seven of the ten items of one kind."""
    pairs = [
        (user, item)
        for user in range(20)
        for item in range(user % 4, 40, 4)
        if (item // 4 + user) % 10 < 7
    ]
    train, lead = from_pairs(pairs, 20, 40), []
    known = train.matrix.toarray() > 0
    alike = ~known & (KINDS == np.arange(20)[:, None] % 4)
    options = {"objective": "hinge", "batch_size": 20, "epochs": 40}
    for given in (None, credit):
        keras.utils.set_random_seed(0)
        model = tfrecs.build_mf(20, 40, embedding_dim=8)
        tfrecs.fit(model, train, seed=0, credit=given, **options)
        scores = model.score_users(np.arange(20))
        lead.append(scores[known].mean() - scores[alike].mean())
    assert lead[1] < 0.8 * lead[0]


def test_credit_is_given_to_own_negatives_if_nothing_else_is_asked_for(parts, credit):
    for objective in ("bce", "softmax", "bpr"):
        assert choose_negatives(parts[0], objective, "auto", credit).kind == "own"


@pytest.mark.parametrize(
    ("objective", "negatives", "message"),
    [
        ("bce", "all", "one of own, own-popularity, uni.*credit. Rec.*'all' for 'bce'"),
        ("squared-error", "auto", "give partial credit.*'all' for 'squared-error'"),
        ("mse", "auto", "give partial credit.*'none' for 'mse'"),
        ("kos-warp", "auto", "single positives to give partial credit.*'kos-warp'"),
    ],
)
def test_credit_is_not_thrown_away(parts, credit, objective, negatives, message):
    options = {"objective": objective, "negatives": negatives, "credit": credit}
    with pytest.raises(ValueError, match=message):
        tfrecs.fit(tfrecs.build_mf(120, 40), parts[0], seed=0, **options)


# Several positives


def test_rows_of_the_k_order_statistic_have_several_positives(parts):
    options = {"seed": 0, "epochs": 1, "batch_size": 50, "num_negatives": 3}
    for negatives in ("own", "own-popularity"):
        data = batches(parts[0], "kos-warp", negatives, **options)
        inputs, labels = next(iter(data))
        known = parts[0].matrix[inputs["user_id"].numpy()].toarray()
        taken = np.take_along_axis(known, inputs["item_id"].numpy(), axis=1)
        assert np.array_equal(taken, labels)
        assert labels.numpy().sum(axis=1).tolist() == [10] * 50
        assert labels.shape == (50, 13)


# Ratings


@pytest.fixture(scope="module")
def rated(from_pairs):
    """Ratings of 1 to 5, a half of each from the item and from the user."""
    pairs = [(user, item) for user in range(30) for item in range(20)]
    user, item = np.array(pairs).T
    ratings = 1 + 2 * (user % 2) + 2 * (item % 2)
    data = from_pairs(pairs, 30, 20, ratings=ratings)
    held_out = np.random.default_rng(0).random(600) < 0.2
    return data.take(~held_out), data.take(held_out)


@pytest.mark.parametrize("y_range", [None, (0.5, 5.5)])
def test_ratings_are_learned(rated, y_range):
    train, test = rated
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(30, 20, embedding_dim=4, y_range=y_range)
    start = evaluate_ratings(np.full(len(test), train.ratings.mean()), test)
    assert start.metrics["rmse"] > 1.3  # sqrt(1 + 1) but for chance
    history = tfrecs.fit(
        model,
        train,
        seed=0,
        objective="mse",
        batch_size=40,
        epochs=15,
        optimizer=keras.optimizers.Adam(0.03),
    )
    assert evaluate_ratings(model, test).metrics["rmse"] < 0.3
    assert history.params["negatives"] == "none"
    assert history.params["reason"] == "mse is of ratings"


@pytest.mark.parametrize(
    ("y_range", "bias"),
    # a mean of 4: as it is; a share of 3/4, or 99 of 100, or 1 of 100
    [
        (None, 4),
        ((1, 5), np.log(3)),
        ((1, 4), np.log(99)),
        ((4.5, 5), -np.log(99)),
    ],
)
def test_ratings_start_at_their_mean(from_pairs, y_range, bias):
    train = from_pairs([(0, 0), (0, 1), (1, 0)], 2, 2, ratings=[5, 4, 3])
    model = tfrecs.build_mf(2, 2, init_std=1e-6, y_range=y_range)
    data = batches(train, "mae", "none", seed=0, epochs=1)
    start_at_prior(model, train, "mae", "none", data)
    assert float(model.interaction.global_bias) == pytest.approx(bias)
    if y_range in (None, (1, 5)):
        np.testing.assert_allclose(model.score_users([0, 1]), 4, rtol=1e-5)


def test_ratings_are_needed_for_their_objectives(parts):
    train = dataclasses.replace(parts[0], ratings=None)
    with pytest.raises(ValueError, match="`rating_batches` needs ratings"):
        tfrecs.fit(tfrecs.build_mf(120, 40), train, seed=0, objective="mae")


def test_an_exponent_is_not_for_ratings(rated):
    with pytest.raises(
        ValueError, match=r"`exponent` must be.*exponent=0.5 with 'none"
    ):
        batches(rated[0], "mse", "none", seed=0, epochs=1, exponent=0.5)


def test_a_model_without_a_global_bias_starts_as_it_is(parts):
    model = tfrecs.build_mf(120, 40)
    towers = (model.user_tower, model.item_tower)
    bare = TwoTower(*towers, Interaction(use_bias=False), num_users=120, num_items=40)
    data = batches(parts[0], "bce", "own", seed=0, epochs=1)
    start_at_prior(bare, parts[0], "bce", "own", data)
    assert bare.interaction.use_bias is False


# Where training starts


@pytest.mark.parametrize(
    ("objective", "negatives", "given", "others"),
    [
        ("softmax", "all", None, 1),
        ("bpr", "own", 4, 1),
        ("bce", "own", 4, 4),
        ("bce", "own", None, 4),
        ("bce", "mixed", None, 2 * 1024),
        ("bce", "uniform", 50, 50),
    ],
)
def test_training_starts_at_the_share_of_positives(
    parts, objective, negatives, given, others
):
    model = tfrecs.build_mf(120, 40)
    data = batches(
        parts[0], objective, negatives, seed=0, epochs=1, num_negatives=given
    )
    start_at_prior(model, parts[0], objective, negatives, data)
    bias = float(model.interaction.global_bias)
    assert bias == pytest.approx(-np.log(others))


def test_all_negatives_start_at_the_density_once(parts):
    train, model = parts[0], tfrecs.build_mf(120, 40)
    every_item = batches(train, "bce", "all", seed=0, epochs=1)
    drawn = batches(train, "bce", "own", seed=0, epochs=1)
    start_at_prior(model, train, "bce", "all", every_item)
    odds = len(train) / (120 * 40 - len(train))
    assert float(model.interaction.global_bias) == pytest.approx(np.log(odds))
    start_at_prior(
        model, train, "bce", "own", drawn
    )  # it is not as it was built any more
    assert float(model.interaction.global_bias) == pytest.approx(np.log(odds))
