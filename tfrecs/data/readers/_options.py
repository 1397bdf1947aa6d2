"""Arguments that say how a file is read."""

from typing import TypedDict

from tfrecs.data.ids import IdTypes


class FileOptions(TypedDict, total=False):
    """Arguments of `read_interactions`, where they are explained."""

    user_col: str | None
    item_col: str | None
    rating_col: str | None
    time_col: str | None
    id_type: IdTypes
    time_format: str | None
    format: str | None
    separator: str | None
    encoding: str | None
    header: bool | None
