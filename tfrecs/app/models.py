"""The compared models: bundles of one catalogue, with popularity beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tfrecs.data.interactions import Interactions
from tfrecs.inference.explanations import item_vectors
from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.reranked import first_stage, load_stages

Progress: TypeAlias = Callable[[float, str], object]
"""Takes the share that is done, from 0 to 1, and what is being done."""

POPULARITY = "popularity"


@dataclass(frozen=True, eq=False)
class Model:
    """A model as the app shows it; `same_for_all` if its scores ignore the user."""

    name: str
    recommender: Recommender
    same_for_all: bool = False

    @property
    def train(self) -> Interactions:
        """The model's training data."""
        return self.recommender.train

    @cached_property
    def vectors(self) -> Any:
        """Vectors to compare items by; see `inference.explanations.item_vectors`."""
        return item_vectors(self.recommender.model, self.train)

    @property
    def has_towers(self) -> bool:
        """True if the model has item vectors of its own and scores unseen users."""
        return hasattr(self.recommender.model, "item_output")

    @property
    def reads_histories(self) -> bool:
        """True if the model knows a user by a history of items."""
        return getattr(self.recommender.model, "max_length", None) is not None


def load_all(bundles: Mapping[str, Path], progress: Progress) -> dict[str, Recommender]:
    """Loads bundles one after the other; of two stages, the first.

    Raises:
        ValueError: in one line, if one cannot be loaded.
    """
    loaded = {}
    for number, (name, path) in enumerate(bundles.items()):
        # Without the name: Streamlit would read it as Markdown.
        progress(number / len(bundles), f"Loading model {number + 1} of {len(bundles)}")
        loaded[name] = first_stage(load_stages(path))
    return loaded


def compared_models(
    recommenders: Mapping[str, Recommender],
) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """Returns the models that share the first one's catalogue, and popularity.

    It also returns a line for each excluded model.
    """
    train = next(iter(recommenders.values())).train
    models, notes = [], []
    for name, recommender in recommenders.items():
        if np.array_equal(recommender.train.items.ids, train.items.ids):
            models.append(Model(name, recommender))
        else:
            notes.append(
                f"{name} is excluded: its {recommender.train.num_items} items differ "
                f"from the {train.num_items} items of {models[0].name}."
            )
    if POPULARITY not in recommenders:
        counts = train.item_counts.astype(np.float32)
        scorer = np.broadcast_to(counts, (train.num_users, train.num_items))
        models.append(Model(POPULARITY, Recommender(scorer, train), same_for_all=True))
    return tuple(models), tuple(notes)
