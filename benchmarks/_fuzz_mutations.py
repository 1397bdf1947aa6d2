"""Ways to spoil a file, each from bytes to bytes, drawn by a seeded generator."""

import datetime
import decimal
import gzip
import io
import re
from collections.abc import Callable
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

TOKENS = (
    *(
        b"",
        b" ",
        b"\0",
        b'"',
        b"'",
        b",",
        b"\t",
        b"::",
        b":",
        b"|",
        b"\n",
        b"\r",
        b"\r\n",
    ),
    *(b"0", b"-1", b"-0", b"+7", b"007", b"1.5", b"1e3", b"1e400", b"-1e400", b"1_000"),
    *(b"nan", b"inf", b"-inf", b"NaN", b"NA", b"null", b"None", b"true", b"0x1F", b"x"),
    *(b"9" * 19, b"9" * 20, b"9" * 400, b"9" * 5000, b"9007199254740993", b"-" * 9),
    *(b"2024-01-31", b"2024-13-45", b"99999-01-01", b"2014-04-07T10:51:09.277Z"),
    *(b"[]", b"{}", b"[" * 5000, b'{"user_id": 1}', b'"\\ud800"', b"\\", b"\\u0000"),
    *(b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\x1f"),
    *(b"\x85", b"\x0b", b"\x1a", b"A" * 3000, b"PAR1", b"\x1f\x8b\x08", b"#", b"%s{}"),
)
SEPARATORS = (b",", b"\t", b"::", b"|", b" ", b";", b":", b'"')


def flip(rng: Random, data: bytes) -> bytes:
    spoiled = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if spoiled:
            spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def overwrite(rng: Random, data: bytes) -> bytes:
    start = rng.randint(0, len(data))
    junk = rng.randbytes(rng.randint(1, 8))
    return data[:start] + junk + data[start + len(junk) :]


def cut_end(rng: Random, data: bytes) -> bytes:
    return data[: rng.randint(0, len(data))]


def cut_part(rng: Random, data: bytes) -> bytes:
    start, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:start] + data[end:]


def double_part(rng: Random, data: bytes) -> bytes:
    start, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:end] + data[start:]


def insert_token(rng: Random, data: bytes) -> bytes:
    place = rng.randint(0, len(data))
    return data[:place] + rng.choice(TOKENS) + data[place:]


def replace_field(rng: Random, data: bytes) -> bytes:
    fields = list(re.finditer(rb"[^,\t:|\n\" ]+", data))
    if not fields:
        return data
    field = rng.choice(fields)
    return data[: field.start()] + rng.choice(TOKENS) + data[field.end() :]


def swap_fields(rng: Random, data: bytes) -> bytes:
    parts = re.split(rb"(,|\t|::|\n| )", data)
    first, second = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[first], parts[second] = parts[second], parts[first]
    return b"".join(parts)


def drop_separator(rng: Random, data: bytes) -> bytes:
    found = list(re.finditer(rb",|\t|::|\|| ", data))
    if not found:
        return data
    where = rng.choice(found)
    return data[: where.start()] + data[where.end() :]


def change_separator(rng: Random, data: bytes) -> bytes:
    return data.replace(rng.choice(SEPARATORS), rng.choice(SEPARATORS))


def repeat_line(rng: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    place = rng.randrange(len(lines))
    return b"".join([*lines[:place], lines[place] * rng.randint(2, 5), *lines[place:]])


def drop_line(rng: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    del lines[rng.randrange(len(lines))]
    return b"".join(lines)


def shuffle_lines(rng: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def header_only(rng: Random, data: bytes) -> bytes:
    return data.splitlines(keepends=True)[0] if data else data


def empty(rng: Random, data: bytes) -> bytes:
    return rng.choice((b"", b"\n", b" \n\n", b"\xef\xbb\xbf", b"\0"))


def random_bytes(rng: Random, data: bytes) -> bytes:
    return rng.randbytes(rng.randint(1, 400))


def random_text(rng: Random, data: bytes) -> bytes:
    letters = '0123456789,\t :|"\nab-.é'
    return "".join(rng.choices(letters, k=rng.randint(1, 300))).encode()


def other_encoding(rng: Random, data: bytes) -> bytes:
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7"))
    return data.decode("latin-1").encode(encoding)


def long_field(rng: Random, data: bytes) -> bytes:
    place = rng.randint(0, len(data))
    return data[:place] + b"7" * rng.choice((300, 5000, 140_000)) + data[place:]


ANY = (
    flip,
    overwrite,
    cut_end,
    cut_part,
    double_part,
    insert_token,
    random_bytes,
    empty,
)
TEXT = (
    *(insert_token, replace_field, replace_field, swap_fields, swap_fields),
    *(drop_separator, change_separator, repeat_line, drop_line, shuffle_lines),
    *(header_only, random_text, other_encoding, long_field),
)


# What must change nothing


def windows_lines(rng: Random, data: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", data)


def signature(rng: Random, data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def blank_lines(rng: Random, data: bytes) -> bytes:
    ended = data if data.endswith(b"\n") else data + b"\n"
    return ended + b"\n" * rng.randint(1, 3)


def no_last_end(rng: Random, data: bytes) -> bytes:
    return data.removesuffix(b"\n")


HARMLESS = (windows_lines, signature, blank_lines, no_last_end)


# Gzip and Parquet


def zipped(rng: Random, data: bytes) -> bytes:
    return gzip.compress(data, mtime=0, compresslevel=1)


def zipped_in_parts(rng: Random, data: bytes) -> bytes:
    place = rng.randint(0, len(data))
    return zipped(rng, data[:place]) + zipped(rng, data[place:])


def not_zipped(rng: Random, data: bytes) -> bytes:
    return data


def zipped_and_spoiled(rng: Random, data: bytes) -> bytes:
    way = rng.choice((flip, overwrite, cut_end, double_part, insert_token))
    return way(rng, zipped(rng, data))


ODD_COLUMNS = (
    [[1], [2], None],
    [{"a": 1}, {"a": 2}, {"a": 3}],
    [True, False, None],
    [decimal.Decimal("1.5"), None, decimal.Decimal("-2.0")],
    [datetime.date(2020, 1, 2), None, datetime.date(9999, 12, 31)],
    [datetime.datetime(2020, 1, 2), datetime.datetime(1, 1, 1), None],
    [datetime.time(1), datetime.time(2), datetime.time(3)],
    [datetime.timedelta(1), None, datetime.timedelta(-3)],
    [b"a", b"\xff", None],
    ["1", "x", ""],
    ["2020-01-02", "99999-01-01", "1"],
    [1, 2, 2**62],
    [1.5, float("nan"), float("inf")],
    [-1.0, 1e39, None],
    [None, None, None],
)


def odd_table(rng: Random, data: bytes) -> bytes:
    """A whole Parquet file of columns that nobody expects."""
    names = ["user_id", "item_id", "rating", "timestamp", "user_id"]
    names = names[: rng.choice((0, 1, 2, 3, 4, 4, 4, 5))]
    arrays = [pa.array(rng.choice(ODD_COLUMNS)) for _ in names]
    arrays = [
        a.dictionary_encode() if rng.random() < 0.1 and _flat(a) else a for a in arrays
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=names), buffer)
    return buffer.getvalue()


def _flat(array: pa.Array) -> bool:
    return pa.types.is_string(array.type) or pa.types.is_integer(array.type)


def spoil(
    rng: Random, data: bytes, ways: tuple[Callable[[Random, bytes], bytes], ...]
) -> bytes:
    """One to three of the ways, one after the other."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(ways)(rng, data)
    return data
