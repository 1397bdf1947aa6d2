"""Models and towers as StableHLO, which `make test-jax` runs beside the models."""

import jax
import numpy as np
import pytest
from jax import export


@pytest.mark.parametrize("name", ["mf", "neumf", "hybrid"])
def test_stored_programs_compute_what_the_model_does(build, randomize, name):
    model = randomize(build(name))
    users, items = np.array([3, 0], np.int32), np.array([[1, 4, 0]] * 2, np.int32)
    inputs = {"user_id": users, "item_id": items}
    n, m = export.symbolic_shape("n, m")
    shapes = {
        "user_id": jax.ShapeDtypeStruct((n,), np.int32),
        "item_id": jax.ShapeDtypeStruct((n, m), np.int32),
    }
    for part, given, shape in (
        (model, inputs, shapes),
        (model.user_tower, users, shapes["user_id"]),
        (model.item_tower, items, shapes["item_id"]),
    ):
        stored = export.export(jax.jit(part))(shape).serialize()
        found = export.deserialize(stored).call(given)
        jax.tree.map(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6),
            found,
            part(given),
        )
