"""The kinds of metadata columns, inferred from their values."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tfrecs.data.cells import LISTS, labels_of, numbers_of, separator_in
from tfrecs.data.roles import plain_name

if TYPE_CHECKING:
    import pandas as pd

MOST_CATEGORIES = 1000
"""Distinct values of a column of categories."""

TITLES = (
    *("title", "name", "itemtitle", "itemname", "movietitle", "moviename"),
    *("filmtitle", "booktitle", "producttitle", "productname"),
    *("tracktitle", "trackname", "songname"),
)
"""Usual names of a column of titles, in lower case without "_", "-" and spaces."""


@dataclass(frozen=True)
class ColumnKinds:
    """Columns of a frame of metadata, by kind.

    Args:
        categorical: columns of one category.
        multi_hot: columns of several categories.
        numeric: columns of numbers.
        left_out: other columns, each with the reason.
    """

    categorical: tuple[str, ...] = ()
    multi_hot: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> dict[str, list[str]]:
        """The columns of each kind that can be encoded: arguments of `FeatureEncoder`.

        Kinds without columns are not in it.
        """
        kinds = ("categorical", "multi_hot", "numeric")
        return {kind: list(names) for kind in kinds if (names := getattr(self, kind))}


NO_KINDS = ColumnKinds()
"""No columns."""


def infer_kinds(frame: "pd.DataFrame", *, title: str | None = None) -> ColumnKinds:
    """Infers the kind of each column of metadata from its values.

    1. The column of titles is left out, and so are columns with one value or none.
    2. Lists of text are multi-hot; lists of numbers and times are left out.
    3. Numbers are numeric, if they are finite. Columns named as ids, such as
       "category_id", are not numbers: rule 5 is for them.
    4. Text is multi-hot if a tenth of the values contain "|", or else half of them ";"
       or ",", and a category occurs in two rows on average.
    5. Values are categorical if there are at most half as many distinct ones as rows,
       and at most `MOST_CATEGORIES`. Others are text, and left out.

    Args:
        frame: a row for each user or item.
        title: the column of titles; by default the first with a usual name of `TITLES`.

    Example:
        >>> import pandas as pd
        >>> films = pd.DataFrame(
        ...     {
        ...         "title": ["Heat", "Alien", "Aliens", "Brazil"],
        ...         "genres": ["Drama|Crime", "Horror|Crime", "Horror", "Drama"],
        ...         "studio": ["WB", "Fox", "Fox", "WB"],
        ...         "price": [9.5, 7.0, 7.0, 8.25],
        ...     }
        ... )
        >>> kinds = infer_kinds(films)
        >>> kinds.used, kinds.left_out
        ({'categorical': ['studio'], 'multi_hot': ['genres'], 'numeric': ['price']},
         {'title': 'titles'})
    """
    title = title_column(frame.columns) if title is None else title
    found: dict[str, list[str]] = {"categorical": [], "multi_hot": [], "numeric": []}
    left_out: dict[str, str] = {}
    for name in map(str, frame.columns):
        kind = "titles" if name == title else _kind_of(frame, name)
        if kind in found:
            found[kind].append(name)
        else:
            left_out[name] = kind
    return ColumnKinds(
        **{k: tuple(names) for k, names in found.items()}, left_out=left_out
    )


def title_column(columns: Iterable[Any]) -> str | None:
    """Returns the column of titles by its usual name, None without one."""
    plain = {plain_name(str(column)): str(column) for column in reversed(list(columns))}
    return next((plain[name] for name in TITLES if name in plain), None)


def _kind_of(frame: "pd.DataFrame", name: str) -> str:
    """A kind, or the reason why the column cannot be encoded."""
    import pandas as pd

    column = frame[name].dropna()
    column = column[[not (isinstance(x, str) and not x.strip()) for x in column]]
    if any(isinstance(cell, LISTS) for cell in column):
        parts = [x for cell in column if isinstance(cell, LISTS) for x in cell]
        return "multi_hot" if all(isinstance(x, str) for x in parts) else "vectors"
    if not all(isinstance(cell, Hashable) for cell in column):
        return "nested values"
    distinct = column.nunique()
    if distinct < 2:
        return "one value" if distinct else "empty"
    if column.dtype.kind in "mM":
        return "times"
    is_number = pd.api.types.is_numeric_dtype(column)
    if is_number and not plain_name(name).endswith("id"):
        return "numeric" if _is_finite(frame, name) else "infinite numbers"
    if not is_number and _is_multi_hot(frame, column.astype(str)):
        return "multi_hot"
    if distinct <= min(len(column) / 2, MOST_CATEGORIES):
        return "categorical"
    return "ids" if is_number else "text"


def _is_finite(frame: "pd.DataFrame", name: str) -> bool:
    try:
        numbers_of(frame, name)
    except ValueError:
        return False
    return True


def _is_multi_hot(frame: "pd.DataFrame", cells: "pd.Series[str]") -> bool:
    """Returns whether many values of a column are lists of categories that repeat."""
    name = str(cells.name)
    separator = separator_in(frame, name)
    share = cells.str.contains(separator, regex=False).mean()
    if share < (0.1 if separator == "|" else 0.5):
        return False
    labels = labels_of(frame, name, separator)[1]
    return len(set(labels)) <= min(len(labels) / 2, MOST_CATEGORIES)
