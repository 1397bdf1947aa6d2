"""Limits of files of others: each kind of bomb ends in one line."""

import gzip
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tfrecs import Limits, read_interactions
from tfrecs.data.readers import read_frame

ROWS = "".join(f"{n},{n % 7}\n" for n in range(300))
PAIRS = f"user,item\n{ROWS}".encode()


ONCE = Limits(unpacked=1)  # as large as the file, or 1 MB


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zip"])
def test_what_is_packed_must_not_be_much_larger(name, tmp_path):
    content, path = PAIRS + b"8,0\n" * 2**18, tmp_path / name
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
    with pytest.raises(ValueError, match=r"unpack to at most 1,048,576 .*`limits`"):
        read_interactions(path, limits=ONCE)
    assert len(read_interactions(path)) == 301


def test_parquet_must_not_declare_much_more_than_it_holds(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"user_id": 0, "item_id": np.zeros(2**17, int)}).to_parquet(path)
    with pytest.raises(ValueError, match=r"unpack to at most 1,048,576 .*`limits`"):
        read_frame(path, limits=ONCE)
    assert len(read_frame(path)) == 2**17


def texts(form, rows, text):
    """A column that repeats texts, in different forms, and its encodings."""
    listed = [text if form == "delta" else text[:-1] + "ab"[n % 2] for n in range(rows)]
    column = pa.array(listed)
    if form == "lists":
        column = pa.array([[], *([t] for t in listed[1:])])
    elif form == "structs":
        column = pa.array([{"a": t} for t in listed])
    elif form == "maps":
        kind = pa.map_(pa.string(), pa.string())
        column = pa.array([[(t, t)] for t in listed], kind)
    elif form == "fixed":
        column = pa.array([t.encode() for t in listed], pa.binary(len(text)))
    return pa.table({"user_id": np.arange(rows), "item_id": column})


FORMS = ["dictionary", "delta", "lists", "structs", "maps", "fixed"]


@pytest.mark.parametrize("form", FORMS)
def test_parquet_must_not_repeat_a_long_text_too_often(form, tmp_path):
    path = tmp_path / "a.parquet"
    options = {"compression": "zstd"}
    if form == "delta":
        options |= {
            "use_dictionary": False,
            "column_encoding": {"item_id": "DELTA_BYTE_ARRAY"},
        }
    pq.write_table(texts(form, 1500, "x" * 1000), path, **options)
    assert path.stat().st_size < 40_000
    with pytest.raises(ValueError, match=r"unpack to at most 1,048,576 .*`limits`"):
        read_frame(path, limits=ONCE)
    assert len(read_frame(path)) == 1500
    pq.write_table(texts(form, 200, "x" * 1000), path, **options)
    assert len(read_frame(path, limits=ONCE)) == 200


def test_a_few_long_texts_among_many_are_counted_one_by_one(tmp_path):
    path = tmp_path / "a.parquet"
    column = ["x" * 1000, *["short"] * 5000]
    pd.DataFrame({"user_id": range(5001), "item_id": column}).to_parquet(path)
    assert len(read_frame(path, limits=ONCE)) == 5001


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "parquet"])
def test_columns(suffix, tmp_path):
    path, names = tmp_path / f"a.{suffix}", [f"c{n}" for n in range(51)]
    row = dict.fromkeys(names, 1)
    if suffix == "parquet":
        pd.DataFrame([row]).to_parquet(path)
    elif suffix == "jsonl":  # each line has another key
        path.write_text("".join(f'{{"{name}": 1}}\n' for name in names))
    elif suffix == "json":
        path.write_text(json.dumps([row]))
    else:
        separator = "," if suffix == "csv" else "\t"
        lines = (separator.join(names), separator.join("1" for _ in names))
        path.write_text("\n".join(lines))
    with pytest.raises(
        ValueError, match=r"at most 50 columns\. Received: 51\..*`limits`"
    ):
        read_frame(path, limits=Limits(columns=50))
    assert read_frame(path, limits=Limits(columns=51)).shape[1] == 51


@pytest.mark.parametrize("name", ["a.jsonl", "a.lists", "a.csv", "a.jsonl.gz"])
def test_a_line_without_end(name, tmp_path):
    path = tmp_path / name
    start = b'{"user": 1, "item": 2, "x": "' if "jsonl" in name else b"1 "
    content = start + b"1" * 2**23
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(ValueError, match="each row must have at most 4,194,304 bytes"):
        read_frame(path)


@pytest.mark.parametrize("name", ["unpacked", "row_bytes", "columns"])
def test_limits_are_whole_numbers(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number.*{name}=0"):
        Limits(**{name: 0})
