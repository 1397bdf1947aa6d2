"""Small files that would fill the memory, each with the call that must refuse it."""

import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import tfrecs
from tfrecs._base.manifest import write_manifest
from tfrecs.data.readers import read_frame
from tfrecs.evaluation.candidates import SampledCandidates
from tfrecs.inference.bundle import BUNDLE
from tfrecs.streaming import load

BLOCK, BLOCKS = 2**24, 16
DEEP = "[" * 10**6
Bomb = Callable[[Path, Path], Callable[[], str]]


def read_file(name: str, content: Callable[[], bytes]) -> Bomb:
    """A table that is read as `read_frame` does."""

    def bomb(folder: Path, work: Path) -> Callable[[], str]:
        folder.mkdir()
        (folder / name).write_bytes(content())
        return lambda: f"{len(read_frame(folder / name))} rows"

    return bomb


def packed(start: bytes, block: bytes) -> Callable[[], bytes]:
    """A gzip file of a start and of many equal blocks."""
    return lambda: gzip.compress(start) + BLOCKS * gzip.compress(block * BLOCK)


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w") as member,
    ):
        member.write(b"user,item\n")
        for _ in range(BLOCKS):
            member.write(b"1,2\n" * (BLOCK // 4))
    return file.getvalue()


def sheet(cells: str) -> bytes:
    """An Excel file whose first sheet has these rows."""
    import openpyxl

    file, out = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                content = content.replace(
                    "<sheetData />", f"<sheetData>{cells}</sheetData>"
                )
                content = content.replace(
                    "<sheetData/>", f"<sheetData>{cells}</sheetData>"
                )
            new.writestr(name, content)
    return out.getvalue()


def parquet(rows: int, columns: int = 2) -> bytes:
    file = io.BytesIO()
    names = ["user_id", "item_id", *(f"c{n}" for n in range(columns - 2))]
    part = pa.table({name: pa.array(np.zeros(min(rows, 2**20), int)) for name in names})
    with pq.ParquetWriter(file, part.schema) as writer:
        for _ in range(max(1, rows // 2**20)):
            writer.write_table(part)
    return file.getvalue()


def repeated() -> bytes:
    """A Parquet file of one text of 1 MB, 65,536 times."""
    file, texts = io.BytesIO(), pa.array(["x" * 2**20])
    places = pa.array(np.zeros(2**12, np.int32))
    part = pa.table({"item_id": pa.DictionaryArray.from_arrays(places, texts)})
    with pq.ParquetWriter(file, part.schema, store_schema=False) as writer:
        for _ in range(16):
            writer.write_table(part)
    return file.getvalue()


def stored_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    described = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, described)
    return file.getvalue()


def stream(edit: Callable[[dict[str, bytes]], Any], compression: int = 0) -> Bomb:
    """A checkpoint of a stream, whose members are edited."""

    def bomb(folder: Path, work: Path) -> Callable[[], str]:
        folder.mkdir()
        with zipfile.ZipFile(work / "isgd.npz") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        edit(members)
        with zipfile.ZipFile(folder / "isgd.npz", "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return lambda: f"{len(load(folder / 'isgd.npz').users)} users"

    return bomb


def about(
    change: Callable[[dict[str, Any]], Any],
) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        found = json.loads(str(np.load(io.BytesIO(members["about.npy"]))))
        text = change(found)
        file = io.BytesIO()
        np.save(file, np.array(text if isinstance(text, str) else json.dumps(found)))
        members["about.npy"] = file.getvalue()

    return edit


def array(dtype: str, shape: tuple[int, ...]) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update(
        {"learner/users.npy": stored_header(dtype, shape)}
    )


def one_step(found: dict[str, Any]) -> None:
    model = tfrecs_model_config()
    set_all(model, 10**9)
    found["learner"] = "one-step"
    found["settings"] = {
        "model_config": json.dumps(model),
        "optimizer_config": json.dumps(
            {"class_name": "SGD", "module": "keras.optimizers", "config": {}}
        ),
    }


CONFIG: dict[str, Any] = {}
"""The configuration of a model, which a process of its own writes."""


def tfrecs_model_config() -> Any:
    return json.loads(json.dumps(CONFIG))


def set_all(config: Any, size: int) -> None:
    """Sets every number of rows of a configuration."""
    for value in config.values() if isinstance(config, dict) else config:
        if isinstance(value, dict | list):
            set_all(value, size)
    for name in ("num_users", "num_items", "input_dim"):
        if isinstance(config, dict) and name in config:
            config[name] = size


def bundle(name: str, content: Callable[[Path], bytes]) -> Bomb:
    """A bundle of which one file is replaced."""

    def bomb(folder: Path, work: Path) -> Callable[[], str]:
        shutil.copytree(work / "bundle", folder)
        (folder / name).write_bytes(content(folder / name))
        if name != "manifest.json":
            write_manifest(folder, BUNDLE, {})
        return lambda: f"{tfrecs.load(folder)}"

    return bomb


def keras_file(
    edit: Callable[[dict[str, bytes]], Any], compression: int = 0
) -> Callable[[Path], bytes]:
    def content(path: Path) -> bytes:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        edit(members)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive:
            for name, part in members.items():
                archive.writestr(name, part)
        return file.getvalue()

    return content


def with_rows(size: int) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        set_all(config, size)
        members["config.json"] = json.dumps(config).encode()

    return edit


def declared_weights(members: dict[str, bytes]) -> None:
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        for name in "ab":
            weights.create_dataset(name, (2**30,), "f4", chunks=(2**10,), compression=9)
    members["model.weights.h5"] = file.getvalue()


def vector_encoder(path: Path) -> bytes:
    arguments = {"vectors": ["x"], "min_count": 1, "max_words": 9, "separator": None}
    fitted = [{"column": "x", "dim": 10**12}]
    return json.dumps({"arguments": arguments, "fitted": fitted}).encode()


def ids(kind: str) -> Callable[[Path], bytes]:
    return lambda path: json.dumps(
        {"name": "users", "dtype": kind, "ids": [f"u{n}" for n in range(10)]}
    ).encode()


def candidates(folder: Path, work: Path) -> Callable[[], str]:
    folder.mkdir()
    zeros = np.zeros((2**13, 2**15), np.int32)
    np.savez_compressed(folder / "c.npz", user_ids=np.arange(2**13), item_ids=zeros)
    data = tfrecs.Interactions.from_arrays([1, 2], [1, 2])
    return lambda: f"{SampledCandidates.load(folder / 'c.npz', data)}"


def many_keys() -> bytes:
    return b"".join(b'{"user": 1, "item": 2, "k%d": 1}\n' % n for n in range(10**5))


BOMBS: dict[str, Bomb] = {
    **{
        f"{kind} of {what} in gzip": read_file(f"a.{kind}.gz", packed(start, block))
        for kind, start, what, block in [
            ("csv", b"user,item\n", "rows", b"1,2\n"),
            ("tsv", b"user\titem\n", "rows", b"1\t2\n"),
            ("csv", b"user,item\n1,", "one row", b"2"),
            ("csv", b"", "one header", b"a"),
            ("dat", b"", "rows", b"1::2::3::4\n"),
            ("txt", b"", "rows", b"1 2 3\n"),
            ("lists", b"1 ", "one line", b"2 "),
            ("jsonl", b"", "rows", b'{"user": 1, "item": 2}\n'),
            ("jsonl", b'{"user": "', "one line", b"a"),
            ("json", b"[", "an array", b"[],"),
            ("parquet", b"PAR1", "zeros", b"\0"),
            ("xlsx", b"PK", "zeros", b"\0"),
        ]
    },
    "csv in zip": read_file("a.csv.zip", lambda: zipped("a.csv")),
    "jsonl in zip": read_file("a.jsonl.zip", lambda: zipped("a.jsonl")),
    "csv of 1,000,000 columns": read_file(
        "a.csv", lambda: ",".join(map(str, range(10**6))).encode() + b"\n1\n"
    ),
    "tsv of 1,000,000 columns": read_file(
        "a.tsv", lambda: "\t".join(map(str, range(10**6))).encode() + b"\n1\n"
    ),
    "csv of 1,000,000 commas": read_file("a.csv", lambda: b"," * 10**6 + b"\n"),
    "jsonl of 100,000 keys": read_file("a.jsonl", many_keys),
    "json of 100,000 keys": read_file(
        "a.json", lambda: json.dumps([dict.fromkeys(map(str, range(10**5)))]).encode()
    ),
    "deep json": read_file("a.json", DEEP.encode),
    "deep jsonl": read_file("a.jsonl", lambda: b'{"a":' + DEEP.encode() + b"\n"),
    "csv without end": read_file("a.csv", lambda: b"user,item\n1," + b"2" * 2**26),
    "csv with an open quote": read_file("a.csv", lambda: b'a,b\n1,"' + b"2\n" * 2**25),
    "lists without end": read_file("a.lists", lambda: b"1 " * 2**25),
    "parquet of 2^27 rows": read_file("a.parquet", lambda: parquet(2**27)),
    "parquet of 20,000 columns": read_file("a.parquet", lambda: parquet(1, 20_000)),
    "parquet of a long text 2^16 times": read_file("a.parquet", repeated),
    "Excel's last cell": read_file(
        "a.xlsx",
        lambda: sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'
                      '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
    ),
    "Excel of spaces": read_file("a.xlsx", lambda: sheet(" " * (BLOCK * BLOCKS // 2))),
    "npz, compressed": stream(
        lambda members: members.update(x=bytes(BLOCK * BLOCKS)), zipfile.ZIP_DEFLATED
    ),
    "npz of 10^12 numbers": stream(array("<f4", (10**12, 3))),
    "npz of 10^9 numbers": stream(array("<f4", (10**9,))),
    "npz of S2000000000": stream(array("|S2000000000", ())),
    "npz of U500000000": stream(array("<U500000000", (4,))),
    "npz of no numbers": stream(array("<f4", (0, 10**12))),
    "npz, deep": stream(about(lambda found: DEEP)),
    "npz, deep ids": stream(
        about(lambda found: found.update(users='{"name":"u","dtype":"object","ids":'
                                         + "[" * 900 + "1" + "]" * 900 + "}"))
    ),
    "npz, ids of S2000000000": stream(
        about(lambda found: found.update(users=ids("S2000000000")(Path()).decode()))
    ),
    "npz, vectors of 10^9": stream(
        about(lambda found: found["settings"].update(embedding_dim=10**9))
    ),
    "npz, a model of 10^9 rows": stream(about(one_step)),
    "bundle, compressed config": bundle(
        "model.keras",
        keras_file(
            lambda members: members.update({"config.json": b" " * (BLOCK * BLOCKS)}),
            zipfile.ZIP_DEFLATED,
        ),
    ),
    "bundle, 10^9 rows": bundle("model.keras", keras_file(with_rows(10**9))),
    "bundle, 10^14 rows": bundle("model.keras", keras_file(with_rows(10**14))),
    "bundle, declared weights": bundle("model.keras", keras_file(declared_weights)),
    "bundle, deep config": bundle(
        "model.keras",
        keras_file(lambda members: members.update({"config.json": DEEP.encode()})),
    ),
    "bundle, deep settings": bundle("about.json", lambda path: DEEP.encode()),
    "bundle, deep manifest": bundle("manifest.json", lambda path: DEEP.encode()),
    "bundle, ids of S2000000000": bundle("users.json", ids("S2000000000")),
    "bundle, ids of U900000000": bundle("users.json", ids("<U900000000")),
    "bundle, 2^27 interactions": bundle(
        "interactions.parquet", lambda path: parquet(2**27)
    ),
    "bundle, 20,000 features": bundle(
        "item_features.parquet", lambda path: parquet(12, 20_000)
    ),
    "bundle, vectors of 10^12": bundle("item_encoder.json", vector_encoder),
    "candidates, compressed": candidates,
}  # fmt: skip
"""Each makes its files in a new folder, and returns the call."""

if find_spec("openpyxl") is None:
    BOMBS = {name: bomb for name, bomb in BOMBS.items() if "Excel" not in name}
