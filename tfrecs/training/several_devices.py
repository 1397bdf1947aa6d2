"""Training on several devices: which ways work, and each device's part of a batch."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import keras

from tfrecs.models.layers.embedding import is_table
from tfrecs.models.two_tower import TwoTower, layers_with_weights
from tfrecs.models.views import OverSharedNegatives

if TYPE_CHECKING:
    import tensorflow as tf


@contextmanager
def batches_of_devices(
    model: keras.Model, data: "tf.data.Dataset"
) -> Iterator["tf.data.Dataset"]:
    """Returns batches that Keras distributes as they are meant.

    Keras cuts each array of a batch along its first axis into a part for each device.
    On JAX the parts together are the batch, whatever the arrays are; here each process
    takes its own part. A replica of TensorFlow trains on its part alone: it gets its
    rows and all of the batch's shared negatives.

    Args:
        model: the compiled model.
        data: batches of static shapes, identical in every process.

    Raises:
        ValueError: if the devices do not divide an array of the batches, the model was
            built without the distribution, its layouts split no table, or replicas
            share negatives and a table has a penalty.
    """
    distribution = keras.distribution.distribution()
    strategy = strategy_of(model)
    replicas = 1 if strategy is None else strategy.num_replicas_in_sync
    if distribution is not None and keras.backend.backend() == "jax":
        _check_layout(model, distribution)
        _check_divisible(data, distribution.num_model_replicas)
        automatic = distribution.auto_shard_dataset
        distribution.auto_shard_dataset = False  # it needs arrays of one length
        try:
            yield _of_process(data, distribution)
        finally:
            distribution.auto_shard_dataset = automatic
    elif replicas > 1:
        _check_divisible(data, replicas)
        if isinstance(model, OverSharedNegatives):
            _check_no_penalty(model.towers)
            data = data.map(partial(_for_replicas, replicas))
        yield data
    else:
        yield data


def strategy_of(model: keras.Model) -> Any:
    """Returns the `tf.distribute.Strategy` that a model was built in, or None."""
    strategy = getattr(model, "distribute_strategy", None)  # TensorFlow's alone
    if strategy is None:
        return None
    import tensorflow as tf

    with strategy.scope():
        return strategy if tf.distribute.has_strategy() else None


def scope_of(model: keras.Model) -> AbstractContextManager[Any]:
    """Returns the scope of the strategy that a model was built in.

    Raises:
        ValueError: if it is one that does not work with Keras 3.
    """
    strategy = strategy_of(model)
    if strategy is None:
        return nullcontext()
    import tensorflow as tf

    for name in ("MultiWorkerMirroredStrategy", "ParameterServerStrategy"):
        if isinstance(strategy, getattr(tf.distribute, name)):
            raise ValueError(
                f"`model` must not be built in a {name}, which does not work "
                "with Keras 3 (keras#18624, keras#20585). Use "
                "tf.distribute.MirroredStrategy for the devices of one machine, or "
                "KERAS_BACKEND=jax with keras.distribution for several machines."
            )
    return strategy.scope()


def _check_layout(model: keras.Model, distribution: Any) -> None:
    """Raises ValueError if a model is not on the devices of a distribution."""
    devices = distribution.device_mesh.devices.size
    tables = [variable for variable in model.weights if is_table(variable)]
    if any(len(table.value.sharding.device_set) != devices for table in tables):
        raise ValueError(
            "`model` must be built after keras.distribution.set_distribution. Received:"
            f" tables that are not on all {devices} devices"
        )
    if not isinstance(distribution, keras.distribution.ModelParallel):
        return
    if not any(any(distribution.get_variable_layout(t).axes) for t in tables):
        raise ValueError(
            f"{type(distribution).__name__} must split a table of `model`. Received: "
            f"no layout for {', '.join(table.path for table in tables)}. Name them in "
            f"the layout map, or use tfrecs.SplitTables() and sizes that {devices} "
            "devices divide."
        )


def _check_divisible(data: "tf.data.Dataset", devices: int) -> None:
    """Raises ValueError if the devices do not divide an array of the batches."""
    inputs = data.element_spec[0]
    for name, spec in inputs.items():
        if spec.shape[0] % devices:
            raise ValueError(
                f"`batch_size` and `num_negatives` must be multiples of {devices}, the "
                f"devices that share a batch. Received: {name} of {spec.shape[0]}"
            )


def _check_no_penalty(model: TwoTower) -> None:
    """Raises ValueError for `l2`, as each replica would add that of all negatives."""
    penalties = {
        name: layer.l2
        for name, layer in layers_with_weights(model).items()
        if getattr(layer, "l2", 0)
    }
    if penalties:
        raise ValueError(
            "`l2` must be 0 for negatives that several replicas share, whose penalty "
            f"each of them would add. Received: {penalties}. Use own or all negatives."
        )


def _of_process(data: "tf.data.Dataset", distribution: Any) -> "tf.data.Dataset":
    """Returns the part of each batch that this process's devices train on."""
    import tensorflow as tf

    parts = min(distribution.num_processes, distribution.num_model_replicas)
    number = distribution.data_shard_id if parts > 1 else 0

    def part(array: "tf.Tensor") -> "tf.Tensor":
        size = array.shape[0] // parts
        return array[number * size : (number + 1) * size]

    return data.map(lambda *batch: tf.nest.map_structure(part, batch))


def _for_replicas(replicas: int, inputs: Any, *others: Any) -> tuple[Any, ...]:
    """Returns a batch that is cut into equal parts, one for each replica.

    Each part has its rows and all of the shared negatives of the batch.
    """
    import tensorflow as tf

    batch = inputs["item_id"].shape[0]
    negatives = inputs.get("negative_id", inputs["item_id"])
    inputs = {**inputs, "negative_id": tf.tile(negatives, [replicas])}
    if "log_probability" in inputs:
        drawn = inputs["log_probability"]
        of_items = tf.reshape(drawn[:batch], [replicas, -1])
        of_negatives = tf.repeat(drawn[None, -negatives.shape[0] :], replicas, axis=0)
        both = tf.concat([of_items, of_negatives], axis=1)
        inputs["log_probability"] = tf.reshape(both, [-1])
    return inputs, *others
