"""Files of recipes: JSON that people can read and change.

{"kind": "tfrecs recipes", "version": 1,
 "models": {"cosine": {"builder": "cosine", "arguments": {"embedding_dim": 64},
                       "training": {"objective": "softmax", "epochs": 8}}},
 "baselines": {"ease": {"l2": 600.0}}}
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from tfrecs._base.checks import check_above_zero, check_choice
from tfrecs._base.files import naming_file, replaced_when_whole
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES
from tfrecs.losses.settings import settings_of as settings_of_loss
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.training.defaults import Settings
from tfrecs.training.objectives import NEGATIVES, OBJECTIVES
from tfrecs.training.plan import Negatives
from tfrecs.training.recipe import LOSS, Recipe, settings_of, training_values
from tfrecs.training.recipe import NEGATIVES as OF_NEGATIVES
from tfrecs.training.value_types import (
    check_keys,
    check_value,
    parameter_types,
)

KIND, VERSION = "tfrecs recipes", 1
SECTIONS = ("models", "baselines")
"""The two mappings of a file, each from the names of rows."""

METADATA = ("user_features", "item_features", "item_buckets", "name")
"""Arguments of builders that are no settings."""

OWN = tuple(f.name for f in fields(Recipe))
"""Keys of a recipe."""

MARKERS = ("features", "buckets")

ABOVE_ZERO = ("epochs", "batch_size", "learning_rate", "bias_learning_rate")


def write_recipes(
    path: str | Path,
    recipes: Mapping[str, Recipe],
    baselines: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Writes recipes as JSON, whole or not at all.

    Args:
        path: the file.
        recipes: recipes by the names of their rows.
        baselines: settings of baselines by name, for `python -m tfrecs.bench`.

    Raises:
        ValueError: for negatives with partial credit or dislikes, which are data.
    """
    models = {name: _as_json(recipe) for name, recipe in recipes.items()}
    others = {name: dict(values) for name, values in (baselines or {}).items()}
    content = {"kind": KIND, "version": VERSION, "models": models, "baselines": others}
    with replaced_when_whole(Path(path)) as partial:
        text = json.dumps(content, indent=2, allow_nan=False)
        partial.write_text(f"{text}\n", encoding="utf-8")


def read_recipes(path: str | Path) -> dict[str, Recipe]:
    """Reads the recipes of models from a file of `write_recipes`.

    Returns:
        Recipes by the names of their rows: `recipe.build(train)` is the model for
        `tfrecs.fit(model, train, recipe=recipe, seed=0)`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: for anything but recipes: an unknown key, a value of another type or
            out of its range. The message has the file, the key and what is allowed.
    """
    section = read_section(path, "models")
    with naming_file(path):
        return {
            name: _recipe(f"models.{name}", entry) for name, entry in section.items()
        }


def read_section(path: str | Path, section: str) -> dict[str, Any]:
    """Reads one of `SECTIONS` of a file, with its entries unchecked.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is no JSON of this kind, or a name is no word.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file. Name a file of recipes.")
    with naming_file(path):
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except RecursionError as error:
            raise ValueError("must be JSON of recipes. Received: it nests") from error
        check_keys("the file", content, ("kind", "version", *SECTIONS))
        if content.get("kind") != KIND or content.get("version") != VERSION:
            kind, version = content.get("kind"), content.get("version")
            raise ValueError(
                f'`kind` must be "{KIND}" and `version` {VERSION}. Received: {kind!r} '
                f"and {version!r}"
            )
        entries = content.get(section, {})
        if not isinstance(entries, dict):
            raise ValueError(f"`{section}` must be an object. Received: {entries!r}")
        for name in entries:
            if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name, flags=re.ASCII):
                raise ValueError(
                    f"A name in `{section}` must be of letters, digits, - and _. "
                    f"Received: {name!r}"
                )
        return entries


def check_arguments(
    where: str, function: Callable[..., Any], values: Any
) -> dict[str, Any]:
    """Returns the keyword arguments of a function after a check of names and types.

    Raises:
        ValueError: with the key and what is allowed.
    """
    types = parameter_types(function, leave_out=METADATA)
    check_keys(where, values, types)
    return {
        key: check_value(f"{where}.{key}", types[key], value)
        for key, value in values.items()
    }


def _as_json(recipe: Recipe) -> dict[str, Any]:
    training = training_values(recipe.training)
    entry: dict[str, Any] = {"builder": recipe.builder}
    entry |= {"arguments": dict(recipe.arguments), "training": training}
    if recipe.validate_every is not None:
        entry["validate_every"] = recipe.validate_every
    return entry | {name: True for name in MARKERS if getattr(recipe, name)}


def _recipe(where: str, entry: Any) -> Recipe:
    """Returns the recipe of an entry; without `validate_every` epochs are planned."""
    check_keys(where, entry, OWN)
    builder = entry.get("builder")
    builders = {**MODELS, **HISTORY_MODELS}
    check_choice(f"{where}.builder", builder, builders)
    arguments = check_arguments(
        f"{where}.arguments", builders[builder], entry.get("arguments", {})
    )
    types = {"validate_every": int | None, **dict.fromkeys(MARKERS, bool)}
    rest = {
        key: check_value(f"{where}.{key}", kind, entry[key])
        for key, kind in types.items()
        if key in entry
    }
    training = _training(f"{where}.training", entry.get("training", {}))
    return Recipe(builder, arguments, training, **{"validate_every": None, **rest})


def _training(where: str, values: Any) -> Settings:
    if not isinstance(values, dict):
        raise ValueError(f"`{where}` must be an object. Received: {values!r}")
    objective = values.get("objective", Settings.objective)
    check_choice(f"{where}.objective", objective, OBJECTIVES)
    kind = values.get("negatives", Settings.negatives)
    check_choice(f"{where}.negatives", kind, NEGATIVES)
    loss = {**RATING_LOSSES, **CATALOGUE_LOSSES, **LOSSES}[objective]
    types = parameter_types(Settings, leave_out=("reason",))
    types |= {f"{LOSS}{name}": float for name in settings_of_loss(loss)}
    of_negatives = parameter_types(Negatives, leave_out=("kind", "credit", "dislikes"))
    types |= {f"{OF_NEGATIVES}{name}": x for name, x in of_negatives.items()}
    check_keys(where, values, types)
    for key, value in values.items():
        check_value(f"{where}.{key}", types[key], value)
        if key in ABOVE_ZERO and value is not None:
            check_above_zero(**{f"{where}.{key}": value})
    return settings_of(values)
