"""Settings of rows in place of the usual ones, from a file of recipes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_choice
from tfrecs._base.files import naming_file
from tfrecs.bench.baselines import BASELINES
from tfrecs.bench.quiet import load_tensorflow

if TYPE_CHECKING:
    from tfrecs.training.recipe import Recipe


@dataclass(frozen=True)
class Chosen:
    """Settings by the names of rows.

    Args:
        models: recipes of models.
        baselines: the name in `BASELINES` and the settings of each baseline.
    """

    models: Mapping[str, "Recipe"] = field(default_factory=dict)
    baselines: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)


NOTHING_CHOSEN = Chosen()


def read_chosen(path: str | Path) -> Chosen:
    """Reads the recipes of models and the settings of baselines.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: as `read_recipes`, and for settings that a baseline does not have.
    """
    load_tensorflow()
    from tfrecs.training.recipe_file import check_arguments, read_recipes, read_section

    models, section = read_recipes(path), read_section(path, "baselines")
    baselines = {}
    with naming_file(path):
        for name, values in section.items():
            check_choice("baselines", name, BASELINES)
            where = f"baselines.{name}"
            baselines[name] = (name, check_arguments(where, BASELINES[name], values))
        for name in models:
            if name in BASELINES:
                raise ValueError(
                    f"A name in `models` must be none of a baseline. Received: {name!r}"
                )
    return Chosen(models, baselines)
