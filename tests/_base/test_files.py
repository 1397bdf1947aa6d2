"""Writing files: whole or not at all."""

import pytest

from tfrecs._base.files import replaced_when_whole


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
