"""Yoochoose: small files in the published form."""

import datetime

import pytest

from tfrecs.data.datasets import load_dataset
from tfrecs.data.datasets.yoochoose import load_yoochoose

CLICKS = """1,2014-04-07T10:51:09.277Z,214536502,0
1,2014-04-07T10:54:09.868Z,214536500,S
1,2014-04-07T10:54:46.998Z,214536502,2
2,2014-04-07T13:56:37.614Z,214662742,12
3,2014-04-02T13:17:46.940Z,214662742,1
3,2014-04-02T13:18:46.940Z,214536502,10
4,2014-04-02T13:18:46.940Z,214536502,2
4,2014-04-02T13:18:46.940Z,7,2089042624
"""
BUYS = """2,2014-04-07T14:00:00.000Z,214662742,12462,1
2,2014-04-07T13:00:00.000Z,214662742,12462,1
9,2014-04-06T18:44:58.314Z,214716932,0,0
"""
FILES = {"yoochoose-clicks.dat": CLICKS, "yoochoose-buys.dat": BUYS}


def seconds(*moment: int, milliseconds: int = 0) -> float:
    when = datetime.datetime(*moment, tzinfo=datetime.UTC)
    return when.timestamp() + milliseconds / 1000


@pytest.mark.parametrize("end", ["", ".gz"])
def test_clicks_and_purchases_are_one_data_set(put, end):
    put("yoochoose", {name + end: text for name, text in FILES.items()})
    dataset = load_dataset("yoochoose")
    data = dataset.interactions
    assert data.users.ids.tolist() == [1, 2, 3, 4, 9]
    rows = zip(
        data.users.ids[data.user_ids].tolist(),
        data.items.ids[data.item_ids].tolist(),
        data.ratings.tolist(),
        strict=True,
    )
    assert sorted(rows) == [
        (1, 214536500, 1),
        (1, 214536502, 1),  # clicked twice
        (2, 214662742, 2),  # clicked, and bought twice
        (3, 214536502, 1),
        (3, 214662742, 1),
        (4, 7, 1),
        (4, 214536502, 1),
        (9, 214716932, 2),  # bought without a click
    ]
    assert len(data.at_least(2)) == 2
    pairs = zip(data.user_ids, data.item_ids, strict=True)
    times = dict(zip(pairs, data.timestamps, strict=True))
    clicked = seconds(2014, 4, 7, 10, 54, 46, milliseconds=998)
    users = data.users.index([1, 2]).tolist()
    items = data.items.index([214536502, 214662742]).tolist()
    assert times[users[0], items[0]] == pytest.approx(clicked, abs=1e-4)
    assert times[users[1], items[1]] in (
        seconds(2014, 4, 7, 14),
        seconds(2014, 4, 7, 13),
    )
    # "0", "S" and brands do not count; the smaller one of equals wins.
    category = data.item_features["category"]
    assert category.dropna().to_dict() == {214536502: "2", 214662742: "1"}
    assert dataset.item_kinds.categorical == ("category",)
    assert dataset.min_rating is None


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("yoochoose-clicks.dat", "T10:54:09", "T25:54:09", "line 2: `timestamp`"),
        ("yoochoose-buys.dat", ",12462,", ",dear,", "2 malf.* in line 1: `price`"),
    ],
)
def test_a_malformed_row_raises_with_file_and_line(put, name, old, new, reason):
    folder = put("yoochoose", {**FILES, name: FILES[name].replace(old, new)})
    with pytest.raises(ValueError, match=f"^{folder / name}: .*{reason}"):
        load_yoochoose()
