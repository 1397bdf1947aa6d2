"""The first cases of `benchmarks/fuzz_readers.py`, and that it finds faults."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def fuzz():
    """The script as a module."""
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location(
            "fuzz", FOLDER / "fuzz_readers.py"
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules["fuzz"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        del sys.modules["fuzz"]


def test_some_hundreds_of_spoiled_files_are_read_or_refused(tmp_path):
    path = tmp_path / "fuzz.json"
    command = [sys.executable, FOLDER / "fuzz_readers.py", "--cases", "240"]
    done = subprocess.run(
        [*command, "--jobs", "1", "--json", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(path.read_text())
    assert figures["failures"] == []
    *_, total = figures["outcomes"]
    assert total["failed"] == 0
    assert total["unchanged"] + total["read"] + total["refused"] == 240
    assert min(total["unchanged"], total["read"], total["refused"]) > 10


def test_every_format_and_every_data_set_with_files_is_fuzzed(fuzz):
    from tfrecs.data.datasets import DATASETS
    from tfrecs.data.readers import FORMATS

    names = " ".join(fuzz.TARGETS)
    alike = {".item", ".user", ".xlsx"}  # as .inter, and as a zip file
    assert all(f"{suffix}, error" in names for suffix in set(FORMATS) - alike)
    assert all(f"{name}, form 1" in names for name in set(DATASETS) - {"synthetic"})


@pytest.mark.parametrize(
    ("seed", "case"),
    [
        (2, 2428),  # UTF-16 with the high byte first
        (2, 6211),  # a missing time among two columns of ids and one of times
        (3, 1639),  # lines that are no text, or have no id, say what is in column 3
        (3, 2217),  # the name of a column is very long
        (6, 1312),  # 140,000 digits before a letter took half a minute
    ],
)
def test_cases_that_failed_before(fuzz, seed, case, tmp_path):
    name = list(fuzz.TARGETS)[case % len(fuzz.TARGETS)]
    untouched = fuzz.untouched_content(name, tmp_path)
    rng = Random(f"{seed} {case}")
    assert fuzz.run_case(name, rng, tmp_path, untouched) in ("read", "refused")


def one_case(fuzz, monkeypatch, root: Path, read) -> str:
    """The outcome of a reader of one CSV that changed in the last row."""
    name = ".csv, error"
    sample = fuzz.TARGETS[name].files
    monkeypatch.setitem(fuzz.TARGETS, name, fuzz.Target(sample, read))
    return fuzz.run_case(name, Random(3), root, ())


def raising(error: Exception):
    def read(folder):
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "failure", "expected"),
    [
        (ValueError("bad file"), "Failure", "not one line that names the file"),
        (ValueError("{}/a.csv: bad\nfile"), "Failure", "not one line that names the f"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"), "Failure", "UnicodeDecodeErr"),
        (KeyError("x"), None, "x"),
    ],
)
def test_a_refusal_that_does_not_name_the_file_in_one_line_is_a_failure(
    fuzz, monkeypatch, tmp_path, error, failure, expected
):
    if type(error) is ValueError:
        error = ValueError(str(error).format(tmp_path / "csv"))
    kind = getattr(fuzz, failure) if failure else KeyError
    with pytest.raises(kind, match=expected):
        one_case(fuzz, monkeypatch, tmp_path, raising(error))


def test_a_good_refusal_is_one(fuzz, monkeypatch, tmp_path):
    refusal = ValueError(f"{tmp_path}/csv/a.csv: bad")
    assert one_case(fuzz, monkeypatch, tmp_path, raising(refusal)) == "refused"


def test_a_file_left_behind_and_an_invented_id_are_failures(
    fuzz, monkeypatch, tmp_path, from_pairs
):
    def writes(folder):
        (folder / "partial").write_text("x")
        return from_pairs([(0, 0)], 1, 1)

    def invents(folder):
        return from_pairs([(98765, 1)], 98766, 2)

    for read, expected in (writes, "left behind"), (invents, "98765 does not stand in"):
        with pytest.raises(fuzz.Failure, match=expected):
            one_case(fuzz, monkeypatch, tmp_path, read)


def test_an_id_that_json_spells_by_a_number_is_in_the_text(fuzz):
    occurs = fuzz.check_ids.__globals__["occurs"]
    assert occurs("w7", r'{"user_id": "\u00777"}', set())
    assert not occurs("v7", r'{"user_id": "\u00777"}', set())
