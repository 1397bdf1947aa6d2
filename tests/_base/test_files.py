"""Writing files: whole or not at all."""

import errno
import subprocess
import sys

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


def test_a_full_disk_is_named_with_what_is_free(tmp_path):
    path = tmp_path / "file.txt"
    with (
        pytest.raises(
            OSError, match=r"more than the [\d,]+ bytes.*Free some.*file\.txt"
        ),
        replaced_when_whole(path) as partial,
    ):
        partial.write_bytes(bytes(100))
        raise OSError(errno.ENOSPC, "No space left on device")
    with (
        pytest.raises(OSError, match=r"other$"),
        replaced_when_whole(path) as partial,
    ):
        raise OSError("other")
    assert not any(tmp_path.iterdir())


WRITER = """if True:
    import os, signal, sys
    from pathlib import Path
    from tfrecs._base.files import replaced_when_whole

    with replaced_when_whole(Path(sys.argv[1])) as partial:
        partial.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_what_a_killed_writer_left_is_removed_and_no_other(tmp_path):
    path = tmp_path / "file.txt"
    assert subprocess.run([sys.executable, "-c", WRITER, path]).returncode == -9
    assert len([*tmp_path.iterdir()]) == 1
    with replaced_when_whole(path) as running:
        running.write_text("of a writer that runs")
        with replaced_when_whole(path) as partial:
            partial.write_text("new")
        assert {*tmp_path.iterdir()} == {path, running}
    assert [*tmp_path.iterdir()] == [path]
