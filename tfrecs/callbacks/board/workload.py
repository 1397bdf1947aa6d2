"""The scalars of an epoch: logs, learning rates, speed and memory."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import psutil

from tfrecs.optimizers.separate_bias import BIAS_TABLES


def log_scalars(logs: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers in Keras's logs, by their tags."""
    return {
        f"validation/{name[4:]}" if name.startswith("val_") else f"train/{name}": value
        for name, value in logs.items()
        if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"
    }


def learning_rates(optimizer: keras.optimizers.Optimizer | None) -> dict[str, float]:
    """Returns the current learning rates, also of schedules, by their tags.

    "learning_rate/main" is that of the only optimizer, or of the default one among
    several. The others' are "learning_rate/bias", for `tfrecs.separate_bias_optimizer`,
    and else "learning_rate/<pattern>". None has no rates.
    """
    if optimizer is None:
        return {}
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return learning_rates(optimizer.inner_optimizer)
    named = getattr(optimizer, "_optimizer_map", None)
    each = {"main": optimizer}
    if isinstance(named, keras.optimizers.OptimizerMap):
        names = {BIAS_TABLES: "bias"}
        each = {names.get(pattern, pattern): named[pattern] for pattern in named}
        each = {"main": named.default_optimizer, **each}
    return {f"learning_rate/{name}": float(x.learning_rate) for name, x in each.items()}


def memory() -> dict[str, float]:
    """Returns MiB: the resident memory of the process, and that of each accelerator."""
    sizes = {"resident": psutil.Process().memory_info().rss, **_of_devices()}
    return {f"workload/{name} MiB": size / 2**20 for name, size in sizes.items()}


def _of_devices() -> dict[str, int]:
    """Returns bytes by device, such as "GPU:0", for devices that report them."""
    if keras.backend.backend() == "jax":
        import jax

        stats = {
            f"{d.platform}:{d.id}".upper(): d.memory_stats() for d in jax.devices()
        }
        return {name: x["bytes_in_use"] for name, x in stats.items() if x}
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        devices = [d.name for d in tf.config.list_logical_devices("GPU")]
        names = [name.removeprefix("/device:") for name in devices]
        memory_info = tf.config.experimental.get_memory_info
        return {name: memory_info(name)["current"] for name in names}
    return {}
