"""JSON whose numbers are finite."""

import pytest

from tfrecs._base.finite_json import read_json


def test_finite_values_are_read():
    assert read_json('{"a": [1, -2.5, 1e300, true, null, "NaN"]}') == {
        "a": [1, -2.5, 1e300, True, None, "NaN"]
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NaN", "finite. Received: NaN"),
        ("[-Infinity]", "finite. Received: -Infinity"),
        ("1e400", "finite. Received: 1e400"),
        ("9" * 400, f"finite. Received: {'9' * 40}"),
        ("9" * 5000, "finite. Received"),
        ("[" * 10**5, "nested so deeply"),
        ("{", "Expecting"),
    ],
)
def test_others_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_json(text)
