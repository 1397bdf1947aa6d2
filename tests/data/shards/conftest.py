"""A log in two files, and the shards made of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tfrecs.data.shards import Shards, prepare_shards

ROWS, SIZES = 3000, {"part_rows": 400, "shard_rows": 500}


def raw_log() -> tuple[np.ndarray, np.ndarray]:
    """Users "u0" to "u99" and items -10 to 50, the low ones often, some pairs twice."""
    rng = np.random.default_rng(0)
    users = np.array([f"u{n}" for n in (100 * rng.random(ROWS) ** 2).astype(int)])
    items = (60 * rng.random(ROWS) ** 2).astype(np.int64) - 10
    assert len(set(zip(users, items, strict=True))) < ROWS
    return users, items


@pytest.fixture(scope="package")
def raw() -> tuple[np.ndarray, np.ndarray]:
    """The users and items of the log."""
    return raw_log()


@pytest.fixture(scope="package")
def write_parquet() -> Callable[..., Path]:
    """Writes columns as a Parquet file, 150 rows in a row group."""

    def write(path: Path, **columns) -> Path:
        pq.write_table(pa.table(columns), path, row_group_size=150)
        return path

    return write


@pytest.fixture(scope="package")
def files(tmp_path_factory, raw, write_parquet) -> list[Path]:
    """The log as two files, of 1,900 and 1,100 rows."""
    folder = tmp_path_factory.mktemp("log")
    return [
        write_parquet(
            folder / f"{name}.parquet", user_id=raw[0][rows], item_id=raw[1][rows]
        )
        for name, rows in (("a", slice(0, 1900)), ("b", slice(1900, None)))
    ]


@pytest.fixture(scope="package")
def shards(tmp_path_factory, files) -> Shards:
    """The log in six shards of 500."""
    return prepare_shards(
        files, tmp_path_factory.mktemp("shards") / "out", seed=3, **SIZES
    )
