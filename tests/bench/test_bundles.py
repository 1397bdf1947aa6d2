"""Which models of a run are kept as bundles."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs.bench.bundles import Bundles
from tfrecs.bench.result import Result
from tfrecs.models.growing import num_features


@pytest.fixture(scope="module")
def problem(from_pairs):
    train = from_pairs([(0, 0), (1, 1), (2, 2)], 3, 4)
    return SimpleNamespace(train=train, cutoffs=(2, 3), encoders={}, as_json=about)


def about():
    return {"dataset": {"name": "films.csv"}, "protocol": {"split": "temporal"}}


@pytest.fixture(scope="module")
def model():
    return tfrecs.build_mf(3, 4, embedding_dim=2)


@pytest.fixture
def kept(problem, model, tmp_path):
    """Offers models with a value on validation data; returns the kept names."""

    def kept(*offers):
        bundles = Bundles(tmp_path / "bundles", problem)
        for name, seed, validation in offers:
            found = {} if validation is None else {"val_ndcg@3": validation}
            bundles.offer(model, Result(name, seed, validation=found))
        return sorted(path.name for path in (tmp_path / "bundles").iterdir())

    return kept


@pytest.mark.parametrize(
    ("offers", "names"),
    [
        ({"a": 0.3, "b": 0.1, "c": 0.2, "d": 0.4, "e": 0.15}, "acd"),
        (dict.fromkeys("dcba"), "bcd"),  # the first three, without validation
    ],
)
def test_the_best_three_on_validation_stay(kept, offers, names):
    assert kept(*((name, 0, value) for name, value in offers.items())) == [*names]


def test_the_first_seed_alone_is_kept(kept):
    assert kept(("a", 0, 0.1), ("a", 1, 0.9), ("b", 0, 0.2)) == ["a", "b"]


def test_a_bundle_goes_only_once_the_better_one_is_there(
    problem, model, tmp_path, monkeypatch
):
    bundles = Bundles(tmp_path, problem)
    for name in "abc":
        bundles.offer(model, Result(name, 0, validation={"val_ndcg@3": 0.1}))
    monkeypatch.setattr(
        tfrecs.inference.recommender.Recommender, "save", lambda *_, **__: 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        bundles.offer(model, Result("d", 0, validation={"val_ndcg@3": 0.2}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_a_bundle_that_cannot_be_saved_is_a_warning(
    problem, model, tmp_path, monkeypatch, caplog
):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "a/model.keras")

    bundles = Bundles(tmp_path, problem)
    with monkeypatch.context() as patched:
        patched.setattr(tfrecs.inference.recommender.Recommender, "save", full)
        bundles.offer(model, Result("a", 0))
    assert "a has no bundle, but its metrics are kept: [Errno 28] No" in caplog.text
    bundles.offer(model, Result("b", 0))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_what_is_no_model_of_keras_is_not_kept(problem, tmp_path):
    Bundles(tmp_path / "bundles", problem).offer(lambda users: users, Result("ease", 0))
    assert not (tmp_path / "bundles").exists()


def test_metrics_that_are_not_defined_are_left_out(problem, model, tmp_path):
    result = Result("a", 0, more_metrics={"auc": float("nan"), "mrr": 0.5})
    Bundles(tmp_path, problem).offer(model, result)
    assert tfrecs.load(tmp_path / "a").metrics == {"test_mrr": 0.5}


def test_a_bundle_has_the_protocol_and_the_intervals_of_its_metrics(
    problem, model, tmp_path
):
    scores = np.random.default_rng(0).random((3, 4))
    found = tfrecs.evaluate(
        scores, problem.train, problem.train, k=1, exclude_seen=False
    )
    Bundles(tmp_path, problem).offer(model, Result("a", 0, evaluation=found))
    kept = tfrecs.load(tmp_path / "a")
    ends = kept.protocol.pop("intervals")
    known = {"split": "temporal", "dataset": {"name": "films.csv"}, "seed": 0}
    assert kept.protocol == known
    values = found.per_user["mrr"]
    half = 1.96 * values.std(ddof=1) / 3**0.5
    expected = [values.mean() - half, values.mean() + half]
    assert ends["test_mrr"] == pytest.approx(expected)
    assert set(ends) <= set(kept.metrics)


def test_a_bundle_has_the_encoders_of_the_features_that_its_model_reads(
    problem, tmp_path
):
    films = pd.DataFrame({"year": [1990, 1991, 1992, 1999]})
    encoder = tfrecs.FeatureEncoder(numeric=["year"]).fit(films)
    unread = tfrecs.FeatureEncoder(numeric=["year"]).fit(films[:3])
    described = SimpleNamespace(
        train=problem.train,
        cutoffs=(3,),
        encoders={"item": encoder, "user": unread},
        as_json=about,
    )
    model = tfrecs.build_hybrid(
        3, 4, item_features=encoder.transform(films), embedding_dim=2
    )
    assert num_features(model.item_tower) == 1
    bundles = Bundles(tmp_path, described)
    bundles.offer(model, Result("hybrid", 0))
    bundles.offer(tfrecs.build_mf(3, 4, embedding_dim=2), Result("mf", 0))
    found = tfrecs.load(tmp_path / "hybrid").users_for_new_items(films[3:], k=3)
    assert sorted(found["user"]) == problem.train.users.ids.tolist()
    assert tfrecs.load(tmp_path / "mf").item_encoder is None
