"""Sparse rows in flat arrays: memory follows the non-zeros, and look-ups have one size.

The first entries of a row, up to `most`, are looked up with the row, so `most` bounds
the numbers that a look-up of a batch takes. The entries beyond it, of the few long
rows, are the tail: these rows are computed at each step, all of them.
"""

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray

USUAL_ROWS = 1024
"""Rows of a usual look-up, in the choice of `most`."""


def most_looked_up(matrix: sp.csr_array) -> int:
    """Returns how many entries of a row are looked up with it, at least 1.

    It is the length of the longest row, unless a tail halves the numbers of a look-up.
    """
    lengths = np.sort(np.diff(matrix.indptr))
    longest = max(1, int(lengths[-1])) if len(lengths) else 1
    most = max(1, int(lengths[-USUAL_ROWS - 1])) if len(lengths) > USUAL_ROWS else 1
    tail = int(np.maximum(lengths - most, 0).sum())
    return most if 2 * (USUAL_ROWS * most + tail) < USUAL_ROWS * longest else longest


def flat_rows(matrix: sp.csr_array, most: int) -> dict[str, AnyArray]:
    """Returns the arrays of the rows, each with at least one entry.

    Returns:
        starts, lengths: `[rows]`, where each row's first entries are in the next two.
        places, values: of these entries, one row after the other.
        slots: `[rows]`, from 1 for the rows with a tail, 0 for others.
        tail_slots, tail_places, tail_values: of the entries of the tails.
    """
    lengths = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    first = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], lengths) < most
    heads, is_long = np.minimum(lengths, most), lengths > most
    slots = np.where(is_long, np.cumsum(is_long), 0)
    arrays = {
        "starts": np.cumsum(heads) - heads,
        "lengths": heads,
        "places": _padded(matrix.indices[first]),
        "values": _padded(matrix.data[first]),
        "slots": slots,
        "tail_slots": _padded(slots[rows[~first]]),
        "tail_places": _padded(matrix.indices[~first]),
        "tail_values": _padded(matrix.data[~first]),
    }
    return {
        name: array.astype(np.float32 if name.endswith("values") else np.int32)
        for name, array in arrays.items()
    }


def _padded(entries: AnyArray) -> AnyArray:
    """Returns the entries, or a zero for none: a weight has at least one number."""
    return entries if len(entries) else np.zeros(1, dtype=entries.dtype)
