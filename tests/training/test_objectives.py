"""The table of objectives: which go with which negatives, and what "auto" chooses."""

import dataclasses
import inspect

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES, configure_loss
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.training.fit import compile_for
from tfrecs.training.objectives import NEGATIVES, ROWS
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives, Plan, choose_negatives

SHARED = ("shared", "shared-popularity", "in-batch", "mixed")
KINDS = np.arange(40) % 4
CREDIT = partial_credit({"kind": KINDS}, {"kind": 0.75})


@pytest.fixture(scope="module")
def train():
    return make_synthetic(120, 40, seed=0, interactions_per_user=14).interactions


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}-{len(row.losses)}")
def test_defaults_are_those_of_the_pipeline(row):
    parameters = inspect.signature(row.pipeline).parameters
    assert row.batch_size == parameters["batch_size"].default
    if row.num_negatives is not None:
        assert row.num_negatives == parameters["num_negatives"].default
    assert row.credit <= ("credit" in parameters)


@pytest.mark.parametrize("objective", sorted({*LOSSES} - {"kos-warp"}))
@pytest.mark.parametrize("kind", SHARED)
def test_a_softmax_alone_is_corrected_for_what_is_drawn(train, objective, kind):
    data = Plan(objective, Negatives(kind)).batches(train, seed=0)
    inputs, _ = data.element_spec
    assert ("log_probability" in inputs) == (objective == "softmax")


@pytest.mark.parametrize("kind", ["shared-popularity", "own-popularity"])
def test_popular_negatives_are_drawn_by_the_exponent(train, kind):
    """At -9 the items of the fewest users are drawn, but for these users."""
    counts = np.bincount(train.item_ids, minlength=40)
    rare = np.sort(counts[counts > 0])[:5]
    plan = Plan("bce", Negatives(kind, num_negatives=30, exponent=-9.0))
    for inputs, _ in plan.batches(train, seed=0):
        drawn = inputs.get("negative_id", inputs["item_id"][..., 1:])
        assert np.isin(counts[drawn], rare).mean() > 0.8  # .125 of uniform ones


@pytest.mark.parametrize("objective", ["bce", "softmax", "hinge"])
@pytest.mark.parametrize("kind", ["own", "own-popularity", *SHARED])
def test_labels_have_the_credit(train, objective, kind):
    if (objective, kind) == ("softmax", "own-popularity"):
        return
    plan = Plan(objective, Negatives(kind, credit=CREDIT))
    inputs, labels = next(iter(plan.batches(train, seed=0, batch_size=64)))
    item_id = inputs["item_id"].numpy()
    if item_id.ndim == 1:
        negatives = inputs.get("negative_id", item_id)
        shared = np.broadcast_to(negatives, [64, labels.shape[1] - 1])
        item_id = np.concatenate([item_id[:, None], shared], axis=1)
    positive = item_id[:, :1]
    similar = (KINDS[item_id] == KINDS[positive]) & (item_id != positive)
    expected = 0.75 * similar
    expected[:, 0] = 1
    np.testing.assert_allclose(labels, expected)


@pytest.mark.parametrize("kind", ["own", "own-popularity"])
def test_rows_of_the_k_order_statistic_have_several_positives(train, kind):
    plan = Plan("kos-warp", Negatives(kind, num_negatives=3))
    inputs, labels = next(iter(plan.batches(train, seed=0, batch_size=50)))
    known = train.matrix[inputs["user_id"].numpy()].toarray()
    taken = np.take_along_axis(known, inputs["item_id"].numpy(), axis=1)
    assert np.array_equal(taken, labels)
    assert labels.shape == (50, 13)
    assert labels.numpy().sum(axis=1).tolist() == [10] * 50


def test_views_are_trained_for_all_and_shared_negatives():
    model = tfrecs.build_mf(5, 4)

    def compiled(objective, kind):
        plan = Plan(objective, Negatives(kind))
        return compile_for(model, plan, keras.optimizers.Adam())

    assert compiled("bce", "own") is model
    assert model.loss is LOSSES["bce"]
    assert compiled("mae", "none") is model
    assert model.loss is RATING_LOSSES["mae"]
    view = compiled("softmax", "all")
    assert (view.towers, view.loss) == (model, CATALOGUE_LOSSES["softmax"])
    view = compiled("bce", "mixed")
    assert (view.towers, view.loss) == (model, LOSSES["bce"])
    assert type(view).__name__ == "OverSharedNegatives"
    view = compiled("softmax", "mixed")
    assert (view.towers, view.loss) == (model, negative_log_likelihood)
    assert type(view).__name__ == "OverSharedSoftmax"


@pytest.mark.parametrize("kind", SHARED)
def test_a_softmax_has_one_label_unless_negatives_have_credit(train, kind):
    for credit in (None, CREDIT):
        plan = Plan("softmax", Negatives(kind, credit=credit))
        inputs, labels = plan.batches(train, seed=0, batch_size=50).element_spec
        drawn = inputs.get("negative_id", inputs["item_id"]).shape[0]
        assert labels.shape == (50, 1 if credit is None else 1 + drawn)
        assert ("negative_id" in inputs) == (kind != "in-batch")
        known = [inputs[x].shape[0] for x in ("item_id", "negative_id") if x in inputs]
        assert inputs["log_probability"].shape == (sum(known),)


# The choice


def sized(from_pairs, num_items, **columns):
    """Ten positives of ten users: as many pairs per positive as items."""
    return from_pairs([(user, 0) for user in range(10)], 10, num_items, **columns)


@pytest.mark.parametrize(
    ("objective", "num_items", "kind", "reason"),
    [
        ("squared-error", 9000, "all", "squared-error is over the whole catalogue"),
        ("bpr", 5, "own", "bpr compares a positive with single items"),
        ("kos-warp", 5, "own", "kos-warp compares a positive with single items"),
        ("mse", 5, "none", "mse is of ratings"),
        ("hinge", 9000, "own", "hinge compares a positive with single items"),
        ("bce", 180, "all", "180 pairs per positive, at most 180"),
        ("softmax", 5, "all", "5 pairs per positive, at most 180"),
        ("bce", 181, "mixed", "all items are 181 pairs per positive, over 180"),
        ("softmax", 181, "mixed", "all items are 181 pairs per positive, over 180"),
    ],
)
def test_auto_chooses_by_cost(from_pairs, objective, num_items, kind, reason):
    plan = choose_negatives(sized(from_pairs, num_items), objective)
    assert (plan.negatives, plan.reason) == (Negatives(kind), reason)


@pytest.mark.parametrize("num_items", [5, 9000])
@pytest.mark.parametrize("objective", ["bce", "softmax"])
def test_auto_uses_weights_and_credit(from_pairs, num_items, objective):
    weights = np.ones(10, dtype=np.float32)
    plan = choose_negatives(sized(from_pairs, num_items, weights=weights), objective)
    assert plan.negatives.kind == "own"
    assert plan.reason == "train has weights, one for each positive"
    given = Negatives(credit=CREDIT)
    plan = choose_negatives(sized(from_pairs, num_items), objective, given)
    assert plan.negatives == Negatives("own", credit=CREDIT)


def test_requested_negatives_are_used(from_pairs):
    objective = configure_loss("softmax", temperature=0.2)
    plan = choose_negatives(sized(from_pairs, 9000), objective, "shared")
    expected = Plan("softmax", Negatives("shared"), {"temperature": 0.2})
    assert plan == expected
    assert plan.reason == "as requested"


@pytest.mark.parametrize(
    ("objective", "negatives", "message"),
    [
        ("bce", "some", "`negatives` must be one of auto, all, none, own, own.*'some'"),
        ("bpr", "all", "`objective` must be one of softmax, bce, squared.*'bpr'"),
        (
            "squared-error",
            "own",
            "`objective` must be one of bce, gbce, bpr, .*'squared-err",
        ),
        (
            "squared-error",
            "mixed",
            "`objective` must be one of bce, gbce, bpr, .*'squared-",
        ),
        (
            "softmax",
            "own-popularity",
            "must be one of bce, gbce, bpr, hinge, adap.*'softm",
        ),
        ("bce", "none", "`objective` must be one of mse, mae. Received: 'bce'"),
        ("mse", "own", "`objective` must be one of bce, gbce, bpr, .*Received: 'mse'"),
        ("mse", "all", "`objective` must be one of softmax, bce, .*Received: 'mse'"),
        ("kos-warp", "mixed", "must be one of bce, gbce, bpr, .*Received: 'kos-warp'"),
        ("kos-warp", "all", "must be one of softmax, bce, .*Received: 'kos-warp'"),
        (
            "nope",
            "auto",
            "`objective` must be one of bce, gbce, bpr, hinge, soft.*'nope'",
        ),
    ],
)
def test_an_objective_without_such_negatives(train, objective, negatives, message):
    with pytest.raises(ValueError, match=message):
        choose_negatives(train, objective, negatives)


@pytest.mark.parametrize(
    ("objective", "kind", "name", "value"),
    [
        *(("bce", kind, "num_negatives", 4) for kind in ("all", "in-batch", "mixed")),
        *(("bce", kind, "exponent", 0.5) for kind in NEGATIVES if "pop" not in kind),
        ("mse", "none", "exponent", 0.5),
        ("bce", "all", "credit", CREDIT),
        ("squared-error", "auto", "credit", CREDIT),
        ("mse", "auto", "credit", CREDIT),
        ("kos-warp", "auto", "credit", CREDIT),
    ],
)
def test_an_argument_without_effect(train, objective, kind, name, value):
    if (objective, kind) == ("bce", "none"):
        return
    shown = "PartialCredit" if name == "credit" else value
    message = f"`{name}` must be left out.*{objective}.*{name}={shown}"
    with pytest.raises(ValueError, match=message):
        choose_negatives(train, objective, Negatives(kind, **{name: value}))


def test_weights_without_effect(train):
    weighted = dataclasses.replace(train, weights=np.ones(len(train)))
    for objective, kind in (("bce", "all"), ("squared-error", "auto")):
        with pytest.raises(ValueError, match=f"no weights.*{objective}.*'all'"):
            choose_negatives(weighted, objective, kind)
    with pytest.raises(ValueError, match=r"no weights.*'kos-warp'.*'own'"):
        choose_negatives(weighted, "kos-warp")
    assert choose_negatives(weighted, "mse").negatives.kind == "none"


@pytest.mark.parametrize("kind", ["all", "own", "mixed", "shared"])
@pytest.mark.parametrize("size", ["batch_size", "num_negatives", "epochs"])
def test_sizes_of_zero_are_no_defaults(train, kind, size):
    if kind in ("all", "mixed") and size == "num_negatives":
        return  # these draw none
    plan = Plan("bce", Negatives(kind, 0 if size == "num_negatives" else None))
    sizes = {} if size == "num_negatives" else {size: 0}
    with pytest.raises(ValueError, match=f"`{size}` must be.*Received: {size}=0"):
        plan.batches(train, seed=0, **sizes)
