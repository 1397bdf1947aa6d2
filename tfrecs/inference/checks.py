"""Checks that a model and the encoders of its features belong together."""

from typing import Any

from tfrecs.data.features import FeatureEncoder
from tfrecs.inference.encoders import Encoders


def check_encoders(encoders: Encoders, model: Any) -> None:
    """Raises TypeError or ValueError for an encoder that does not fit the model."""
    from tfrecs.models.growing import id_tower, num_features, reads_features

    for side, encoder in encoders.items():
        if encoder is None:
            continue
        name = f"`{side}_encoder`"
        if not isinstance(encoder, FeatureEncoder):
            raise TypeError(
                f"{name} must be a FeatureEncoder. Received: {type(encoder).__name__}"
            )
        tower = id_tower(model, side)
        if tower is None or not reads_features(tower):
            raise ValueError(
                f"{name} needs a model that reads features of the {side}s. Received: "
                f"{getattr(model, 'name', type(model).__name__)}"
            )
        reads, encodes = num_features(tower), len(encoder.names)
        if reads not in (None, encodes):
            raise ValueError(
                f"{name} must be the one whose features `model` was built with, "
                f"{reads} of them. Received: {encodes} features"
            )
