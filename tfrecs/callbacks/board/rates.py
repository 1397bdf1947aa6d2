"""The learning rates of a model's optimizers."""

import keras

from tfrecs.optimizers.separate_bias import BIAS_TABLES


def learning_rates(optimizer: keras.optimizers.Optimizer | None) -> dict[str, float]:
    """Gives each learning rate as it is now, also of a schedule, by its tag.

    "learning_rate/main" is that of the one optimizer, or of several that of the weights
    that no pattern names. The others' are "learning_rate/bias", for
    `tfrecs.separate_bias_optimizer`, and else "learning_rate/<pattern>". A model that
    trains without an optimizer of Keras has none.
    """
    if optimizer is None:
        return {}
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return learning_rates(optimizer.inner_optimizer)
    named = getattr(optimizer, "_optimizer_map", None)
    if not isinstance(named, keras.optimizers.OptimizerMap):
        return {"learning_rate/main": float(optimizer.learning_rate)}
    of_patterns = {
        "bias" if pattern == BIAS_TABLES else pattern: named[pattern]
        for pattern in named
    }
    each = {"main": named.default_optimizer, **of_patterns}
    return {f"learning_rate/{name}": float(x.learning_rate) for name, x in each.items()}
