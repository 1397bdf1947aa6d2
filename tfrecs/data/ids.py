"""Raw ids from text and from typed columns: one rule for every source of data.

A column of text holds integers if every field is the canonical form of an integer of
64 bits, and text otherwise: "007", "+7", "7.0", "1e5" and " 7" are not canonical. Only
the empty field is missing. Typed columns keep their type; whole floats are integers,
since an integer column becomes float if a row of it is missing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, BoolArray
from tfrecs.data.id_arrays import (
    EXACT_FLOATS,
    as_id_array,
    has_floats,
    inexact,
    is_exact,
)

IdType: TypeAlias = Literal["text", "integer"]
"""Overrules the rule: "text" keeps each field, "integer" reads 007 and 7.0 as 7."""

_INTEGER = r"^ *(?:\+|(-))?0*([0-9]{1,19})(?:\.0*)? *$"
_HIGHEST, _LOWEST = str(2**63 - 1), str(2**63)


IdTypes: TypeAlias = IdType | Mapping[str, IdType] | None
"""One type for both, or such as {"user": "integer"}."""


def types_by_role(id_type: IdTypes) -> dict[str, IdType | None]:
    """Returns the type of ids, or None, under "user" and under "item".

    Raises:
        ValueError: if a type or a role is another one.
    """
    given: dict[str, IdType | None] = {"user": None, "item": None}
    if isinstance(id_type, str):
        given = {"user": id_type, "item": id_type}
    elif id_type is not None:
        given |= id_type
    for role, kind in given.items():
        check_choice("id_type", role, ("user", "item"))
        if kind is not None:
            check_choice("id_type", kind, ("text", "integer"))
    return given


def canonical_integers(fields: Any) -> Any:
    """Returns a pyarrow array of text as int64; None if a field is not canonical."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = fields.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    if may_be_hexadecimal(fields):
        same = pc.all(pc.equal(values.cast(fields.type), fields)).as_py()
        return None if same is False else values
    # All other forms of an integer are longer than the canonical one.
    length = pc.sum(pc.binary_length(fields)).as_py() or 0
    return values if length == _canonical_length(values) else None


def may_be_hexadecimal(fields: Any) -> bool:
    """Returns False for text without an x: pyarrow reads 0x1F as 31."""
    import pyarrow as pa

    chunks = fields.chunks if isinstance(fields, pa.ChunkedArray) else [fields]
    buffers = [chunk.buffers()[-1] for chunk in chunks]
    texts = (buffer.to_pybytes() for buffer in buffers if buffer is not None)
    return any(b"x" in text or b"X" in text for text in texts)


def _canonical_length(values: Any) -> int:
    """Returns the number of digits and signs of all integers that are not null."""
    import pyarrow.compute as pc

    numbers = pc.drop_null(values).to_numpy(zero_copy_only=False)
    below = -np.abs(numbers)  # 2**63 is no int64, and -2**63 is
    length = len(numbers) + np.count_nonzero(numbers < 0)
    for power in range(1, 19):
        more = np.count_nonzero(below <= -(10**power))
        if not more:
            break
        length += more
    return int(length)


def integers_of(fields: Any) -> Any:
    """Returns a pyarrow array of text as int64, null for a field that is no integer.

    Spaces around it, zeros in front, a sign and ".0" are legal.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    fields = fields.cast(pa.large_string())
    matches = pc.match_substring_regex(fields, _INTEGER)
    digits = pc.replace_substring_regex(fields, _INTEGER, r"\2")
    sign = pc.replace_substring_regex(fields, _INTEGER, r"\1")
    most = pc.if_else(pc.equal(sign, "-"), _LOWEST, _HIGHEST).cast(pa.large_string())
    short = pc.less(pc.utf8_length(digits), len(_HIGHEST))
    fits = pc.and_(matches, pc.or_(short, pc.less_equal(digits, most)))
    whole = pc.binary_join_element_wise(sign, digits, pa.scalar("", fields.type))
    return pc.if_else(fits, whole, None).cast(pa.int64())


def text_ids(fields: Any, id_type: IdType | None = None) -> tuple[Any, BoolArray]:
    """Returns fields that are not empty as ids, by the rule of this module.

    Args:
        fields: `[rows]` pyarrow text.
        id_type: overrules the rule.

    Returns:
        A pyarrow array of int64 or text, and a mask of the fields that are not of
        `id_type`.
    """
    values = canonical_integers(fields) if id_type != "text" else None
    if values is None and id_type == "integer":
        values = integers_of(fields)
        return values, values.is_null().to_numpy(zero_copy_only=False)
    return fields if values is None else values, np.zeros(len(fields), dtype=bool)


def as_known_ids(fields: Any, known: AnyArray) -> AnyArray:
    """Returns fields as ids of the kind of the known ones; others stay text."""
    import pyarrow.compute as pc

    if known.dtype.kind not in "iu":
        id_type: IdType | None = "text" if isinstance(known[0], str) else None
        return as_array(text_ids(fields, id_type)[0])
    values = integers_of(fields)
    same = pc.fill_null(pc.equal(values.cast(fields.type), fields), False)
    canonical = same.to_numpy(zero_copy_only=False)
    if canonical.all():
        return as_array(values)
    ids = as_array(fields)
    ids[canonical] = values.filter(same).to_pylist()
    return ids


def as_array(values: Any) -> AnyArray:
    """Returns a pyarrow array of int64 or text as int64 or an object array of str."""
    import pyarrow as pa

    if pa.types.is_integer(values.type):
        return np.array(values)
    # One str for each distinct id, which takes less memory and is compared faster.
    coded = pa.chunked_array(values).combine_chunks().dictionary_encode()
    texts = np.array(coded.dictionary.to_pylist(), dtype=object)
    return texts[coded.indices.to_numpy()]


def typed_ids(
    values: Iterable[Any], name: str, id_type: IdType | None = None
) -> tuple[AnyArray, BoolArray]:
    """Returns the ids of a typed column, by the rule of this module.

    Args:
        values: `[rows]` raw ids of any hashable kind.
        name: of the column, for messages.
        id_type: converts integers to text, or text to integers.

    Returns:
        `[rows]` ids, and a mask of the values that are not of `id_type`.

    Raises:
        ValueError: if an id is missing, or a float of 2**53 or more.
    """
    import pyarrow as pa

    ids = _without_floats(as_id_array(values, name), name)
    bad = np.zeros(len(ids), dtype=bool)
    if id_type is None or (id_type == "integer" and ids.dtype.kind in "iu"):
        return ids, bad
    if id_type == "text" and ids.dtype.kind in "iu":
        return as_array(pa.array(ids).cast(pa.string())), bad
    converted = [one_id(id_, id_type) for id_ in ids.tolist()]
    bad = np.array([id_ is None for id_ in converted], dtype=bool)
    filled = [ids[n] if b else converted[n] for n, b in enumerate(bad)]
    return as_id_array(filled, name), bad


def raw_ids(
    values: Iterable[Any], name: str, id_type: IdType | None = None
) -> AnyArray:
    """Returns `typed_ids`; raises ValueError if a value is not of `id_type`."""
    ids, bad = typed_ids(values, name, id_type)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"`{name}` must be {id_type} ids, as `id_type` says. Received: "
            f"{ids.tolist()[row]!r:.60} in row {row}. Correct it, or leave "
            "`id_type` out."
        )
    return ids


def _without_floats(ids: AnyArray, name: str) -> AnyArray:
    """Returns the ids with whole floats as integers."""
    wrong = inexact(ids)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"`{name}` must not be floats of 2**53 or more, which do not hold every "
            f"integer. Received: {ids.tolist()[row]!r:.60} in row {row}. Read the "
            'column as text or as integers, such as with dtype="Int64" in pandas.'
        )
    if ids.dtype.kind == "f":
        is_whole = np.isfinite(ids).all() and (ids % 1 == 0).all()
        return ids.astype(np.int64) if is_whole else ids
    if has_floats(ids):
        return as_id_array([_whole(id_) for id_ in ids], name)
    return ids


def one_id(id_: Any, id_type: IdType | None = None) -> Any:
    """Returns an integer or text as an id by the rule; None if it cannot be one.

    Example:
        >>> one_id(7.0), one_id("007"), one_id("007", "integer"), one_id(7, "text")
        (7, '007', 7, '7')
    """
    id_ = _whole(id_)
    if not is_exact(id_):
        return None
    if type(id_) is int:
        return str(id_) if id_type == "text" else id_
    if not isinstance(id_, str) or id_type != "integer":
        return id_ if isinstance(id_, str) else None
    found = re.fullmatch(_INTEGER, id_)
    return int(f"{found[1] or ''}{found[2]}") if found else None


def _whole(id_: Any) -> Any:
    is_whole = type(id_) is float and id_.is_integer() and abs(id_) < EXACT_FLOATS
    return int(id_) if is_whole else id_
