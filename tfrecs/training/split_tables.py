"""Embedding tables that are split over devices, on JAX."""

from collections.abc import Sequence
from typing import Any

import keras

from tfrecs.models.layers.embedding import is_table

AXIS = "devices"
"""The one axis of the mesh."""


class SplitTables(keras.distribution.ModelParallel):
    """Splits each embedding table over all devices, and each batch as well.

    A device holds its part of the rows of each table, and of the optimizer's state. A
    step exchanges the rows that its batch looks up, never a table. A table whose number
    of rows the devices do not divide is split by columns; one that they divide neither
    way, such as a table of biases, is replicated, and so is every other weight.

    Args:
        devices: as of `keras.distribution.list_devices`; all devices by default.
    """

    def __init__(self, devices: Sequence[str] | None = None) -> None:
        names = list(devices or keras.distribution.list_devices())
        mesh = keras.distribution.DeviceMesh((len(names),), [AXIS], names)
        super().__init__(layout_map=keras.distribution.LayoutMap(mesh))

    def get_variable_layout(self, variable: Any) -> keras.distribution.TensorLayout:
        """Returns the layout of a variable, by its shape."""
        layout = super().get_variable_layout(variable)
        if any(layout.axes) or not is_table(variable):
            return layout
        for axis, size in enumerate(variable.shape):
            if size % self.num_model_replicas == 0:
                axes = [AXIS if n == axis else None for n in range(2)]
                return keras.distribution.TensorLayout(axes, self.device_mesh)
        return layout
