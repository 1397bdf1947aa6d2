"""Excel files: real ones, and the remedy where openpyxl is not installed."""

import pandas as pd
import pytest

from tfrecs import Limits, read_interactions
from tfrecs.data.readers import _formats

PAIRS = pd.DataFrame(
    {
        "user_id": ["ann", "bob", None],
        "item_id": [7, 8, None],
        "rating": [2.0, 0.5, None],
    }
)


@pytest.fixture
def sheet(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as writer:
        PAIRS.to_excel(writer, sheet_name="first", index=False)
        pd.DataFrame({"x": [1]}).to_excel(writer, sheet_name="second")
    return path


def test_the_first_sheet_is_read_without_empty_rows(sheet):
    found = read_interactions(sheet)
    assert found.users.ids.tolist() == ["ann", "bob"]
    assert found.items.ids.tolist() == [7, 8]
    assert found.ratings.tolist() == [2.0, 0.5]


def test_limits_hold_for_sheets(sheet):
    with pytest.raises(ValueError, match=r"at most 2 columns\. Received: 3"):
        read_interactions(sheet, limits=Limits(columns=2))


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    monkeypatch.setattr(_formats, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"openpyxl.*pip install 'tfrecs\[excel\]'"):
        read_interactions(tmp_path / "a.xlsx")
