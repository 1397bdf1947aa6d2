"""Writing files: whole or not at all."""

import pytest

from tfrecs._base.files import folder_when_whole, replaced_when_whole


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with replaced_when_whole(path) as partial:
        partial.write_text("first", encoding="utf-8")
        assert not path.exists()
    with (
        pytest.raises(RuntimeError, match="stop"),
        replaced_when_whole(path) as partial,
    ):
        partial.write_text("seco", encoding="utf-8")
        raise RuntimeError("stop")
    assert path.read_text(encoding="utf-8") == "first"
    assert [*path.parent.iterdir()] == [path]


def test_a_folder_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "folder"
    with folder_when_whole(path) as partial:
        (partial / "file.txt").write_text("first", encoding="utf-8")
        assert not path.exists()
    with pytest.raises(RuntimeError, match="stop"), folder_when_whole(path) as partial:
        (partial / "file.txt").write_text("seco", encoding="utf-8")
        raise RuntimeError("stop")
    assert (path / "file.txt").read_text(encoding="utf-8") == "first"
    assert [*path.parent.iterdir()] == [path]


def test_a_folder_that_a_killed_process_left_is_no_obstacle(tmp_path):
    with folder_when_whole(tmp_path / "folder") as partial:
        left = partial
    (tmp_path / "folder").rename(left)  # a process with this number was killed
    (left / "old.txt").touch()
    with folder_when_whole(tmp_path / "folder") as partial:
        assert [*partial.iterdir()] == []
