"""One optimizer for the user and item biases, another for everything else."""

import re

import keras

BIAS_TABLES = r"(?:.*/)?(?:user|item|item_bucket)_bias/.*"
"""Paths of the bias tables' weights, and of no Dense layer's bias."""


def separate_bias_optimizer(
    model: keras.Model,
    main: keras.optimizers.Optimizer,
    bias: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """Pairs a main optimizer with one for the tables `user_bias` and `item_bias`.

    A slower bias optimizer is meant to keep a model from explaining taste by
    popularity. Its effect on ML-100K, which is small, is in `benchmarks/README.md`.
    Callbacks and schedules reach the learning rates of both optimizers.
    The table `item_bucket_bias` of `build_bucketed_mf` is a bias table too.

    Args:
        model: the model to compile with it, which must have such tables.
        main: for all other weights.
        bias: for the bias tables.

    Returns:
        An optimizer for `model.compile`.

    Raises:
        ValueError: if `model` has no bias table, or one optimizer is given twice.

    Example:
        >>> from tfrecs.models import build_mf
        >>> model = build_mf(943, 1682)
        >>> optimizer = separate_bias_optimizer(
        ...     model, keras.optimizers.Adam(1e-3), keras.optimizers.SGD(1e-2)
        ... )
        >>> model.compile(optimizer, loss="binary_crossentropy")
    """
    if main is bias:
        raise ValueError(
            "`main` and `bias` must be two optimizers, since each keeps its own state. "
            f"Received: the same {type(main).__name__} twice"
        )
    paths = [variable.path for variable in model.trainable_variables]
    if not any(re.fullmatch(BIAS_TABLES, path) for path in paths):
        raise ValueError(
            "`model` must have a bias table, a layer named user_bias or item_bias. "
            f"Received: {model.name}, with weights {', '.join(paths)}. build_mf "
            "and build_hybrid are two that make them."
        )
    optimizers = keras.optimizers.OptimizerMap(main, {BIAS_TABLES: bias})
    return keras.optimizers.MultiOptimizer(optimizers)
