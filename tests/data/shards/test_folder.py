"""Opening a folder: what was cut short, changed or lost is told."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from tfrecs.data.shards import open_shards

ADVICE = r"Delete the folder and prepare it again\."


@pytest.fixture
def folder(shards, tmp_path):
    """A copy to damage."""
    return shutil.copytree(shards.folder, tmp_path / "copy")


def edit(folder, change, *, seal: bool = False) -> None:
    """Changes the manifest, and its SHA-256 with it where asked."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest["shards"])
    if seal:
        text = json.dumps(manifest["shards"], sort_keys=True, separators=(",", ":"))
        manifest["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_opened_shards_are_those_that_preparing_gave(shards):
    opened = open_shards(str(shards.folder))
    for name in ("num_users", "num_items", "num_interactions", "num_shards"):
        assert getattr(opened, name) == getattr(shards, name)
    assert opened.made_from["seed"] == 3
    for shard in range(6):
        assert np.array_equal(opened.read(shard), shards.read(shard))
    told = "<Shards: 3000 interactions of 100 users x 60 items in 6 shards>"
    assert repr(opened) == told


def test_vocabularies_look_raw_ids_up(shards):
    assert shards.users.index(["u7", "nobody"]).tolist()[1] == -1
    assert shards.users.ids[shards.users.index(["u7"])].tolist() == ["u7"]
    assert shards.items.ids.dtype == np.int64


def test_an_opened_folder_cannot_be_changed(shards):
    with pytest.raises(AttributeError, match="num_items"):
        shards.num_items = 3


def test_a_folder_without_a_manifest_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such.*Make the folder with prep"):
        open_shards(tmp_path / "nowhere")


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_manifest_that_was_cut_short_is_told(length, folder):
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8")[:length], encoding="utf-8")
    with pytest.raises(ValueError, match=rf"json: must be a whole manifest.*{ADVICE}"):
        open_shards(folder)


@pytest.mark.parametrize("text", ["[]", "{}", '{"shards": 3}', '{"shards": {}}', "3"])
def test_json_of_something_else_is_no_manifest(text, folder):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"json: must be a whole manifest"):
        open_shards(folder)


@pytest.mark.parametrize("name", ["num_users", "num_items", "num_interactions"])
def test_a_manifest_that_was_edited_is_told(name, folder):
    edit(folder, lambda told: told.update({name: told[name] + 1}))
    with pytest.raises(ValueError, match=f"json: must be as prepare_shards.*{ADVICE}"):
        open_shards(folder)


def test_a_later_version_is_told(folder):
    edit(folder, lambda told: told.update(version=2), seal=True)
    with pytest.raises(ValueError, match=r"must be of version 1. Received: version 2"):
        open_shards(folder)


@pytest.mark.parametrize("name", ["shard-00005.npy", "users.parquet"])
def test_a_file_that_is_missing_or_of_another_size_is_told(name, folder):
    size = (folder / name).stat().st_size
    (folder / name).write_bytes(b"123")
    told = f"{name}: must be a file of {size} bytes.*Received: 3 bytes.*{ADVICE}"
    with pytest.raises(ValueError, match=told):
        open_shards(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"{name}: .*Received: no such file"):
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
def test_a_changed_file_is_told_when_it_is_read(name, read, folder):
    shards = open_shards(folder)
    content = bytearray((folder / name).read_bytes())
    content[-9] ^= 1
    (folder / name).write_bytes(content)
    told = f"{name}: must be as prepare_shards wrote it.*another SHA-256.*{ADVICE}"
    with pytest.raises(ValueError, match=told):
        read(shards)
