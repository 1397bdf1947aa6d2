"""Training on a GPU: samples a second, the share of the memory bound, and a training.

Keras on JAX, without TensorFlow and without files. The models, the optimizer and the
training step are the package's; here the data lie on the device, the batches are drawn
there, and one compiled call runs many steps. Three parts:

- NeuMF with NVIDIA's sizes: 64 factors, an MLP of 256-256-128-64 and ML-20M's tables.
  Each positive has 4 negatives, which are drawn uniformly and may be positives;
- a matrix factorization of 64 dimensions, a softmax over the items of the batch;
- its step with own negatives, as the tables grow;
- a training of a size like yelp2018's with the settings that `tfrecs.fit` chooses, an
  SVD start included. Its pairs are random: its time counts, its quality does not.

The memory bound is the peak bandwidth over the bytes of a sample in float32: three
passes over each number of its rows and of its activations. NeuMF's share of it is
printed; the other model's time is that of its three matmuls.

`KERAS_BACKEND=jax python benchmarks/gpu.py [--small] [--policy mixed_bfloat16]
[--json FILE]` is meant to take less than 5 minutes on a GPU. On a CPU, batches are
smaller and steps fewer. `--small` is for tests.
"""

import math
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from _jax_steps import compiled_steps, state_of, timed
from _report import finish, keep, parser, print_table

from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.models import build_cosine, build_mf, build_neumf
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad
from tfrecs.training.defaults import choose_settings
from tfrecs.training.svd_start import start_from_svd

BANDWIDTHS = (  # TB/s, of the first name that is part of the device's
    *(("A100-SXM4-40GB", 1.56), ("A100-PCIE-40GB", 1.56), ("A100", 2.0)),
    *(("H100 PCIe", 2.0), ("H100", 3.35), ("H200", 4.8)),
)
NEGATIVES = 4  # of a positive, where it has its own
BCE = keras.losses.BinaryCrossentropy(from_logits=True)
FACTORS, MLP = 64, (256, 256, 128, 64)
NEUMF_BYTES = 4 * 3 * ((2 * FACTORS + MLP[0]) + (FACTORS + sum(MLP)))


@dataclass(frozen=True)
class Sizes:
    """How large each part is.

    Args:
        tables: users and items of NeuMF and of the matrix factorization.
        pairs: their positives.
        neumf_batch: positives in a batch of NeuMF.
        mf_batch: positives in a batch of the matrix factorization.
        steps: in one timed call.
        rows: of the tables whose steps are compared.
        training: users, items and pairs of the training.
        epochs: of the training, at most; those that the settings have if None.
    """

    tables: tuple[int, int] = (138_493, 26_744)
    pairs: int = 20_000_000
    neumf_batch: int = 2**17
    mf_batch: int = 2**13
    steps: int = 50
    rows: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    training: tuple[int, int, int] = (31_668, 38_048, 1_237_259)
    epochs: int | None = None


SIZES = {
    "gpu": Sizes(),
    "cpu": Sizes(
        **{"neumf_batch": 2**11, "mf_batch": 2**11, "steps": 4, "epochs": 1},
        training=(31_668, 38_048, 123_726),
    ),
    "small": Sizes((60, 50), 500, 16, 16, 2, (9,), (40, 30, 400), epochs=2),
}


def throughput(
    model: keras.Model, draw: Callable[[Any, Any], Any], sizes: Sizes, repeats: int
) -> dict[str, Any]:
    """Returns the `seconds` of a step, and of the first call, which compiles."""
    users, items = (
        jax.random.randint(jax.random.key(n), sizes.pairs, 0, rows, "int32")
        for n, rows in enumerate(sizes.tables)
    )
    data = users, items
    keys = jax.random.split(jax.random.key(2), sizes.steps)
    state, run = state_of(model, draw(data, keys[0])), compiled_steps(model, draw)
    taken = []
    for _ in range(1 + repeats):
        time_of_call, (state, losses) = timed(partial(run, state, data, keys))
        taken.append(time_of_call)
    if not np.isfinite(losses).all():
        raise FloatingPointError(f"the losses of {model.name} are not finite")
    return {"first": taken[0], "seconds": statistics.median(taken[1:]) / sizes.steps}


def own_negatives(sizes: Sizes, size: int) -> Callable[[Any, Any], Any]:
    """Returns a function that draws batches: positives, and the negatives of each."""

    def draw(data: Any, key: Any) -> Any:
        of_rows, of_items = jax.random.split(key)
        rows = jax.random.randint(of_rows, size, 0, sizes.pairs)
        drawn = jax.random.randint(of_items, (size, NEGATIVES), 0, sizes.tables[1])
        item_id = jnp.concatenate([data[1][rows][:, None], drawn], axis=1)
        labels = jnp.zeros((size, 1 + NEGATIVES)).at[:, 0].set(1)
        return {"user_id": data[0][rows], "item_id": item_id}, labels

    return draw


def neumf(sizes: Sizes, repeats: int) -> dict[str, Any]:
    """NeuMF with own negatives: its samples are positives and negatives."""
    model = build_neumf(
        *sizes.tables,
        embedding_dim=FACTORS,
        mlp_embedding_dim=MLP[0] // 2,
        hidden_units=MLP[1:],
    )
    model.compile(LazyAdam(), BCE)
    draw = own_negatives(sizes, sizes.neumf_batch)
    found = throughput(model, draw, sizes, repeats)
    samples = sizes.neumf_batch * (1 + NEGATIVES)
    return found | {"samples_per_second": samples / found["seconds"]}


def step_times(sizes: Sizes, repeats: int) -> dict[str, dict[int, float]]:
    """Seconds of a step of matrix factorization, by optimizer and rows of a table."""
    found: dict[str, dict[int, float]] = {}
    for optimizer in (RowwiseAdagrad, LazyAdam):
        of_rows = found[optimizer.__name__] = {}
        for rows in sizes.rows:
            tables = replace(sizes, tables=(rows, rows))
            model = build_mf(rows, rows, embedding_dim=FACTORS)
            model.compile(optimizer(), BCE)
            draw = own_negatives(tables, sizes.mf_batch)
            of_rows[rows] = throughput(model, draw, tables, repeats)["seconds"]
    return found


def in_batch_mf(sizes: Sizes, repeats: int) -> dict[str, Any]:
    """Matrix factorization with in-batch softmax: its samples are positives."""
    size = sizes.mf_batch
    model = build_mf(*sizes.tables, embedding_dim=FACTORS).over_shared_softmax()
    model.compile(LazyAdam(), negative_log_likelihood)

    def draw(data: Any, key: Any) -> Any:
        rows = jax.random.randint(key, size, 0, sizes.pairs)
        inputs = {"user_id": data[0][rows], "item_id": data[1][rows]}
        return inputs, jnp.ones((size, 1))

    found = throughput(model, draw, sizes, repeats)
    return found | {"samples_per_second": size / found["seconds"]}


def training(sizes: Sizes) -> dict[str, Any]:
    """A training of a cosine model with the default settings, from an SVD."""
    train = random_interactions(*sizes.training)
    model = build_cosine(train.num_users, train.num_items)
    settings = choose_settings(model, train)
    epochs = min(settings.epochs, sizes.epochs or settings.epochs)
    size = min(settings.batch_size or len(train), len(train))
    steps = len(train) // size
    svd, _ = timed(lambda: start_from_svd(model, train, seed=0))
    view = model.over_shared_softmax()
    optimizer = settings.optimizer(model, steps * settings.epochs)
    view.compile(optimizer, negative_log_likelihood)
    share = np.log((train.item_counts / len(train)).clip(1e-9)).astype(np.float32)
    data = tuple(map(jnp.asarray, (train.user_ids, train.item_ids, share)))

    def draw(data: Any, rows: Any) -> Any:
        inputs = {"user_id": data[0][rows], "item_id": data[1][rows]}
        inputs["log_probability"] = data[2][inputs["item_id"]]
        return inputs, jnp.ones((size, 1))

    def order(epoch: int) -> Any:
        rows = jax.random.permutation(jax.random.key(epoch), len(train))
        return rows[: steps * size].reshape(steps, size)

    state, run = state_of(view, draw(data, order(0)[0])), compiled_steps(view, draw)
    compiling, run = timed(lambda: run.lower(state, data, order(0)).compile())
    taken, losses = [], []
    for epoch in range(epochs):
        time_of_epoch, (state, found) = timed(partial(run, state, data, order(epoch)))
        taken.append(time_of_epoch)
        losses.append(float(found[-1]))
    return {
        **{"seconds": svd + compiling + math.fsum(taken), "svd": svd},
        **{"compile": compiling, "epochs": taken, "planned_epochs": settings.epochs},
        **{"batch_size": size, "losses": losses},
    }


def random_interactions(num_users: int, num_items: int, pairs: int) -> Interactions:
    """Draws distinct pairs, of items whose popularity has a long tail."""
    rng = np.random.default_rng(0)
    draws = 2 * pairs
    items = (num_items * rng.random(draws) ** 2).astype(np.int64)
    cells = np.unique(rng.integers(0, num_users, draws) * num_items + items)
    cells = rng.permutation(cells)[:pairs]
    return Interactions(
        user_ids=(cells // num_items).astype(np.int32),
        item_ids=(cells % num_items).astype(np.int32),
        users=Vocabulary(np.arange(num_users), "users"),
        items=Vocabulary(np.arange(num_items), "items"),
    )


def throughputs(sizes: Sizes, repeats: int, bandwidth: float | None) -> dict[str, Any]:
    """Returns and prints samples a second; `bandwidth` (TB/s) gives the bound."""
    of_neumf, of_mf = neumf(sizes, repeats), in_batch_mf(sizes, repeats)
    bound = 1e12 * bandwidth / NEUMF_BYTES if bandwidth else None
    share = of_neumf["samples_per_second"] / bound if bound else None
    of_neumf |= {"bound": bound, "share_of_bound": share}
    operations = 3 * 2 * sizes.mf_batch**2 * FACTORS
    of_mf["tflops"] = operations / of_mf["seconds"] / 1e12
    figures = {"neumf": of_neumf, "in_batch_mf": of_mf}
    beside = (
        "-" if share is None else f"{share:.0%} of the bound",
        f"{of_mf['tflops']:.2g} TFLOP/s",
    )
    print_table(
        ["", "M samples/s", "ms a step", "first call, s", ""],
        [
            (
                *(name, f"{part['samples_per_second'] / 1e6:.3f}"),
                *(f"{1e3 * part['seconds']:.2f}", f"{part['first']:.1f}", last),
            )
            for (name, part), last in zip(figures.items(), beside, strict=True)
        ],
    )
    return figures


def report(times: dict[str, dict[int, float]], trained: dict[str, Any]) -> None:
    """Prints the times of steps and of the training."""
    print_table(
        ["ms a step", *(f"{rows:,} rows" for rows in times["LazyAdam"])],
        [
            (name, *(f"{1e3 * seconds:.2f}" for seconds in of_rows.values()))
            for name, of_rows in times.items()
        ],
    )
    print(
        f"training: {trained['seconds']:.1f} s, of which SVD {trained['svd']:.1f} and "
        f"compiling {trained['compile']:.1f}; {len(trained['epochs'])} of "
        f"{trained['planned_epochs']} epochs"
    )


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--small", action="store_true", help="tiny sizes, for tests")
    options.add_argument("--policy", default="float32", help="of dtypes (%(default)s)")
    options = options.parse_args()
    if keras.backend.backend() != "jax":
        sys.exit("Keras must run on JAX. Set KERAS_BACKEND=jax")
    keras.config.set_dtype_policy(options.policy)
    keras.utils.set_random_seed(0)
    device = jax.devices()[0]
    sizes = SIZES["small" if options.small else device.platform]
    known = [speed for name, speed in BANDWIDTHS if name in device.device_kind]
    bandwidth = known[0] if known else None
    print(f"{device.device_kind}, {options.policy}")
    figures: dict[str, Any] = {"device": device.device_kind, "policy": options.policy}
    figures |= {"bandwidth": bandwidth}
    figures |= throughputs(sizes, options.repeats, bandwidth)
    keep(options, figures)
    figures["step_times"] = step_times(sizes, options.repeats)
    figures["training"] = training(sizes)
    report(figures["step_times"], figures["training"])
    finish(options, figures)


if __name__ == "__main__":
    main()
