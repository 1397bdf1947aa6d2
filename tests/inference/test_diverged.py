"""Every use of a model that has diverged raises one error."""

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs._base.finite import NotFinite
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.models import MODELS
from tfrecs.training.grow_with import grow_with


@pytest.fixture(scope="module")
def parts():
    data = make_synthetic(30, 20, seed=0, interactions_per_user=8).interactions
    return leave_k_out(data, seed=0, k=2)


def diverged(name="mf", value=np.nan):
    keras.utils.set_random_seed(0)
    model = MODELS[name](30, 20)
    model.set_weights([np.full_like(x, value) for x in model.get_weights()])
    return model


def of_a_new_user(train):
    item = train.items.ids[:1]
    return tfrecs.Interactions.from_arrays([10**6], item, timestamps=[99])


CALLS = {
    "scores": lambda use, *parts: use.model.score_users([0]),
    "scorer": lambda use, *parts: use.model.catalogue_scorer()(np.array([0])),
    "recommend": lambda use, *parts: use.recommend([parts[0].users.ids[0]], 3),
    "evaluate": lambda use, *parts: tfrecs.evaluate(use.model, *parts, k=3),
    "fold in": lambda use, *parts: use.recommend_for_history(
        [parts[0].items.ids[0]], 3
    ),
    "similar": lambda use, *parts: use.similar_items([parts[0].items.ids[0]], 3),
    "save": lambda use, *parts: use.save("unused"),
    "grow": lambda use, *parts: grow_with(use.model, parts[0], of_a_new_user(parts[0])),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_every_call_raises_it(parts, call, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    use = tfrecs.Recommender(diverged(value=value), parts[0])
    with pytest.raises(NotFinite, match=r"The model's .* must be finite.*lower the"):
        CALLS[call](use, *parts)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["cosine", "neumf", "mlp", "cml"])
def test_other_models_raise_it(name):
    with pytest.raises(NotFinite):
        diverged(name).score_users(np.arange(30))


def test_weights_of_the_hidden_part_alone_raise_it():
    keras.utils.set_random_seed(0)
    model = MODELS["mlp"](30, 20)
    weight = model.interaction.g.weights[-1]
    weight.assign(np.full(weight.shape, np.nan))
    with pytest.raises(NotFinite, match="scores"):
        model.score_users(np.arange(30))
