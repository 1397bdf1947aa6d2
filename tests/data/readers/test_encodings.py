"""The encoding that is found, the progress that is logged, and who reads the file."""

import io
import itertools
import logging
import threading
from types import SimpleNamespace

import pytest

from tfrecs import read_interactions
from tfrecs._base.limits import Limits
from tfrecs.data.readers import _progress
from tfrecs.data.readers._opening import find_encoding, opened
from tfrecs.data.readers._text import Parser

NAMES = "user,item\n" + "José,1\n" * 200


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"user,item\n1,2\n", "utf-8"),
        (NAMES.encode(), "utf-8"),
        (NAMES.encode("latin-1"), "latin-1"),
        ("naïve, don".encode("cp1252") + b"\x92t", "cp1252"),
        ("Été à la plage".encode("latin-1"), "latin-1"),  # 2 of 3 are in a word
        ("à la à côté".encode("latin-1"), "utf-8"),  # 2 of 4 are: not most
        ("ends with é".encode("latin-1"), "utf-8"),
        ("café".encode("latin-1"), "latin-1"),  # the last byte might begin a character
        (b"ann\xff,1\xb3,2", "utf-8"),
        (
            b"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0",
            "utf-8",
        ),  # Russian in cp1251
        # É and a quote are a character of UTF-8, as happens in 1 of some 100 words
        (NAMES.encode("latin-1") + b"CAF\xc9\x94,2\n", "cp1252"),
        (NAMES.encode("latin-1")[:500] + "ü".encode(), "utf-8"),  # 71 and 1
    ],
)
def test_lone_bytes_are_latin_1_if_most_are_letters_in_words(data, expected):
    assert find_encoding(io.BytesIO(data)) == expected


def test_an_encoding_that_is_guessed_is_said(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_bytes(NAMES.encode("latin-1"))
    found = read_interactions(path)
    assert found.source.notes == (
        "it is no UTF-8, and was read as latin-1. Pass its `encoding` to be sure",
    )
    assert f"{path}: it is no UTF-8" in caplog.text
    caplog.clear()
    assert read_interactions(path, encoding="latin-1").source.notes == ()
    assert not caplog.text


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_progress_is_logged_while_bytes_are_read(name, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(_progress, "REPORT_SECONDS", 0)
    path = tmp_path / name
    data = b"0123456789" * 300_000
    if name.endswith("gz"):
        import gzip

        path.write_bytes(gzip.compress(data, compresslevel=0))
    else:
        path.write_bytes(data)
    with caplog.at_level(logging.INFO, "tfrecs"), opened(path) as (_, file):
        read = 0
        while block := file.read(65_536):
            read += len(block)
    assert read == 3_000_000
    assert f"{path}: reading, 1 of 3 MB" in caplog.messages
    assert len(caplog.messages) < 12  # one for each megabyte, not for each read


def test_progress_is_logged_every_ten_seconds(tmp_path, caplog, monkeypatch):
    clock = SimpleNamespace(monotonic=itertools.count(4, 4).__next__)
    monkeypatch.setattr(_progress, "time", clock)
    path = tmp_path / "a.csv"
    path.write_bytes(b"0" * 9)
    with caplog.at_level(logging.INFO, "tfrecs"), _progress.ReportingFile(path) as file:
        for _ in range(9):  # at 8, 12, 16 and 20, 24, 28, 32 and 36, 40, 44, 48 s
            file.readinto(bytearray(1))
    assert len(caplog.messages) == 3  # at 16, 32 and 48


def test_no_progress_is_logged_of_a_small_file(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_text("user,item\n1,2\n", encoding="utf-8")
    with caplog.at_level(logging.INFO, "tfrecs"):
        read_interactions(path)
    assert "reading" not in caplog.text
    assert "converting" not in caplog.text


def test_a_slow_read_says_when_its_columns_are_converted(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("tfrecs.data.readers._file.REPORT_SECONDS", 0)
    path = tmp_path / "a.csv"
    path.write_text("user,item\n1,2\n", encoding="utf-8")
    with caplog.at_level(logging.INFO, "tfrecs"):
        read_interactions(path)
    assert f"{path}: converting 1 rows" in caplog.messages


class Watched(io.BytesIO):
    """A file that knows which threads moved it since it was at its start."""

    threads: set[int] = frozenset()

    def seek(self, *place) -> int:
        self.before, self.threads = self.threads, set()
        return super().seek(*place)

    def read(self, *size) -> bytes:
        self.threads.add(threading.get_ident())
        return super().read(*size)


def test_no_other_thread_moves_the_file_while_its_header_is_read():
    file = Watched(b"user,item\n" + b"1,2\n" * 5000)
    file.seek(0)
    rows = Parser(file, ",", limits=Limits(row_bytes=100)).read()
    assert len(rows.columns) == 5000
    assert file.before == {threading.get_ident()}  # of the header
    assert file.threads != file.before
