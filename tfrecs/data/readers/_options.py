"""Arguments that say how a file is read."""

from collections.abc import Mapping
from typing import Any, TypedDict

from tfrecs._base.limits import Limits
from tfrecs.data.ids import IdTypes


class FormOptions(TypedDict, total=False):
    """The form of a file, as `read_interactions` explains."""

    format: str | None
    separator: str | None
    encoding: str | None
    header: bool | None
    limits: Limits


class FileOptions(FormOptions, total=False):
    """Arguments of `read_interactions`, where they are explained."""

    user_col: str | None
    item_col: str | None
    rating_col: str | None
    time_col: str | None
    id_type: IdTypes
    time_format: str | None


def check_names(options: Mapping[str, Any], known: type) -> None:
    """Raises TypeError for an option that is not of these.

    Args:
        options: keyword arguments, which Python does not check.
        known: `FileOptions`, or a part of them.
    """
    unknown = options.keys() - known.__annotations__.keys()
    if unknown:
        raise TypeError(
            f"Arguments must be of {', '.join(known.__annotations__)}. Received: "
            f"{', '.join(sorted(unknown))}"
        )
