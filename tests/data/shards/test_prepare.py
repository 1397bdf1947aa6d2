"""Preparing shards: every row once, resumed runs equal to the byte, and errors."""

import errno
import json
import logging
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from tfrecs._base.limits import Limits
from tfrecs.data.shards import open_shards, prepare, prepare_shards, sources

SIZES = {"part_rows": 400, "shard_rows": 500}


def pairs_of(shards) -> np.ndarray:
    return np.concatenate([shards.read(n) for n in range(shards.num_shards)])


def raw_pairs(shards) -> Counter:
    """Every pair of the shards as raw ids."""
    pairs = pairs_of(shards)
    users, items = shards.users.ids[pairs[:, 0]], shards.items.ids[pairs[:, 1]]
    return Counter(zip(users.tolist(), items.tolist(), strict=True))


def contents(folder) -> dict[str, bytes]:
    """Every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# Content of the shards


def test_every_row_occurs_once_under_its_raw_ids(shards, raw):
    users, items = (column.tolist() for column in raw)
    assert raw_pairs(shards) == Counter(zip(users, items, strict=True))
    assert max(raw_pairs(shards).values()) > 1  # repeated pairs are kept
    assert shards.num_interactions == 3000


def test_ids_are_numbered_as_they_first_appear_and_counted(shards, raw):
    for vocabulary, column in zip((shards.users, shards.items), raw, strict=True):
        assert vocabulary.ids.tolist() == list(dict.fromkeys(column.tolist()))
    sizes = len(shards.users), len(shards.items)
    assert (shards.num_users, shards.num_items) == sizes
    counts = np.bincount(pairs_of(shards)[:, 1], minlength=shards.num_items)
    assert shards.item_counts.tolist() == counts.tolist()
    assert shards.item_counts.dtype == np.int64


def test_shards_are_int32_pairs_of_one_size_to_a_row(files, tmp_path):
    shards = prepare_shards(files, tmp_path, seed=0, part_rows=400, shard_rows=700)
    sizes = [len(shards.read(n)) for n in range(shards.num_shards)]
    assert sizes == [600] * 5
    shards = prepare_shards(files, tmp_path / "7", seed=0, part_rows=37, shard_rows=450)
    read = [shards.read(n) for n in range(shards.num_shards)]
    assert sorted(map(len, read)) == [428, 428, 428, 429, 429, 429, 429]
    assert {(pairs.dtype, pairs.shape[1]) for pairs in read} == {(np.dtype("i4"), 2)}


def test_every_shard_has_its_share_of_every_part(write_parquet, tmp_path):
    # The item is the row, which identifies the part: 10 parts of 100 rows.
    path = write_parquet(
        tmp_path / "a.parquet", user_id=np.zeros(1000, int), item_id=np.arange(1000)
    )
    shards = prepare_shards(
        path, tmp_path / "out", seed=0, part_rows=100, shard_rows=130
    )
    assert shards.num_shards == 8
    for number in range(8):
        rows = shards.items.ids[shards.read(number)[:, 1]]
        parts = np.bincount(rows // 100, minlength=10)
        assert set(parts.tolist()) <= {12, 13}
        places = [frozenset(rows[rows // 100 == part] % 100) for part in range(10)]
        assert len(set(places)) == 10  # each part is shuffled by itself


def test_the_seed_decides_the_shard_of_a_row(shards, raw, files, tmp_path):
    other = prepare_shards(files, tmp_path / "other", seed=4, **SIZES)
    assert raw_pairs(other) == raw_pairs(shards)
    assert not np.array_equal(other.read(0), shards.read(0))
    again = prepare_shards(files, tmp_path / "again", seed=3, **SIZES)
    assert contents(again.folder) == contents(shards.folder)


def test_low_ratings_and_their_ids_are_left_out(write_parquet, tmp_path):
    path = write_parquet(
        tmp_path / "a.parquet",
        who=["ann", "bob", "cat", "ann"],
        what=[7, 8, 9, 9],
        stars=np.array([4, 3.9, 5, 0.1], np.float32),
    )
    columns = {"user_col": "who", "item_col": "what", "rating_col": "stars"}
    shards = prepare_shards(path, tmp_path / "4", seed=0, min_rating=4, **columns)
    assert raw_pairs(shards) == {("ann", 7): 1, ("cat", 9): 1}
    assert shards.users.ids.tolist() == ["ann", "cat"]
    # 3.9 as float32 is below 3.9 as float64, and still counts as 3.9
    shards = prepare_shards(path, tmp_path / "3", seed=0, min_rating=3.9, **columns)
    assert shards.num_interactions == 3


def test_columns_are_found_by_usual_names(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("userId,movieId,rating\nann,7,5\nbob,8,2\n", encoding="utf-8")
    shards = prepare_shards(path, tmp_path / "4", seed=0, min_rating=4)
    assert raw_pairs(shards) == {("ann", 7): 1}
    same = prepare_shards(
        path,
        tmp_path / "4",
        seed=0,
        user_col="userId",
        item_col="movieId",
        rating_col="rating",
        min_rating=4,
    )
    assert same.folder == shards.folder
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    message = "a.csv: must have a column of user and item ids with a usual name"
    with pytest.raises(ValueError, match=message):
        prepare_shards(path, tmp_path / "out", seed=0)
    assert not (tmp_path / "out").exists()


# Kinds of files


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "tsv.gz"])
def test_text_files_make_the_shards_of_parquet(suffix, shards, raw, tmp_path):
    small = Limits(row_bytes=1000)  # blocks end within notes, too
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    frame = pd.DataFrame({"item_id": raw[1], "note": 'a "b"\nc', "user_id": raw[0]})
    for path, rows in zip(paths, (frame[:1900], frame[1900:]), strict=True):
        rows.to_csv(path, sep="\t" if "tsv" in suffix else ",", index=False)
    same = prepare_shards(paths, tmp_path / "out", seed=3, limits=small, **SIZES)
    names = set(contents(shards.folder)) - {"manifest.json"}
    assert [(same.folder / n).read_bytes() for n in sorted(names)] == [
        (shards.folder / n).read_bytes() for n in sorted(names)
    ]


def test_parquet_must_not_repeat_a_long_id_too_often(tmp_path):
    path, ids = tmp_path / "a.parquet", [1000 * "x" + "ab"[n % 2] for n in range(1500)]
    frame = pd.DataFrame({"user_id": range(1500), "item_id": ids})
    frame.to_parquet(path)
    once = Limits(unpacked=1)
    with pytest.raises(ValueError, match=r"a\.parquet: must unpack to at most"):
        prepare_shards(path, tmp_path / "out", seed=0, limits=once, **SIZES)
    made = prepare_shards(path, tmp_path / "made", seed=0, **SIZES)
    assert made.items.ids.tolist() == ids[:2]


def test_ids_of_text_files_are_integers_if_all_of_them_are(write_parquet, tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("user_id,item_id\n7,1\nNA,2\n", encoding="utf-8")
    second.write_text("user_id,item_id\n007,3\n", encoding="utf-8")
    numbers = write_parquet(tmp_path / "c.parquet", user_id=["007"], item_id=[2])
    paths = [first, second, numbers]
    shards = prepare_shards(paths, tmp_path / "out", seed=0, part_rows=1)
    pairs = {("7", 1): 1, ("NA", 2): 1, ("007", 3): 1, ("007", 2): 1}
    assert raw_pairs(shards) == pairs
    text = prepare_shards(paths, tmp_path / "text", seed=0, id_type={"item": "text"})
    assert raw_pairs(text) == {(user, str(item)): 1 for user, item in pairs}


def test_integers_with_a_missing_row_elsewhere_are_integers(write_parquet, tmp_path):
    path = write_parquet(tmp_path / "a.parquet", user_id=[7.0, 8.0], item_id=[1, 2])
    assert prepare_shards(path, tmp_path / "out", seed=0).users.ids.tolist() == [7, 8]
    for user, message in [(2.0**53, r"floats of 2\*\*53 or more"), (0.5, "fractions")]:
        write_parquet(path, user_id=[7.0, user], item_id=[1, 2])
        with pytest.raises(ValueError, match=f"a.parquet: .*{message}"):
            prepare_shards(path, tmp_path / str(user), seed=0)


def test_categories_of_pandas_are_decoded(tmp_path):
    frame = pd.DataFrame({"user_id": ["x", "y", "x"], "item_id": [1, 2, 3]})
    frame.astype({"user_id": "category"}).to_parquet(tmp_path / "a.parquet")
    shards = prepare_shards(tmp_path / "a.parquet", tmp_path / "out", seed=0)
    assert shards.users.ids.tolist() == ["x", "y"]


# Resumed runs

CHILD = """
import json, os, signal, sys
from tfrecs.data.shards import prepare_shards
paths, folder, renames = json.loads(sys.argv[1])
rename, done = os.replace, []
def kill_after(*names):
    rename(*names)
    done.append(names)
    if len(done) == abs(renames):
        os.kill(os.getpid(), signal.SIGKILL)
def kill_before(*names):
    if len(done) + 1 == abs(renames):
        os.kill(os.getpid(), signal.SIGKILL)
    kill_after(*names)
os.replace = kill_after if renames > 0 else kill_before
prepare_shards(paths, folder, seed=3, part_rows=400, shard_rows=500)
assert "tensorflow" not in sys.modules
"""


def prepare_in_child(files, folder, renames) -> int:
    """Prepares in a process that kills itself after (if negative, before) a rename."""
    arguments = json.dumps([[str(file) for file in files], str(folder), renames])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, arguments], capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.returncode


# One rename for the plan, 8 for parts, 6 for shards, 3 for tables, 1 for the manifest.
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("renames", [-2, 4, 11, -19])
def test_a_killed_run_resumes_to_the_same_bytes(renames, files, shards, tmp_path):
    folder = tmp_path / "out"
    assert prepare_in_child(files, folder, renames) == -9
    with pytest.raises(FileNotFoundError, match=r"manifest.json.*call prepare_shards"):
        open_shards(folder)
    done = set(folder.glob("unfinished/part-*[0-9]")) | set(folder.glob("shard*.npy"))
    when = {path: path.stat().st_mtime_ns for path in done}
    assert len(done) == max(0, abs(renames) - (renames < 0) - 1 - 3 * (renames == -19))
    kept = {path: when[path] for path in done if path.suffix == ".npy"}
    prepare_shards(files, folder, seed=3, **SIZES)
    assert contents(folder) == contents(shards.folder)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_run_killed_after_the_manifest_is_complete(files, shards, tmp_path):
    folder = tmp_path / "out"
    assert prepare_in_child(files, folder, 19) == -9
    assert (folder / "unfinished").is_dir()
    assert open_shards(folder).num_interactions == 3000
    prepare_shards(files, folder, seed=3, **SIZES)
    assert contents(folder) == contents(shards.folder)


def test_preparing_loads_no_tensorflow(files, tmp_path):
    assert prepare_in_child(files, tmp_path / "out", 99) == 0


def test_a_full_disk_is_named_and_the_same_call_goes_on(
    files, shards, tmp_path, monkeypatch
):
    def full(path, ids):
        raise OSError(errno.ENOSPC, "Error writing bytes to file.")  # as pyarrow does

    monkeypatch.setattr(prepare, "write_ids", full)
    with pytest.raises(OSError, match=r"more than the [\d,]+ bytes.*Free some.*again"):
        prepare_shards(files, tmp_path / "again", seed=3, **SIZES)
    monkeypatch.undo()
    prepare_shards(files, tmp_path / "again", seed=3, **SIZES)
    assert contents(tmp_path / "again") == contents(shards.folder)


def test_complete_parts_are_not_encoded_again(files, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    assert prepare_in_child(files, folder, 8) == -9  # 7 parts: 5 of a, 2 of b
    read = []
    opened = sources.dataset.dataset
    monkeypatch.setattr(
        sources.dataset,
        "dataset",
        lambda path, **kind: read.append(path.name) or opened(path, **kind),
    )
    prepare_shards(files, folder, seed=3, **SIZES)
    assert read == ["a.parquet", "b.parquet"]  # the first for its names of columns


def test_a_truncated_part_raises(files, tmp_path):
    folder = tmp_path / "out"
    prepare_in_child(files, folder, 4)
    (folder / "unfinished/part-000001/pairs.bin").write_bytes(b"1234")
    message = r"part-000001: must hold .*\[3200, .* Received: \[4, .*Delete this folder"
    with pytest.raises(ValueError, match=message):
        prepare_shards(files, folder, seed=3, **SIZES)


def test_a_finished_folder_is_opened_unchanged(shards, files):
    before = {p: p.stat().st_mtime_ns for p in shards.folder.iterdir()}
    again = prepare_shards(files, shards.folder, seed=3, **SIZES)
    assert {p: p.stat().st_mtime_ns for p in shards.folder.iterdir()} == before
    assert again.num_interactions == shards.num_interactions


def test_progress_is_logged_and_nothing_is_printed(files, tmp_path, caplog, capfd):
    with caplog.at_level(logging.INFO, logger="tfrecs"):
        prepare_shards(files, tmp_path, seed=3, **SIZES)
    assert "encoded 400 rows of file 1/2" in caplog.messages
    assert "wrote shard 6/6" in caplog.messages
    assert caplog.messages[-1] == "3000 interactions in 6 shards"
    assert capfd.readouterr() == ("", "")


# Errors


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": 4}, "seed 4, and 3 before"),
        ({"shard_rows": 501}, "shard_rows 501, and 500 before"),
        ({"part_rows": 401}, "part_rows 401, and 400 before"),
        ({"id_type": "text"}, r"user_type 'text', and None before"),
        (
            {"user_col": "item_id", "item_col": "user_id"},
            "user_col 'item_id', and 'user_id' before",
        ),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_other_arguments_raise(changed, message, finished, shards, files, tmp_path):
    folder = shards.folder
    if not finished:
        folder = tmp_path
        (folder / "unfinished").mkdir()
        plan = json.dumps(dict(shards.made_from))
        (folder / "unfinished/plan.json").write_text(plan, encoding="utf-8")
    with pytest.raises(ValueError, match=f"begun with other arguments.*{message}"):
        prepare_shards(files, folder, **{"seed": 3, **SIZES, **changed})


def test_other_files_raise(shards, files, tmp_path, write_parquet):
    message = r"Received: file \(name, .*\) {}, and {} before"
    with pytest.raises(
        ValueError, match=message.format("None", r"\['b.parquet', .*\]")
    ):
        prepare_shards(files[:1], shards.folder, seed=3, **SIZES)
    path = write_parquet(tmp_path / "a.parquet", user_id=[1], item_id=[1])
    prepare_shards(path, tmp_path / "out", seed=0)
    write_parquet(path, user_id=[1], item_id=[2])
    a = r"\['a.parquet', \d+, \d+\]"
    with pytest.raises(ValueError, match=message.format(a, a)):
        prepare_shards(path, tmp_path / "out", seed=0)


def test_a_folder_of_other_files_raises(files, tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(ValueError, match=r"must be a new or empty folder"):
            prepare_shards(files, folder, seed=0)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_ids_of_two_kinds_raise(write_parquet, tmp_path):
    paths = [
        write_parquet(tmp_path / "a.parquet", user_id=[1], item_id=[1]),
        write_parquet(tmp_path / "b.parquet", user_id=["1"], item_id=[1]),
    ]
    message = (
        r"b.parquet: all files must have users of one kind.*string after int64.*text"
    )
    with pytest.raises(ValueError, match=message):
        prepare_shards(paths, tmp_path / "out", seed=0)
    shards = prepare_shards(paths, tmp_path / "text", seed=0, id_type="text")
    assert shards.users.ids.tolist() == ["1"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shard_rows": 0}, "`shard_rows` must be .*Received: shard_rows=0"),
        ({"part_rows": 1.5}, "`part_rows` must be .*Received: part_rows=1.5"),
        ({"seed": -1}, "`seed` must be .*at least 0. Received: seed=-1"),
        ({"min_rating": 3}, "needs `rating_col`.* Received: min_rating=3 alone"),
        ({"paths": []}, "`paths` must name at least one file"),
        ({"paths": "c.parquet"}, r"c\.parquet: no such file"),
    ],
)
def test_bad_arguments_raise_before_a_folder_is_made(given, message, files, tmp_path):
    arguments = {"paths": files, "folder": tmp_path / "out", "seed": 0, **given}
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        prepare_shards(**arguments)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("rating", [{}, {"rating_col": "r", "min_rating": 3}])
def test_no_interactions_raise(rating, tmp_path):
    (tmp_path / "a.csv").write_text(
        "user_id,item_id,r\n" + "1,1,2\n" * bool(rating), encoding="utf-8"
    )
    message = "at least one interaction. Received: none" + (".*Lower" if rating else "")
    with pytest.raises(ValueError, match=message):
        prepare_shards(tmp_path / "a.csv", tmp_path / "out", seed=0, **rating)
