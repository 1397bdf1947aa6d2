"""Sealed folders: every damage raises an error that names the file."""

import hashlib
import json
from pathlib import Path

import pytest

from tfrecs._base.manifest import Kind, read_manifest, read_sealed, write_manifest

BOX = Kind("box of things", 3, ("a.txt", "part-*.bin"), "Pack it again.")
FILES = {"a.txt": b"first", "part-0.bin": b"\0\1", "part-1.bin": b"\2"}


@pytest.fixture
def box(tmp_path) -> Path:
    """A sealed folder, which also holds a file and a folder of other kinds."""
    for name, content in {**FILES, "other.txt": b"mine"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "unfinished").mkdir()
    write_manifest(tmp_path, BOX, {"size": 7})
    return tmp_path


def edit(folder: Path, **changes) -> None:
    """Changes the content of the manifest and seals it again."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))["content"] | changes
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    sealed = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": content}
    path.write_text(json.dumps(sealed), encoding="utf-8")


def test_a_manifest_seals_the_files_of_its_kind(box):
    content = read_manifest(box, BOX)
    expected = {
        name: {"bytes": len(file), "sha256": hashlib.sha256(file).hexdigest()}
        for name, file in FILES.items()
    }
    assert content == {"kind": BOX.name, "version": 3, "size": 7, "files": expected}
    assert not list(box.glob(".*"))  # the temporary file is gone


def test_an_earlier_version_is_read(box):
    edit(box, version=1)
    assert read_manifest(box, BOX)["version"] == 1


def test_a_folder_without_a_manifest_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"manifest.json: .*a box of things\."):
        read_manifest(tmp_path / "missing", BOX)


@pytest.mark.parametrize("length", [0, 1, 60, -1])
def test_a_truncated_manifest_raises(length, box):
    path = box / "manifest.json"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"json: must be a whole manifest.*Pack it"):
        read_manifest(box, BOX)


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "{}", "3", '{"content": 3}'])
def test_other_json_is_not_a_manifest(text, box):
    (box / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"json: must be a whole manifest.*Pack it"):
        read_manifest(box, BOX)


def test_an_edited_manifest_raises(box):
    path = box / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"size": 7', b'"size": 8'))
    with pytest.raises(ValueError, match=r"json: must be as it was written.*SHA-256"):
        read_manifest(box, BOX)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({"version": v}, f"3 or earlier.*version {v!r}") for v in (4, 0, "1", None)),
        ({"kind": "bag"}, "of a box of things. Received: 'bag'"),
        *(
            ({"files": {name: {"bytes": 1, "sha256": ""}}}, f"Received: {name!r}")
            for name in ("../a.txt", "/a.txt", "part-/../../x.bin", "x.pkl", "..")
        ),
    ],
)
def test_another_version_kind_or_file_raises(changes, message, box):
    edit(box, **changes)
    with pytest.raises(ValueError, match=f"manifest.json: must .*{message}"):
        read_manifest(box, BOX)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("sizes_only", [False, True])
def test_a_missing_or_truncated_file_raises(name, sizes_only, box):
    size = len(FILES[name])
    for received in ("0 bytes", "no such file"):
        if received == "0 bytes":
            (box / name).write_bytes(b"")
        else:
            (box / name).unlink()
        message = f"{name}: .* {size} bytes.*Received: {received}. Pack it again"
        with pytest.raises(ValueError, match=message):
            read_manifest(box, BOX, sizes_only=sizes_only)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_raises_when_its_content_is_checked(name, box):
    files = read_manifest(box, BOX)["files"]
    assert read_sealed(box / name, files[name], BOX) == FILES[name]
    (box / name).write_bytes(b"x" * len(FILES[name]))
    message = f"{name}: must be as it was written.*another SHA-256.*Pack it again"
    with pytest.raises(ValueError, match=message):
        read_manifest(box, BOX)
    assert read_manifest(box, BOX, sizes_only=True)["files"] == files
    with pytest.raises(ValueError, match=message):
        read_sealed(box / name, files[name], BOX)
