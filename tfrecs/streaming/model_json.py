"""Keras models and optimizers as JSON, in the settings and states of learners."""

import json
from collections.abc import Mapping
from typing import Any

from tfrecs._base.types import AnyArray


def to_json(made: Any) -> str:
    """Returns the architecture of a model, or the settings of an optimizer."""
    import keras

    return json.dumps(keras.saving.serialize_keras_object(made))


def from_json(text: str) -> Any:
    """Builds what `to_json` described, without trained weights."""
    import keras

    from tfrecs.models.model_file import check_names

    config = json.loads(text)
    check_names(config)
    return keras.saving.deserialize_keras_object(config, safe_mode=True)


def check_model(config: str, arrays: Mapping[str, AnyArray]) -> None:
    """Raises ValueError for a config of a larger model than there are arrays."""
    from tfrecs.models.model_file import check_names, check_size

    read = json.loads(config)
    check_names(read)
    check_size(read, sum(array.nbytes for array in arrays.values()))
