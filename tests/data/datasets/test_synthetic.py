import numpy as np
import pytest

from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.splits import leave_k_out
from tfrecs.evaluation import evaluate


@pytest.fixture(scope="module")
def data():
    return make_synthetic(200, 60, seed=3, interactions_per_user=15)


def test_sizes_and_ids(data):
    found = data.interactions
    assert (found.num_users, found.num_items) == (200, 60)
    assert np.bincount(found.user_ids).min() >= 2
    assert np.bincount(found.user_ids).max() <= 30
    assert 13 < len(found) / 200 < 17


def test_a_seed_gives_the_same_data_and_another_one_other_data(data):
    again, other = (
        make_synthetic(200, 60, seed=seed, interactions_per_user=15) for seed in (3, 4)
    )
    assert np.array_equal(data.interactions.item_ids, again.interactions.item_ids)
    assert data.interactions.item_features.equals(again.interactions.item_features)
    assert not np.array_equal(
        data.interactions.item_ids[:100], other.interactions.item_ids[:100]
    )


def test_the_blocks_of_users_do_not_matter(data, monkeypatch):
    monkeypatch.setattr("tfrecs.data.datasets.synthetic.SCORE_BLOCK", 60 * 7)
    again = make_synthetic(200, 60, seed=3, interactions_per_user=15)
    assert np.array_equal(data.interactions.item_ids, again.interactions.item_ids)


def test_draws_follow_the_softmax_of_the_true_scores():
    data = make_synthetic(
        20_000, 5, seed=0, interactions_per_user=0.1, sharpness=0, popularity=1
    )
    first = data.interactions.item_ids[data.interactions.timestamps == 0]
    weight = np.exp(data.oracle(np.array([0]))[0])
    expected = weight / weight.sum()
    found = np.bincount(first, minlength=5) / len(first)
    # Three standard errors of a share of 20,000 draws.
    assert np.abs(found - expected).max() < 3 * np.sqrt(0.25 / 20_000)


def test_nothing_ranks_better_than_the_oracle(data):
    train, test = leave_k_out(data.interactions, seed=0, k=4)
    oracle = evaluate(data.oracle, train, test).metrics["ndcg@10"]
    popular = np.tile(np.bincount(train.item_ids, minlength=60), (200, 1))
    shuffled = data.oracle(np.arange(200))[:, ::-1]
    blurred = data.oracle(np.arange(200)) + np.random.default_rng(0).normal(
        0, 2, size=(200, 60)
    )
    for scores in (popular, shuffled, blurred):
        assert evaluate(scores, train, test).metrics["ndcg@10"] < oracle


def test_categories_explain_the_taste_by_their_share():
    def explained(share: float) -> float:
        data = make_synthetic(50, 300, seed=1, feature_share=share, popularity=0)
        scores = data.oracle(np.arange(50)).T.astype(float)  # [items, users]
        frame = data.interactions.item_features
        x = FeatureEncoder(multi_hot=["categories"]).fit_transform(frame).toarray()
        fitted = x @ np.linalg.lstsq(x, scores, rcond=None)[0]
        return 1 - ((scores - fitted) ** 2).sum() / (scores**2).sum()

    assert explained(0.0) < 0.15
    assert explained(1.0) > 0.85
    assert explained(0.0) < explained(0.5) < explained(1.0)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"num_users": 1, "num_items": 10}, "num_users=1, num_items=10"),
        ({"num_users": 10, "num_items": 3}, "num_users=10, num_items=3"),
        ({"feature_share": 1.5}, r"from 0 to 1\. Received: feature_share=1\.5"),
    ],
)
def test_bad_sizes_are_refused(sizes, expected):
    with pytest.raises(ValueError, match=expected):
        make_synthetic(**sizes)
