"""Many trainings of one NCF model side by side on JAX, measured after each epoch."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
from _jax_steps import state_of
from _ncf_data import Data

from tfrecs.losses import CATALOGUE_LOSSES
from tfrecs.models import build_gmf, build_mf, build_mlp, build_neumf
from tfrecs.optimizers import LazyAdam, separate_bias_optimizer

K = 10
REDRAWS = 16  # of a negative that is a positive: few are left, of a few users
MODELS = {"mf": build_mf, "gmf": build_gmf, "mlp": build_mlp, "neumf": build_neumf}
OPTIMIZERS: dict[str, Callable[[keras.Model], Any]] = {
    "adam": lambda model: keras.optimizers.Adam(),
    "lazy_adam": lambda model: LazyAdam(),
    "biases by sgd": lambda model: separate_bias_optimizer(
        model, keras.optimizers.Adam(), keras.optimizers.SGD(0.02)
    ),
}


@dataclass(frozen=True)
class Program:
    """Settings that decide the shapes of a training: each program compiles once.

    Args:
        model: a name in `MODELS`.
        sizes: of the model, and its `init_std`.
        batch: samples in a batch, positives and negatives; users with all items.
        num_negatives: of each positive; None for all other items.
        dropout: of the model.
        grouped: whether a positive and its negatives are in the same batch; the paper
            shuffles all samples.
        optimizer: a name in `OPTIMIZERS`.
    """

    model: str
    sizes: Mapping[str, Any]
    batch: int = 256
    num_negatives: int | None = 4
    dropout: float = 0.0
    grouped: bool = False
    optimizer: str = "adam"

    def build(self, num_users: int, num_items: int) -> tuple[Any, keras.Model]:
        """Builds the package's model; returns it and its compiled view."""
        build = MODELS[self.model]
        model = build(num_users, num_items, **self.sizes, dropout=self.dropout)
        optimizer = OPTIMIZERS[self.optimizer](model)
        if self.num_negatives is None:
            view = model.over_catalogue()
            view.compile(optimizer, CATALOGUE_LOSSES["bce"])
            return model, view
        model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
        return model, model


@dataclass(frozen=True)
class Copy:
    """Settings of one of the trainings that run side by side.

    Args:
        rate: the learning rate.
        decays: whether it falls to 0 along a cosine over the planned epochs.
        own_init: whether the weights start as the package's do, and the global bias at
            the log-odds of a positive; else as in the paper's code.
        fixed: whether each epoch has the negatives of the first.
        unchecked: whether a negative may be a positive of its user.
        whole: whether the validation items are trained on.
        seed: of weights and negatives.
    """

    rate: float = 1e-3
    decays: bool = False
    own_init: bool = False
    fixed: bool = False
    unchecked: bool = False
    whole: bool = False
    seed: int = 0


def start(
    program: Program, copies: Sequence[Copy], prior: float, shape: tuple[int, int]
) -> tuple[Any, keras.Model, Any]:
    """Returns a model, its compiled view, and the stacked states of all copies.

    Args:
        program: what to build.
        copies: what to begin.
        prior: the log-odds of a positive.
        shape: numbers of users and items.
    """
    num_users, num_items = shape
    one = {"user_id": jnp.zeros(1, "int32"), "item_id": jnp.zeros((1, 1), "int32")}
    if program.num_negatives is None:
        one.pop("item_id")
    states = {}
    for seed in {copy.seed for copy in copies}:
        keras.utils.set_random_seed(seed)
        model, view = program.build(num_users, num_items)
        states[seed] = state_of(view, (one,))
    paths = [v.path for v in model.trainable_variables]
    made = []
    for copy in copies:
        weights, *others = states[copy.seed]
        named = zip(paths, weights, strict=True)
        weights = [
            own_start(path, weight, prior)
            if copy.own_init
            else published_start(program, path, weight, copy.seed)
            for path, weight in named
        ]
        made.append((weights, *others))
    return model, view, jax.tree.map(lambda *values: jnp.stack(values), *made)


def own_start(path: str, weight: Any, prior: float) -> Any:
    """Returns a weight as the package draws it, with the bias of `start_at_prior`."""
    return jnp.full_like(weight, prior) if path.endswith("global_bias") else weight


def published_start(program: Program, path: str, weight: Any, seed: int) -> Any:
    """Returns a weight as the paper's code draws it.

    There one matrix takes both embeddings, so that its range is smaller than that of
    two halves, and the output layer, GMF's weights included, is LeCun's uniform.
    """
    last = program.sizes["hidden_units"][-1]
    fan_in = last
    if program.model == "neumf":
        fan_in += program.sizes["embedding_dim"]
    if "gmf_weights" in path:
        key = jax.random.key(seed + 1000)
        limit = math.sqrt(3 / fan_in)
        return jax.random.uniform(key, weight.shape, minval=-limit, maxval=limit)
    if "output_weights" in path:
        return weight * math.sqrt(3 / fan_in) / math.sqrt(6 / (last + 1))
    if "_hidden/kernel" in path:
        inner, units = weight.shape
        return weight * math.sqrt((inner + units) / (2 * inner + units))
    return weight


def lower_epoch(
    program: Program,
    copies: Sequence[Copy],
    epochs: int,
    data: Data,
    shape: tuple[int, int],
) -> tuple[Any, Any]:
    """Returns an epoch of all copies, lowered, and the states before the first one.

    Compiled, it takes the states, the data and its number; it returns the states, each
    copy's loss, and the metrics `[copies, 2, 2]`: HR and NDCG on validation and test.
    """
    positives, n = data.users.shape[1], program.num_negatives
    others = math.prod(shape) / positives - 1 if n is None else n
    model, view, states = start(program, copies, -math.log(others), shape)
    of_copy = {
        name: jnp.array([asdict(copy)[name] for copy in copies])
        for name in Copy.__dataclass_fields__
    }
    units, size, take = batches_of(program, data)
    steps = units // size

    def step(state: Any, copy: Any, batch: Any, number: Any) -> Any:
        done = number / (steps * epochs)
        decay = jnp.where(copy["decays"], (1 + jnp.cos(jnp.pi * done)) / 2, 1.0)
        state = with_rate(view.optimizer, state, copy["rate"] * decay)
        return view.train_step(state, batch)

    @partial(jax.jit, donate_argnums=0)
    def run(states: Any, data: Data, epoch: Any) -> Any:
        key = jax.random.fold_in(jax.random.key(7), epoch)
        order = jax.random.permutation(key, units)[: steps * size]
        draw = partial(draw_negatives, data, (positives, n or 0), epoch)
        negatives = jax.vmap(draw)(of_copy)

        def all_copies(states: Any, given: Any) -> Any:
            rows, number = given

            def one(state: Any, copy: Any, drawn: Any) -> Any:
                batch = take(data, rows, copy["whole"].astype("int32"), drawn)
                return step(state, copy, batch, number)

            logs, states = jax.vmap(one)(states, of_copy, negatives)
            return states, logs["loss"]

        weights, frozen, moments, metrics = states
        states = weights, frozen, moments, jax.tree.map(jnp.zeros_like, metrics)
        given = order.reshape(steps, size), epoch * steps + jnp.arange(steps)
        states, losses = jax.lax.scan(all_copies, states, given)
        found = jax.lax.map(partial(measure, model, data), (states[0], states[1]))
        return states, losses[-1], found

    return run.lower(states, data, jnp.int32(0)), states


def batches_of(program: Program, data: Data) -> tuple[int, int, Callable[..., Any]]:
    """Returns what an epoch shuffles, how much of it is a batch, and what takes it."""
    num_positives = data.users.shape[1]
    if program.num_negatives is None:
        num_users = data.known.shape[1]
        return num_users, min(program.batch, num_users), take_users
    width = 1 + program.num_negatives
    if program.grouped:
        return num_positives, max(1, program.batch // width), take_grouped
    return num_positives * width, program.batch, take_shuffled


def with_rate(optimizer: Any, state: Any, rate: Any) -> Any:
    """Returns a state whose (main) optimizer has another learning rate."""
    main = getattr(optimizer, "optimizers", [optimizer])[0].variables
    (wanted,) = [v for v in main if v.name == "learning_rate"]
    weights, frozen, variables, metrics = state
    variables = [
        rate.astype(value.dtype) if variable is wanted else value
        for variable, value in zip(optimizer.variables, variables, strict=True)
    ]
    return weights, frozen, variables, metrics


def draw_negatives(data: Data, shape: Any, epoch: Any, copy: Any) -> Any:
    """Draws the negatives of each positive, without the user's positives."""
    part = copy["whole"].astype("int32")
    users, num_items = data.users[part][:, None], data.known.shape[2]
    key = jax.random.fold_in(
        jax.random.key(copy["seed"]), jnp.where(copy["fixed"], 0, epoch)
    )

    def redraw(n: Any, drawn: Any) -> Any:
        new = jax.random.randint(
            jax.random.fold_in(key, n), shape, 0, num_items, "int32"
        )
        again = (n == 0) | (data.known[part, users, drawn] & ~copy["unchecked"])
        return jnp.where(again, new, drawn)

    return jax.lax.fori_loop(0, REDRAWS, redraw, jnp.zeros(shape, "int32"))


def take_users(data: Data, users: Any, part: Any, negatives: Any) -> Any:
    """Returns a batch of users, each with all items."""
    return {"user_id": users}, data.known[part, users].astype("float32")


def take_shuffled(data: Data, samples: Any, part: Any, negatives: Any) -> Any:
    """Returns a batch of single samples, each a positive or one of its negatives."""
    width = 1 + negatives.shape[1]
    positives, place = samples // width, samples % width
    drawn = negatives[positives, jnp.maximum(place - 1, 0)]
    items = jnp.where(place == 0, data.items[part, positives], drawn)
    inputs = {"user_id": data.users[part, positives], "item_id": items[:, None]}
    return inputs, (place == 0).astype("float32")[:, None]


def take_grouped(data: Data, positives: Any, part: Any, negatives: Any) -> Any:
    """Returns a batch of positives, each with its negatives."""
    drawn = negatives[positives]
    items = jnp.concatenate([data.items[part, positives][:, None], drawn], axis=1)
    labels = jnp.zeros(items.shape).at[:, 0].set(1)
    return {"user_id": data.users[part, positives], "item_id": items}, labels


def measure(model: keras.Model, data: Data, weights: Any) -> Any:
    """Returns HR@10 and NDCG@10 on validation and test data: `[2, 2]`."""
    users = jnp.arange(data.candidates.shape[1])
    found = []
    for items, dropped in zip(data.candidates, data.dropped, strict=True):
        inputs = {"user_id": users, "item_id": items}
        scores, _ = model.stateless_call(*weights, inputs)
        others = jnp.where(dropped, -jnp.inf, scores[:, 1:])
        rank = (others >= scores[:, :1]).sum(axis=1)
        gains = jnp.where(rank < K, jnp.log(2.0) / jnp.log(rank + 2.0), 0)
        found.append(jnp.stack([(rank < K).mean(), gains.mean()]))
    return jnp.stack(found)
