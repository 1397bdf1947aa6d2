"""Training steps on JAX, which `make test-jax` runs."""

import jax
import keras
import numpy as np
import pytest

from tfrecs.losses import CATALOGUE_LOSSES, sampled_softmax
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.models import MODELS, build_mf
from tfrecs.models.interaction import Interaction
from tfrecs.models.layers import Embedding
from tfrecs.models.two_tower import TwoTower
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad, separate_bias_optimizer

BCE = keras.losses.BinaryCrossentropy(from_logits=True)
USERS = np.array([0, 6, 3, 3, 1, 5, 0, 0], dtype=np.int32)
ITEMS = np.array([[0, 8, 3], [8, 2, 2], [1, 7, 0], [4, 5, 6]] * 2, dtype=np.int32)
FIRST = np.eye(1, 3, dtype=np.float32).repeat(8, axis=0)


class Watched(RowwiseAdagrad):
    """Keeps the paths of the variables that are updated by row."""

    def build(self, variables):
        self.by_row = set()
        super().build(variables)

    def update_rows(self, rows, variable, rate):
        self.by_row.add(variable.path)
        super().update_rows(rows, variable, rate)


class Dense(RowwiseAdagrad):
    """Takes no gradients by row: with it, rows without gradient do not move either."""

    takes_row_gradients = False


def own_negatives(model):
    return model, BCE, {"user_id": USERS, "item_id": ITEMS}, FIRST


def catalogue(model):
    taken = np.eye(model.num_items, dtype=np.float32)[ITEMS[:, 0]]
    loss = CATALOGUE_LOSSES["softmax"]
    return model.over_catalogue(), loss, {"user_id": USERS}, taken


def shared_negatives(model):
    negative_id = np.array([8, 2, 2, 5, 0, 1, 1, 7], dtype=np.int32)
    inputs = {"user_id": USERS, "item_id": ITEMS[:, 0], "negative_id": negative_id}
    first = np.eye(1, 9, dtype=np.float32).repeat(8, axis=0)
    return model.over_shared_negatives(), sampled_softmax, inputs, first


def in_batch(model):
    inputs = {"user_id": USERS, "item_id": ITEMS[:, 0]}
    return model.over_shared_softmax(), negative_log_likelihood, inputs, FIRST[:, :1]


def state_of(model, batch):
    """The state that Keras passes to a step of a compiled model."""
    model._symbolic_build(data_batch=batch)
    return tuple(
        [variable.value for variable in variables]
        for variables in (
            *(model.trainable_variables, model.non_trainable_variables),
            *(model.optimizer.variables, model.metrics_variables),
        )
    )


@pytest.mark.parametrize(
    ("name", "way"),
    [
        *((name, own_negatives) for name in MODELS),
        *(("mf", way) for way in (catalogue, shared_negatives, in_batch)),
    ],
)
def test_every_table_is_updated_by_row(build, name, way):
    model, loss, inputs, labels = way(build(name))
    model.compile(Watched(), loss)
    batch = (inputs, labels)
    jax.make_jaxpr(model.train_step)(state_of(model, batch), batch)
    tables = {v.path for v in model.trainable_variables if "/embeddings" in v.path}
    assert tables
    assert model.optimizer.by_row >= tables


def test_the_losses_are_those_of_gradients_of_whole_tables(build, randomize):
    found = []
    for make in (Watched, Dense):
        towers = randomize(build("bucketed_mf"))
        model, loss, inputs, labels = shared_negatives(towers)
        model.compile(make(0.1, 0.01, global_clipnorm=0.01), loss)
        losses = [model.train_on_batch(inputs, labels) for _ in range(3)]
        found.append([losses, *towers.get_weights()])
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_losses_and_rows_are_those_of_the_formulas():
    """LazyAdam on a matrix factorization, three steps written out in NumPy."""
    model = build_mf(7, 9, embedding_dim=2, use_bias=False)
    model.compile(LazyAdam(0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-3), BCE)
    rng = np.random.default_rng(0)
    tables = {v.path.split("/")[-2]: v for v in model.trainable_variables}
    for variable in tables.values():
        variable.assign(rng.normal(size=variable.shape))
    values = {name: np.array(v, np.float64) for name, v in tables.items()}
    moments = {name: np.zeros((2, *v.shape)) for name, v in values.items()}
    for t in (1, 2, 3):
        users, items = USERS[t : t + 4], ITEMS[t : t + 4]
        p, q = values["user_factors"][users], values["item_factors"][items]
        scores = np.einsum("bd,bnd->bn", p, q)
        labels = FIRST[:4]
        expected = np.mean(np.log1p(np.exp(scores)) - labels * scores)
        error = (sigmoid(scores) - labels)[..., None] / scores.size
        of_look_ups = {
            "user_factors": (users, (error * q).sum(axis=1)),
            "item_factors": (items, error * p[:, None]),
        }
        for name, (rows, slopes) in of_look_ups.items():
            g = np.zeros_like(values[name])
            np.add.at(g, rows, slopes)
            m, v = moments[name]
            rows = np.unique(rows)
            m[rows] = 0.8 * m[rows] + 0.2 * g[rows]
            v[rows] = 0.9 * v[rows] + 0.1 * g[rows] ** 2
            rate = 0.1 * np.sqrt(1 - 0.9**t) / (1 - 0.8**t)
            values[name][rows] -= rate * m[rows] / (np.sqrt(v[rows]) + 1e-3)
        found = model.train_on_batch({"user_id": users, "item_id": items}, labels)
        # Keras logs the mean of the losses so far.
        model.reset_metrics()
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    for name, variable in tables.items():
        np.testing.assert_allclose(np.array(variable), values[name], rtol=1e-4)


# Tables that are looked up twice, or used otherwise too.


class TwiceAndWhole(keras.layers.Layer):
    """The rows of ids and of their neighbours, and a penalty on a whole other table."""

    def __init__(self, num_rows, **kwargs):
        super().__init__(**kwargs)
        self.table = Embedding(num_rows + 1, 2, name="table")
        self.penalized = Embedding(num_rows, 2, name="penalized")

    def call(self, ids):
        penalized = self.penalized(ids)
        whole = keras.ops.sum(keras.ops.square(self.penalized.embeddings))
        self.add_loss(0.1 * whole)
        return self.table(ids) + self.table(ids + 1) + penalized


def twice_and_whole():
    towers = []
    for name, shape, rows in (("user", (), 7), ("item", (None,), 9)):
        ids = keras.Input(shape, dtype="int32", name=f"{name}_id")
        factors = TwiceAndWhole(rows, name=name)(ids)
        towers.append(keras.Model(ids, {"factors": factors}, name=f"{name}_tower"))
    return TwoTower(*towers, Interaction(), num_users=7, num_items=9)


def test_look_ups_are_summed_and_other_uses_have_gradients_everywhere(randomize):
    found = []
    for make in (Watched, Dense):
        model = randomize(twice_and_whole())
        model.compile(make(0.1, 0.01), BCE)
        inputs = {"user_id": USERS, "item_id": ITEMS}
        losses = [model.train_on_batch(inputs, FIRST) for _ in range(2)]
        found.append([losses, *model.get_weights()])
        if make is Watched:
            assert model.optimizer.by_row == {
                "user/table/embeddings",
                "item/table/embeddings",
            }
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5)


def test_a_bias_optimizer_of_its_own_updates_by_row():
    model = build_mf(7, 9, embedding_dim=2)
    main, bias = Watched(0.1), Watched(0.01)
    model.compile(separate_bias_optimizer(model, main, bias), BCE)
    batch = ({"user_id": USERS, "item_id": ITEMS}, FIRST)
    jax.make_jaxpr(model.train_step)(state_of(model, batch), batch)
    assert {path.split("/")[-2] for path in main.by_row} == {
        "user_factors",
        "item_factors",
    }
    assert {path.split("/")[-2] for path in bias.by_row} == {"user_bias", "item_bias"}


def test_a_loss_scale_leaves_gradients_whole():
    model = build_mf(7, 9, embedding_dim=2)
    model.compile(Watched(loss_scale_factor=2.0), BCE)
    batch = ({"user_id": USERS, "item_id": ITEMS}, FIRST)
    jax.make_jaxpr(model.train_step)(state_of(model, batch), batch)
    assert model.optimizer.by_row == set()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = build_mf(7, 9, embedding_dim=2)
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(RowwiseAdagrad(0.3), BCE)
    losses = [
        model.train_on_batch({"user_id": USERS, "item_id": ITEMS}, FIRST)
        for _ in range(9)
    ]
    assert losses[-1] < 0.9 * losses[0]
    assert all(variable.dtype == "float32" for variable in model.trainable_variables)


def test_training_goes_on_from_a_file_as_if_it_had_not_stopped(tmp_path):
    rate = keras.optimizers.schedules.CosineDecay(0.1, 4)
    straight = build_mf(7, 9, embedding_dim=2)
    straight.compile(LazyAdam(rate, step_aware=True), BCE)
    inputs = {"user_id": USERS, "item_id": ITEMS}
    straight.train_on_batch(inputs, FIRST)
    straight.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for model in (straight, loaded):
        model.train_on_batch(inputs, FIRST)
    for one, two in zip(straight.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    before = straight.get_weights()
    for _ in range(3):  # the rate is 0 after 4 steps
        straight.train_on_batch(inputs, FIRST)
    after = straight.get_weights()
    assert any((a != b).any() for a, b in zip(after, before, strict=True))
    straight.train_on_batch(inputs, FIRST)
    for one, two in zip(straight.get_weights(), after, strict=True):
        np.testing.assert_array_equal(one, two)


# The cost of a step


def test_the_cost_of_a_step_follows_the_batch():
    """As compiled: operations, memory beside the state, and a state changed in place.

    Bytes that are read and written are not counted, since XLA counts the whole table
    for each look-up. Biases have one optimizer, factors the other.
    """
    operations, memory = [], []
    for rows in (500, 50_000):
        model = build_mf(rows, rows, embedding_dim=8)
        optimizers = LazyAdam(step_aware=True), RowwiseAdagrad()
        model.compile(separate_bias_optimizer(model, *optimizers), BCE)
        batch = ({"user_id": USERS, "item_id": ITEMS}, FIRST)
        state = state_of(model, batch)
        step = jax.jit(model.train_step, donate_argnums=0)
        compiled = step.lower(state, batch).compile()
        operations.append(compiled.cost_analysis()["flops"])
        sizes = compiled.memory_analysis()
        memory.append(sizes.temp_size_in_bytes)
        tables = sum(value.nbytes for value in jax.tree.leaves(state) if value.ndim)
        assert sizes.alias_size_in_bytes >= tables
    assert operations[0] == operations[1] > 0
    assert memory[0] == memory[1] < 10_000  # bytes, of 8 rows and their look-ups


def test_callbacks_of_a_model_see_the_weights_of_the_view_that_trains():
    model = build_mf(7, 9)
    over, loss, inputs, labels = in_batch(model)
    over.compile("sgd", loss)
    model.compile(over.optimizer, BCE)
    seen = []

    def at_end(batch, logs):
        weights = watch.model.trainable_variables  # a user's bias has no gradient
        seen.append(np.concatenate([np.ravel(weight) for weight in weights]))

    watch = keras.callbacks.LambdaCallback(on_train_batch_end=at_end)
    listed = keras.callbacks.CallbackList([watch], add_history=True, model=model)
    over.fit(inputs, labels, batch_size=4, callbacks=listed, verbose=0)
    assert not np.array_equal(*seen)
