"""The memory that the process holds, and that on accelerators."""

from pathlib import Path

import keras

STATUS = Path("/proc/self/status")


def memory() -> dict[str, float]:
    """Gives MiB by name: what is resident, where the system tells; and each device's.

    Only Linux tells without another package.
    """
    found: dict[str, float] = {}
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        [held] = [line for line in lines if line.startswith("VmRSS:")]
        found["resident"] = int(held.split()[1]) * 2**10
    of_devices = {"tensorflow": _of_tensorflow, "jax": _of_jax}
    told = of_devices.get(keras.backend.backend(), dict)()
    return {f"{name} MiB": held / 2**20 for name, held in {**found, **told}.items()}


def _of_tensorflow() -> dict[str, float]:
    """Bytes by device, such as "GPU:0"."""
    import tensorflow as tf

    names = [d.name.removeprefix("/device:") for d in tf.config.list_logical_devices()]
    return {
        name: tf.config.experimental.get_memory_info(name)["current"]
        for name in names
        if name.startswith("GPU")
    }


def _of_jax() -> dict[str, float]:
    """Bytes by device, of those that tell."""
    import jax

    told = {f"{d.platform}:{d.id}".upper(): d.memory_stats() for d in jax.devices()}
    return {name: x["bytes_in_use"] for name, x in told.items() if x}
