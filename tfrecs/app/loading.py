"""The models that are compared: of one catalogue, with popularity beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tfrecs.data.interactions import Interactions
from tfrecs.inference.explanations import item_vectors
from tfrecs.inference.recommender import Recommender

Tell: TypeAlias = Callable[[float, str], object]
"""Takes how much is done, from 0 to 1, and what is being done."""

POPULARITY = "popularity"


@dataclass(frozen=True, eq=False)
class Model:
    """A model as the app shows it.

    Args:
        name: what it is called.
        recommender: the model and its data.
        same_for_all: whether its scores do not depend on the user.
    """

    name: str
    recommender: Recommender
    same_for_all: bool = False

    @property
    def train(self) -> Interactions:
        """What the model was trained on."""
        return self.recommender.train

    @cached_property
    def vectors(self) -> Any:
        """What its items are compared by; see `tfrecs.inference.explanations.item_vectors`."""
        return item_vectors(self.recommender.model, self.train)

    @property
    def has_towers(self) -> bool:
        """Whether it has vectors of its own, and can tell about new people."""
        return hasattr(self.recommender.model, "item_output")


def load_all(found: Mapping[str, Path], tell: Tell) -> dict[str, Recommender]:
    """Loads bundles one after the other.

    Raises:
        ValueError: if one cannot be loaded; in one line.
    """
    loaded = {}
    for number, (name, path) in enumerate(found.items()):
        # Without the name: Streamlit would read it as Markdown.
        tell(number / len(found), f"Loading model {number + 1} of {len(found)}")
        loaded[name] = Recommender.load(path)
    return loaded


def side_by_side(
    recommenders: Mapping[str, Recommender],
) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """Gives the models that share the first one's catalogue, and popularity.

    Args:
        recommenders: one at least, by name.

    Returns:
        The models, and a line for each that was left out.
    """
    train = next(iter(recommenders.values())).train
    models, notes = [], []
    for name, recommender in recommenders.items():
        if np.array_equal(recommender.train.items.ids, train.items.ids):
            models.append(Model(name, recommender))
        else:
            notes.append(
                f"{name} is left out: its {recommender.train.num_items} items are not "
                f"the {train.num_items} of {models[0].name}."
            )
    if POPULARITY not in recommenders:
        counts = train.item_counts.astype(np.float32)
        scorer = np.broadcast_to(counts, (train.num_users, train.num_items))
        models.append(Model(POPULARITY, Recommender(scorer, train), same_for_all=True))
    return tuple(models), tuple(notes)
