"""Models and towers in ONNX, by Keras's own export, beside the models themselves."""

import keras
import numpy as np
import pytest

from tfrecs.models import HISTORY_MODELS, MODELS

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore:In the future .np.object:FutureWarning"),
]
runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

QUICK = ["neumf"]
OTHERS = sorted({*MODELS, *HISTORY_MODELS} - {*QUICK})
NAMES = [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]


def run(path, inputs):
    """The outputs by name of a file, in a process that knows no Keras model."""
    session = runtime.InferenceSession(path)
    types = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}
    given = {
        each.name: np.asarray(inputs[each.name], types[each.type])
        for each in session.get_inputs()
    }
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_scores_and_tower_outputs_are_those_of_the_model(
    build, randomize, users_of, tmp_path, name
):
    model = randomize(build(name))
    users = users_of(model, np.array([3, 0, 2]))
    items = np.array([[1, 4], [0, 2], [5, 5]])
    inputs = {**users, "item_id": items}
    expected = keras.ops.convert_to_numpy(model(inputs))
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    (found,) = run(tmp_path / "model.onnx", inputs).values()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for tower in (model.user_tower, model.item_tower):
        read = [inputs[each.name] for each in tower.inputs]
        outputs = tower(read if len(read) > 1 else read[0])
        file = tmp_path / f"{tower.name}.onnx"
        tower.export(file, format="onnx", verbose=False)
        found = run(file, inputs)
        assert set(found) == set(outputs)
        for part, value in outputs.items():
            value = keras.ops.convert_to_numpy(value)
            np.testing.assert_allclose(found[part], value, rtol=1e-4, atol=1e-5)
