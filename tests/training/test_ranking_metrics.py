import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.callbacks import RankingMetrics
from tfrecs.data.splits import random_split
from tfrecs.evaluation import evaluate_sampled
from tfrecs.evaluation.candidates import sample_candidates
from tfrecs.evaluation.user_sample import sample_users


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(0)
    matrix = (rng.random((30, 20)) < 0.4).astype(float)
    return random_split(tfrecs.Interactions.from_matrix(matrix), seed=0)


def build(parts):
    keras.utils.set_random_seed(0)
    train, _ = parts
    return tfrecs.build_mf(train.num_users, train.num_items, embedding_dim=4)


def fit(parts, *callbacks, epochs=3):
    """Trains with stock Keras, without compiling: quick."""
    model, (train, _) = build(parts), parts
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    rows = {"user_id": train.user_ids, "item_id": train.item_ids}
    history = model.fit(
        rows, np.ones(len(train)), epochs=epochs, callbacks=callbacks, verbose=0
    )
    return model, history.history


def test_last_epoch_shows_what_evaluate_gives(parts):
    model, ranking = build(parts), RankingMetrics(*parts, k=(3, 5))
    history = tfrecs.fit(
        model, parts[0], seed=0, objective="softmax", epochs=5, callbacks=[ranking]
    ).history
    expected = tfrecs.evaluate(model, *parts, k=(3, 5)).metrics
    assert {f"val_{name}" for name in expected} == set(history) - {"loss"}
    for name, value in expected.items():
        assert history[f"val_{name}"][-1] == pytest.approx(value, abs=1e-12)


def test_seen_items_can_be_ranked_too_and_every_second_epoch_alone(parts):
    ranking = RankingMetrics(*parts, k=5, exclude_seen=False, every=2)
    model, history = fit(parts, ranking, epochs=4)
    assert (len(history["val_mrr"]), len(history["loss"])) == (2, 4)
    expected = tfrecs.evaluate(model, *parts, k=5, exclude_seen=False)
    assert history["val_mrr"][-1] == pytest.approx(expected.metrics["mrr"])
    masked = tfrecs.evaluate(model, *parts, k=5)
    assert expected.metrics["mrr"] != masked.metrics["mrr"]


def test_model_checkpoint_monitors_it(parts, tmp_path):
    path = tmp_path / "best.keras"
    save = keras.callbacks.ModelCheckpoint(
        path, monitor="val_ndcg@5", mode="max", save_best_only=True
    )
    _, history = fit(parts, RankingMetrics(*parts, k=5), save, epochs=4)
    best = tfrecs.evaluate(keras.saving.load_model(path), *parts, k=5)
    assert best.metrics["ndcg@5"] == pytest.approx(max(history["val_ndcg@5"]))


def test_only_named_metrics_are_measured(parts):
    names = ["recall", "mrr", "coverage"]
    callback = RankingMetrics(*parts, k=(3, 5), metrics=names)
    model, history = fit(parts, callback, epochs=1)
    expected = tfrecs.evaluate(model, *parts, k=(3, 5), metrics=names).metrics
    assert {f"val_{name}": [value] for name, value in expected.items()} == {
        name: values for name, values in history.items() if name != "loss"
    }
    assert callback.evaluation.metrics == expected


def test_the_seed_draws_the_users(parts):
    _, validation = parts
    callback = RankingMetrics(*parts, num_users=8, seed=1)
    assert callback.evaluation is None
    assert callback.validation.user_ids.tolist() == (
        sample_users(validation, 8, 1).user_ids.tolist()
    )

    def drawn(num_users, seed):
        return set(sample_users(validation, num_users, seed).user_ids.tolist())

    assert drawn(8, 0) == drawn(8, 0) != drawn(8, 1)
    assert drawn(99, 0) == set(validation.user_ids.tolist())
    sample = sample_users(validation, 8, 0)
    kept = np.isin(validation.user_ids, sample.user_ids)
    assert len(sample) == kept.sum()  # all that they have
    assert sample.users is validation.users


def test_sampled_candidates_of_some_users_are_ranked_and_monitored(parts):
    candidates = sample_candidates(*parts, num_negatives=3, seed=0)
    callback = RankingMetrics(*parts, k=2, candidates=candidates, num_users=9)
    stop = keras.callbacks.EarlyStopping(
        "val_sampled_ndcg@2", mode="max", patience=1, min_delta=10
    )
    model, history = fit(parts, callback, stop, epochs=9)
    assert len(history["loss"]) == 2  # nothing is better by 10, so one more and stop
    expected = evaluate_sampled(model, callback.validation, candidates, k=2)
    assert callback.evaluation.protocol.kind == "sampled"
    for name, value in expected.metrics.items():
        assert history[f"val_sampled_{name}"][-1] == pytest.approx(value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"every": 0}, "Received: every=0"),
        ({"k": 21}, "at most num_items=20.*Received: k=21"),
        ({"metrics": ["ndgc"]}, "Received: 'ndgc'"),
        ({"metrics": ["diversity"]}, "'diversity' needs `item_features`"),
        ({"num_users": 0}, "Received: num_users=0"),
    ],
)
def test_wrong_arguments_are_refused_before_training(parts, options, told):
    with pytest.raises(ValueError, match=told):
        RankingMetrics(*parts, **options)
    with pytest.raises(ValueError, match="no pair of `train`"):
        RankingMetrics(parts.train, parts.train)
    candidates = sample_candidates(*parts, num_negatives=3, seed=0)
    with pytest.raises(ValueError, match=r"linear_ndcg\. Received: 'coverage'"):
        RankingMetrics(*parts, candidates=candidates, metrics=["coverage"])
