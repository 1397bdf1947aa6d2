"""Texts without the folders of the machine."""

import pytest

from tfrecs.app.guarding import without_folders


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/run/mf/about.json: must be", "about.json: must be"),
        ("in '/home/ann/m.keras', or (/etc/x.y)", "in 'm.keras', or (x.y)"),
        (r"C:\Users\ann\m.keras: no", "m.keras: no"),
        ("~/run/mf: no such folder", "mf: no such folder"),
        ("run/mf: no such folder", "run/mf: no such folder"),
        ("1/2 of https://keras.io/api/x", "1/2 of https://keras.io/api/x"),
        ("a / b and/or c", "a / b and/or c"),
    ],
)
def test_folders_of_absolute_paths_are_left_out(text, shown):
    assert without_folders(text) == shown


def test_folders_with_spaces_are_left_out(tmp_path):
    root = tmp_path / "my own" / "run"
    text = f"{root / 'mf' / 'x.json'}: no; {root}: no"
    assert without_folders(text, [root]) == "run/mf/x.json: no; run: no"
