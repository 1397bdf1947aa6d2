"""Replacing folders: whole or not at all, killed, interrupted, read meanwhile."""

import random
import subprocess
import sys
import threading
import time

import pytest

from tfrecs._base import folders
from tfrecs._base.folders import folder_when_whole, read_folder, remove_left

NAMES = ("a", "b", "c")


@pytest.fixture(params=["exchange", "two renames"], autouse=True)
def way(request, monkeypatch):
    """Both ways of replacing; Linux has the first."""
    if request.param == "two renames":
        monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    return request.param


def write(folder, text, **options):
    with folder_when_whole(folder, **options) as new:
        for name in NAMES:
            (new / name).write_text(text, encoding="utf-8")


def read(folder):
    """The texts of all files, which must be one."""
    [text] = {(folder / name).read_text(encoding="utf-8") for name in NAMES}
    return text


def held(parent):
    return sorted(path.name for path in parent.iterdir())


def test_a_folder_is_new_replaced_or_kept(tmp_path):
    place = tmp_path / "above" / "place"
    write(place, "first")
    write(place, "second", overwrite=True, durable=False)
    assert read(place) == "second"
    with pytest.raises(FileExistsError, match=r"place: was written meanwhile"):
        write(place, "third")
    assert read(place) == "second"
    assert held(place.parent) == ["place"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, OSError])
def test_an_error_while_writing_changes_nothing(tmp_path, kind):
    place = tmp_path / "place"
    write(place, "first")
    with pytest.raises(kind), folder_when_whole(place, overwrite=True) as new:
        (new / "a").write_text("second", encoding="utf-8")
        raise kind
    assert read(place) == "first"
    assert held(tmp_path) == ["place"]


def test_an_interrupt_between_two_renames_puts_the_old_folder_back(
    tmp_path, monkeypatch
):
    place = tmp_path / "place"
    write(place, "first")
    rename = type(place).rename

    def interrupted(path, target):
        if path.name.endswith(".writing") and not target.exists():
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    with (
        pytest.raises(KeyboardInterrupt),
        folder_when_whole(place, overwrite=True) as new,
    ):
        (new / "a").write_text("second", encoding="utf-8")
        monkeypatch.setattr(type(place), "rename", interrupted)
        monkeypatch.setattr(
            folders,
            "_put",
            lambda new, folder, overwrite: folders.exchange(new, folder),
        )
    assert read(place) == "first"
    assert held(tmp_path) == ["place"]


def test_what_a_killed_writer_left_is_found_and_put_right(tmp_path):
    place, other = tmp_path / "place", tmp_path / "place2"
    write(place, "old")
    place.rename(tmp_path / ".place.0.old")  # killed between two renames
    (tmp_path / ".place.1.writing").mkdir()
    (tmp_path / ".place2.1.writing").mkdir()
    assert read_folder(place, read) == "old"
    with folder_when_whole(place, overwrite=True) as new:
        assert read(place) == "old"
        assert held(tmp_path) == sorted([new.name, ".place2.1.writing", "place"])
        with folder_when_whole(place, overwrite=True):
            assert new.exists()  # its writer runs
        remove_left(tmp_path)
        assert held(tmp_path) == sorted([new.name, "place"])
    write(other, "new")
    assert held(tmp_path) == ["place", "place2"]


def test_a_folder_that_moves_while_it_is_read_is_read_again(tmp_path):
    place = tmp_path / "place"
    write(place, "old")
    calls = []

    def moved_meanwhile(folder):
        calls.append(folder.name)
        if len(calls) == 1:
            folder.rename(tmp_path / ".place.0.old")  # the first of two renames
        return read(folder)

    assert read_folder(place, moved_meanwhile) == "old"
    assert calls == ["place", ".place.0.old"]


def test_a_folder_that_is_replaced_at_each_of_many_readings_is_read_again(tmp_path):
    place, written = tmp_path / "place", iter(range(30))
    write(place, "old")

    def replaced_meanwhile(folder):
        number = next(written, None)
        if number is None:
            return read(folder)
        write(place, f"{number}", overwrite=True, durable=False)
        raise ValueError("half old, half new")

    assert read_folder(place, replaced_meanwhile) == "29"


def test_readers_see_one_folder_and_two_writers_leave_one(tmp_path):
    place = tmp_path / "place"
    write(place, "0 0")
    end = time.monotonic() + 1.5
    failures = []

    def writer(number):
        count = 0
        while time.monotonic() < end:
            write(place, f"{number} {count}", overwrite=True, durable=False)
            count += 1
            time.sleep(0.02)

    def reader():
        while time.monotonic() < end:
            try:
                read_folder(place, read)
            except Exception as error:
                failures.append(error)

    writers = 2 if folders._exchanged(tmp_path / "x", tmp_path / "x") else 1
    threads = [threading.Thread(target=writer, args=(n,)) for n in range(writers)]
    threads += [threading.Thread(target=reader) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read(place)
    assert held(tmp_path) == ["place"]


def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_folder(tmp_path, way):
    place = tmp_path / "place"
    write(place, "first")
    program = f"""if True:
        from pathlib import Path
        from tfrecs._base import folders
        if {way == "two renames"}:
            folders._exchanged = lambda one, other: False
        print("begun", flush=True)
        for number in range(10**9):
            with folders.folder_when_whole(Path({str(place)!r}), overwrite=True) as new:
                for name in {NAMES}:
                    (new / name).write_text(str(number))
    """
    rng = random.Random(0)
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "begun\n"
        time.sleep(rng.uniform(0.01, 0.1))
        process.kill()
        process.communicate()
        assert read_folder(place, read)
    write(place, "last", overwrite=True)
    assert read(place) == "last"
    assert not [*tmp_path.glob(".*.writing"), *tmp_path.glob(".*.old")]
