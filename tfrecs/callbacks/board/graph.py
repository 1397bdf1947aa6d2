"""The model as a graph of its layers."""

from typing import Any

import keras
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tfrecs.models.two_tower import TwoTower

INTERACTION = {
    "factors": "dot_product",
    "bias": "biases",
    "hidden": "hidden_sum",
}
"""The node of the interaction for each output of the towers."""


def graph_of(model: keras.Model) -> GraphDef | None:
    """Returns the layers of a functional or sequential model, nested as models are.

    For a `TwoTower` they are the two towers and the interaction: the dot product, the
    sum of the biases, and `g` of the sum of the hidden outputs. None for a subclassed
    model, whose layers have no known inputs.
    """
    drawing = _Drawing()
    if isinstance(model, TwoTower):
        drawing.two_towers(model)
    elif getattr(model, "outputs", None):
        for output in model.outputs:
            drawing.tensor(output, "", {})
    else:
        return None
    return drawing.graph


class _Drawing:
    """A graph of distinct nodes."""

    def __init__(self) -> None:
        self.graph = GraphDef()
        self._drawn: set[str] = set()

    def two_towers(self, model: TwoTower) -> None:
        """Draws both towers and the interaction."""
        user = self._tower(model.user_tower, model.user_tower.inputs[0].name)
        item = self._tower(model.item_tower, "item_id")
        terms = []
        for output, name in INTERACTION.items():
            inputs = [nodes[output] for nodes in (user, item) if output in nodes]
            if inputs:
                terms.append(self.node(f"interaction/{name}", name, inputs))
        if "hidden" in user:
            g = model.interaction.g
            hidden = {id(g.inputs[0]): terms.pop()}
            terms.append(self.tensor(g.outputs[0], "interaction/g/", hidden))
        self.node("score", "sum of all terms", terms)

    def _tower(self, tower: keras.Model, name: str) -> dict[str, str]:
        """Draws a tower; returns the node of each output."""
        fed = self.node(name, "input", [])
        within = {id(tower.inputs[0]): fed}
        outputs = tower.output if isinstance(tower.output, dict) else {}
        return {
            part: self.tensor(output, f"{tower.name}/", within)
            for part, output in outputs.items()
        }

    def tensor(self, tensor: Any, scope: str, known: dict[int, str]) -> str:
        """Draws the layers that a symbolic tensor comes from; returns the node's name.

        `scope` is a prefix of the names; `known` are nodes of tensors by `id`.
        """
        if id(tensor) in known:
            return known[id(tensor)]
        layer, number, _ = tensor._keras_history
        inputs = layer._inbound_nodes[number].input_tensors
        fed = [self.tensor(x, scope, known) for x in inputs]
        name = f"{scope}{layer.name}"
        if number:
            name = f"{name}_{number}"
        if isinstance(layer, keras.Model) and getattr(layer, "outputs", None):
            within = {id(x): node for x, node in zip(layer.inputs, fed, strict=True)}
            found = [self.tensor(x, f"{name}/", within) for x in layer.outputs]
            known[id(tensor)] = found[tensor._keras_history.tensor_index]
        else:
            known[id(tensor)] = self.node(name, type(layer).__name__, fed, layer)
        return known[id(tensor)]

    def node(
        self, name: str, kind: str, inputs: list[str], layer: Any | None = None
    ) -> str:
        """Draws one node, with the shapes of the layer's weights."""
        if name in self._drawn:
            return name
        self._drawn.add(name)
        drawn = self.graph.node.add(name=name, op=kind, input=inputs)
        for weight in getattr(layer, "weights", []):
            shape = " x ".join(map(str, weight.shape))
            drawn.attr[f"weights {weight.name}"].s = shape.encode()
        return name
