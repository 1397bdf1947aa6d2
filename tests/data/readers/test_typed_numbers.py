"""Integers of typed columns: exact, or refused."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tfrecs import Interactions, read_interactions

LARGE = 2**53  # from which floats are not exact


def written(tmp_path, **columns):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


@pytest.mark.parametrize(
    ("kind", "least"), [(pa.int64(), LARGE), (pa.uint64(), 2**63 + 1)]
)
@pytest.mark.parametrize("encoded", [False, True])
def test_a_missing_id_does_not_make_floats_of_the_others(
    kind, least, encoded, tmp_path
):
    users = pa.array([least, least + 1, None], kind)
    users = users.dictionary_encode() if encoded else users
    path = written(tmp_path, user_id=users, item_id=[1, 2, 3])
    data = read_interactions(path, malformed="skip")
    assert data.users.ids.tolist() == [least, least + 1]


def test_times_that_int64_does_not_hold_are_malformed(tmp_path):
    times = pa.array([2**63, LARGE + 1, 2**63 - 1024, None], pa.uint64())
    path = written(tmp_path, user_id=[1, 2, 3, 4], item_id=[1] * 4, timestamp=times)
    data = read_interactions(path, malformed="skip", time_col="timestamp")
    assert data.timestamps.tolist() == [LARGE + 1, 2**63 - 1024]
    with pytest.raises(
        ValueError, match=r"2 malformed rows, the first in row 0.*922337"
    ):
        read_interactions(path, time_col="timestamp")


@pytest.mark.parametrize("kind", [np.uint64, "UInt64", "uint64[pyarrow]"])
def test_unsigned_times_do_not_turn_negative(kind):
    times = pd.Series([LARGE + 1, 7], dtype=kind)
    made = Interactions.from_arrays([1, 2], [1, 2], timestamps=times)
    assert made.timestamps.tolist() == [LARGE + 1, 7]
    times = pd.Series([2**63, 7], dtype=kind)
    with pytest.raises(
        ValueError, match=r"below 2\*\*63. Received: 9223372036854775808"
    ):
        Interactions.from_arrays([1, 2], [1, 2], timestamps=times)


@pytest.mark.parametrize("kind", ["Int64", "UInt64", "int64[pyarrow]"])
@pytest.mark.parametrize("of", [pd.Series, pd.array])
def test_nullable_integers_are_integers(kind, of):
    ids = of([LARGE + 1, LARGE], dtype=kind)
    made = Interactions.from_arrays(ids, ids)
    assert made.users.ids.tolist() == [LARGE, LARGE + 1]
    assert made.users.ids.dtype.kind in "iu"
    with pytest.raises(ValueError, match="1 missing, the first in row 1"):
        Interactions.from_arrays(of([LARGE, None], dtype=kind), [1, 2])
