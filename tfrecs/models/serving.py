"""A SavedModel that takes ids as the model does."""

from collections.abc import Iterable
from itertools import product
from os import PathLike
from typing import Any

import keras


def export_saved_model(
    model: keras.Model, filepath: str | PathLike[str], verbose: bool
) -> None:
    """Writes a SavedModel whose `serve` takes both ranks of item ids, int32 or int64.

    A SavedModel has the shapes and types that its functions were traced with. Its
    signatures, for TensorFlow Serving, are of int32: `serve`, the default, takes item
    ids `[batch, n]` and `serve_pairs` takes `[batch]`.

    Args:
        model: a `TwoTower`.
        filepath: the folder.
        verbose: whether to print the signatures.
    """
    import tensorflow as tf

    of_users = model.input.keys() - {"item_id"}  # a history in some models

    def traced(ranks: Iterable[int], *types: str) -> Any:
        serve = tf.function(lambda ids: model(ids), autograph=False)
        for rank, user_type, item_type in product(ranks, types, types):
            specs = {"item_id": tf.TensorSpec([None] * rank, item_type, "item_id")}
            for name in of_users:
                shape = model.input[name].shape
                specs[name] = tf.TensorSpec(shape, user_type, name)
            serve.get_concrete_function(specs)
        return serve

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", traced((2, 1), "int32", "int64"))
    archive.add_endpoint("serve_pairs", traced((1,), "int32"))
    archive.write_out(filepath, verbose=verbose)
