"""Trivago: small files in the published form."""

import pytest

from tfrecs.data.datasets import load_dataset
from tfrecs.data.datasets.trivago import load_trivago

HEADER = (
    "user_id,session_id,timestamp,step,action_type,reference,platform,city,device,"
    "current_filters,impressions,prices"
)
ROWS = [
    'U1,S1,1541037460,1,search for poi,Newtown,AU,"Sydney, Australia",mobile,,,',
    'U1,S1,1541037522,2,interaction item image,666856,AU,"Sydney, Australia",mobile,,,',
    'U1,S1,1541037532,3,clickout item,109038,AU,"Sydney",mobile,Bar,34|109038,9|6',
    'U1,S2,1541037600,1,clickout item,109038,AU,"Sydney, Australia",mobile,,109038,66',
    'U1,S2,1541037700,2,clickout item,109038,AU,"Sydney, Australia",mobile,,109038,66',
    'U2,S3,1541037533,1,interaction item image,unknown,AU,"Rome, Italy",desktop,,,',
    'U2,S3,1541037534,2,clickout item,77,AU,"Rome, Italy",desktop,,77,66',
    'U2,S4,1541037535,3,clickout item,,AU,"Rome, Italy",desktop,,77,66',
]
TRAIN = "\n".join([HEADER, *ROWS]) + "\n"
HOTELS = "item_id,properties\n109038,Bar|Gym\n5101,Satellite TV\n"


def rows(data) -> list[tuple]:
    return list(
        zip(
            data.users.ids[data.user_ids].tolist(),
            data.items.ids[data.item_ids].tolist(),
            data.timestamps.tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize("end", ["", ".gz"])
def test_clickouts_of_sessions_are_interactions(put, end):
    put("trivago", {f"train.csv{end}": TRAIN, "item_metadata.csv": HOTELS})
    dataset = load_dataset("trivago")
    data = dataset.interactions
    assert rows(data) == [
        ("S1", 109038, 1541037532),
        ("S2", 109038, 1541037700),
        ("S3", 77, 1541037534),
    ]
    assert data.ratings is None
    assert data.item_features["properties"].to_dict() == {77: "", 109038: "Bar|Gym"}
    assert dataset.item_kinds.multi_hot == ("properties",)
    assert dataset.note == "1 actions without a known user and hotel: left out"


def test_an_action_without_a_user_is_left_out(put):
    put("trivago", {"train.csv": TRAIN.replace("U2,S3", "U2,")})
    dataset = load_trivago()
    assert [row[0] for row in rows(dataset.interactions)] == ["S1", "S2"]
    assert dataset.note.startswith("2 actions without")


def test_people_and_other_actions_can_be_chosen(put):
    put("trivago", {"train.csv": TRAIN})
    actions = ("clickout item", "interaction item image")
    dataset = load_trivago(actions=actions, users="user_id")
    assert rows(dataset.interactions) == [
        ("U1", 666856, 1541037522),
        ("U1", 109038, 1541037700),
        ("U2", 77, 1541037534),
    ]
    assert dataset.interactions.item_features is None
    assert dataset.item_kinds.multi_hot == ()
    assert dataset.note.startswith("2 actions without")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"actions": ["search for poi"]}, "one of clickout item, .* Received: 'search"),
        ({"users": "city"}, "one of session_id, user_id. Received: 'city'"),
        ({"actions": ["search for item"]}, "train.csv: .*Received: 0 of these actions"),
    ],
)
def test_unknown_actions_and_users_raise(put, options, expected):
    put("trivago", {"train.csv": TRAIN})
    with pytest.raises(ValueError, match=expected):
        load_trivago(**options)


@pytest.mark.parametrize(
    ("train", "hotels", "expected"),
    [
        (
            TRAIN.replace(",3,clickout", ",clickout"),
            HOTELS,
            "train.csv: .*in line 4: must have 12 fields .* Received: 11",
        ),
        (TRAIN, HOTELS + "5101,Pool\n", "item_metadata.csv: .*5101 twice"),
    ],
)
def test_a_bad_file_raises_with_its_name(put, train, hotels, expected):
    folder = put("trivago", {"train.csv": train, "item_metadata.csv": hotels})
    with pytest.raises(ValueError, match=f"^{folder}/{expected}"):
        load_trivago()
