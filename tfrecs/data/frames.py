"""Tables and columns of pandas, polars and pyarrow."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def as_frame(table: Any, name: str) -> "pd.DataFrame":
    """Returns a table of pandas, polars or pyarrow as a DataFrame.

    Raises:
        TypeError: if it is not a table.
    """
    import pandas as pd

    frame = _as_pandas(table)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"`{name}` must be a DataFrame, or a table of polars or pyarrow. Received: "
            f"{type(table).__name__}. Make it one, such as with pandas.DataFrame(...)."
        )
    return frame


def one_column(values: Any, name: str) -> Any:
    """Returns a column of pandas, polars or pyarrow as pandas', and others as received.

    Raises:
        TypeError: if it is a table, which Python reads as the names of its columns.
    """
    import pandas as pd

    column = _as_pandas(values)
    if isinstance(column, pd.DataFrame):
        names = list(column.columns)
        first = names[0] if names else "column"
        raise TypeError(
            f"`{name}` must be one column. Received: a table with the columns "
            f"{', '.join(map(str, names[:20]))}. Pass one of them, such as "
            f"`frame[{first!r}]`."
        )
    return column


def _as_pandas(values: Any) -> Any:
    """The pandas form of a table or column that has one."""
    import pandas as pd

    if isinstance(values, np.ndarray | pd.Series | pd.Index | pd.DataFrame):
        return values
    return values.to_pandas() if hasattr(values, "to_pandas") else values
