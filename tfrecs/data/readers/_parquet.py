"""Tables in Parquet."""

from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np

from tfrecs._base.files import naming_file
from tfrecs.data.readers._table import Table, as_text


def read_parquet(path: Path, text: Sequence[str], leave_out: Set[int]) -> Table:
    """Reads a table; its rows have no lines, so they are counted from 0.

    Raises:
        ValueError: if it is not a whole Parquet file.
    """
    import pandas as pd

    with naming_file(path):
        try:
            frame = pd.read_parquet(path)
            # pyarrow looks at the bytes of strings only here, where damage is expected.
            strings = [
                name for name in frame if isinstance(frame[name].dtype, pd.StringDtype)
            ]
            frame = frame.astype(dict.fromkeys(strings, object))
        except Exception as error:  # pyarrow's own kinds, and of damage any
            raise ValueError(
                f"must be a whole Parquet file. Received: {error}"
            ) from error
        if any(name is not None for name in frame.index.names):
            frame = frame.reset_index()  # pandas wrote an index, often the ids
        rows = np.setdiff1d(np.arange(len(frame)), list(leave_out))
        kept = frame.iloc[rows] if leave_out else frame
        frame = as_text(kept.reset_index(drop=True), text)
    return Table(frame, rows.tolist, unit="row")
