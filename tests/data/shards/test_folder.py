"""Opening a folder of shards, and the errors of damaged folders."""

import shutil

import numpy as np
import pytest

from tfrecs.data.shards import open_shards

ADVICE = r"Delete the folder and prepare it again\."


@pytest.fixture
def folder(shards, tmp_path):
    """A copy to damage."""
    return shutil.copytree(shards.folder, tmp_path / "copy")


def test_opened_shards_equal_the_prepared_ones(shards):
    opened = open_shards(str(shards.folder))
    for name in ("num_users", "num_items", "num_interactions", "num_shards"):
        assert getattr(opened, name) == getattr(shards, name)
    assert opened.made_from["seed"] == 3
    for shard in range(6):
        assert np.array_equal(opened.read(shard), shards.read(shard))
    expected = "<Shards: 3000 interactions of 100 users x 60 items in 6 shards>"
    assert repr(opened) == expected


def test_shards_look_up_raw_ids_and_cannot_change(shards):
    found = shards.users.index(["u7", "nobody"])
    assert shards.users.ids[found[:1]].tolist() == ["u7"]
    assert found[1] == -1
    assert shards.items.ids.dtype == np.int64
    with pytest.raises(AttributeError, match="num_items"):
        shards.num_items = 3


def test_a_folder_without_a_manifest_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file. Name a folder of sha"):
        open_shards(tmp_path / "missing")
    (tmp_path / "unfinished").mkdir()
    with pytest.raises(FileNotFoundError, match=r"call prepare_shards again"):
        open_shards(tmp_path)


@pytest.mark.parametrize("name", ["shard-00005.npy", "users.parquet"])
def test_a_truncated_file_raises_when_shards_are_opened(name, folder):
    (folder / name).write_bytes(b"123")
    with pytest.raises(ValueError, match=f"{name}: .*Received: 3 bytes.*{ADVICE}"):
        open_shards(folder)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("shard-00002.npy", lambda shards: shards.read(2)),
        ("users.parquet", lambda shards: shards.users),
        ("items.parquet", lambda shards: shards.items),
        ("item_counts.npy", lambda shards: shards.item_counts),
    ],
)
def test_a_changed_file_raises_when_it_is_read(name, read, folder):
    shards = open_shards(folder)
    content = bytearray((folder / name).read_bytes())
    content[-9] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}: must be as it was.*{ADVICE}"):
        read(shards)
