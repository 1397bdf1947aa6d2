"""Bytes that the texts of a Parquet file would take in memory.

A dictionary holds each text of a column once, so that a small file may stand for any
number of copies of a long one.
"""

from collections.abc import Iterator
from typing import Any

_ROWS = 2**16


def text_bytes(source: Any, most: int) -> Iterator[int]:
    """Yields bytes of texts whose sum is at least that of all, in bounded memory.

    The longest text of each dictionary bounds them; where that is above `most`, the
    texts are counted, a batch of rows at a time.

    Args:
        source: the path or the bytes, as pyarrow takes them.
        most: bytes that may be exceeded by one batch before a number is yielded.
    """
    import pyarrow.parquet as pq

    described = pq.read_metadata(source)
    parts = map(described.row_group, range(described.num_row_groups))
    for number, part in enumerate(parts):
        chunks = [part.column(column) for column in range(part.num_columns)]
        for chunk in chunks:
            if chunk.physical_type == "BYTE_ARRAY" and chunk.num_values:
                yield from _chunk_bytes(source, number, chunk, most)


def _chunk_bytes(source: Any, part: int, chunk: Any, most: int) -> Iterator[int]:
    """Yields the bytes of one column of a row group, or a bound of them."""
    import pyarrow.parquet as pq

    # With a delta, each text may repeat the one before it, without a dictionary.
    columns = [chunk.path_in_schema]
    is_delta = "DELTA_BYTE_ARRAY" in chunk.encodings
    file = pq.ParquetFile(source, read_dictionary=[] if is_delta else columns)

    def batches(rows: int) -> Iterator[Any]:
        for batch in file.iter_batches(rows, [part], columns, use_threads=False):
            yield from _texts(batch.column(0))

    stored = max(1, chunk.total_uncompressed_size)
    first = None if is_delta else next(batches(1), None)
    longest = (_longest(first) if first is not None else 0) or stored
    bound = stored + chunk.num_values * longest
    if bound <= most:
        yield bound
        return
    rows = max(1, min(_ROWS, most // stored)) if is_delta else _ROWS
    for array in batches(rows):
        yield _size(array)


def _texts(array: Any) -> Iterator[Any]:
    """Yields the arrays of texts in an array."""
    import pyarrow as pa

    if pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from _texts(child)
    elif pa.types.is_map(array.type):
        yield from _texts(array.keys)
        yield from _texts(array.items)
    elif pa.types.is_nested(array.type):
        yield from _texts(array.flatten())
    else:
        yield array


def _longest(array: Any) -> int:
    """Returns the bytes of the longest text of a dictionary, even if no row has it."""
    import pyarrow.compute as pc

    return pc.max(pc.binary_length(array.dictionary)).as_py() or 0


def _size(array: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(array.type):
        return pc.sum(pc.binary_length(array)).as_py() or 0
    lengths = pc.binary_length(array.dictionary).cast(pa.int64())
    return pc.sum(pc.take(lengths, array.indices)).as_py() or 0
