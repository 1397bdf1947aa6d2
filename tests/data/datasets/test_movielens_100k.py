"""MovieLens 100K, from small files in both formats, and from the real ones."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tfrecs.data.datasets import Dataset, load_dataset
from tfrecs.data.datasets.movielens_100k import load_ml_100k

RATINGS = ["1\t3\t5\t100", "1\t1\t2\t200", "2\t267\t3\t300"]
TEST_RATINGS = ["2\t1\t4\t400", "7\t1412\t1\t500"]
PEOPLE = [
    "1|24|M|technician|85711",
    "7|7|M|student|T8H1N",
    "2|53|F|other|94043",
]
# Flags: unknown Action Adventure Animation Children's Comedy Crime Documentary Drama
# Fantasy Film-Noir Horror Musical Mystery Romance Sci-Fi Thriller War Western
FILMS = [
    "1|Misérables, Les (Les Mis) (1995) |01-Jan-1995||http://x|"
    "0|0|0|0|0|0|0|0|1|0|0|0|1|0|0|0|0|0|0",
    "267|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0",
    "3|2001: A Space Odyssey (1968)|01-Jan-1968||http://x|"
    "0|0|0|0|0|0|0|0|1|0|0|0|0|1|0|1|1|0|0",
    "1412|Land Before Time III (1995) (V)|01-Jan-1995||http://x|"
    "0|0|0|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0",
    "9|Nobody Saw This (2001)|01-Jan-2001|||0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0",
]
RECBOLE_FILMS = [
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq",
    "1\tMisérables, Les (Les Mis)\t1995\tMusical Drama",
    "267\tunkonwn\tunkonwn\tunknown",
    "3\t2001: A Space Odyssey\t1968\tDrama Mystery Sci-Fi Thriller",
    "1412\tLand Before Time III (1995)\tV\tAnimation Children's",
    "9\tNobody Saw This\t2001\t",
]
RECBOLE_RATINGS = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
RECBOLE_PEOPLE = [
    "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token"
]

GROUPLENS = {
    "ua.base": RATINGS,
    "ua.test": TEST_RATINGS,
    "u.data": RATINGS + TEST_RATINGS,
    "u.item": FILMS,
    "u.user": PEOPLE,
}
RECBOLE = {
    "ml-100k.inter": RECBOLE_RATINGS + RATINGS + TEST_RATINGS,
    "ml-100k.item": RECBOLE_FILMS,
    "ml-100k.user": RECBOLE_PEOPLE + [row.replace("|", "\t") for row in PEOPLE],
}


def encoded(files: dict[str, list[str]]) -> dict[str, bytes]:
    return {
        name: ("\n".join(lines) + "\n\n").encode(
            "latin-1" if name == "u.item" else "utf-8"
        )
        for name, lines in files.items()
    }


def without(files: dict, *names: str) -> dict:
    return {name: lines for name, lines in files.items() if name not in names}


def check_content(dataset: Dataset) -> None:
    data = dataset.interactions
    assert data.users.ids.tolist() == [1, 2, 7]
    assert data.items.ids.tolist() == [1, 3, 267, 1412]  # the rated ones
    assert data.users.ids[data.user_ids].tolist() == [1, 1, 2, 2, 7]
    assert data.items.ids[data.item_ids].tolist() == [3, 1, 267, 1, 1412]
    assert data.ratings.tolist() == [5, 2, 3, 4, 1]
    assert data.timestamps.tolist() == [100, 200, 300, 400, 500]
    drama, cartoon = "Drama|Mystery|Sci-Fi|Thriller", "Animation|Children's"
    films = data.item_features.reset_index().astype(object)
    films = films.where(films.notna(), None)
    assert list(films.itertuples(index=False, name=None)) == [
        (1, "Misérables, Les (Les Mis)", 1995, "1990s", "Drama|Musical"),
        (3, "2001: A Space Odyssey", 1968, "1960s", drama),
        (267, "unknown", None, None, "unknown"),
        (1412, "Land Before Time III", 1995, "1990s", cartoon),
    ]
    assert list(films) == ["item_id", "title", "year", "decade", "genres"]
    people = data.user_features.reset_index()
    columns = ["user_id", "age", "age_group", "gender", "occupation"]
    assert list(people[columns].itertuples(index=False, name=None)) == [
        (1, 24, "20s", "M", "technician"),
        (2, 53, "50s", "F", "other"),
        (7, 7, "0s", "M", "student"),
    ]
    assert (dataset.name, dataset.min_rating) == ("ml-100k", 3.0)
    assert dataset.item_kinds.categorical == ("decade",)
    assert dataset.user_kinds.categorical == ("age_group", "gender", "occupation")
    assert dataset.item_kinds.multi_hot == ("genres",)


def test_the_ua_files_give_the_publishers_split(put):
    put("ml-100k", encoded(without(GROUPLENS, "u.data")))
    dataset = load_ml_100k()
    check_content(dataset)
    assert dataset.split_name == "ua"
    assert dataset.test_rows.tolist() == [False, False, False, True, True]
    assert dataset.note == ""


@pytest.mark.parametrize(
    "files",
    [without(GROUPLENS, "ua.base"), without(GROUPLENS, "ua.test"), RECBOLE],
    ids=["no ua.base", "no ua.test", "recbole"],
)
def test_without_the_ua_files_a_note_names_the_other_split(put, files):
    put("ml-100k", encoded(files))
    dataset = load_ml_100k()
    check_content(dataset)
    assert dataset.split_name is None
    assert dataset.test_rows is None
    assert "ua.base and ua.test are missing" in dataset.note
    assert "ten random ratings of each user will be used instead" in dataset.note


def test_both_formats_give_equal_frames(put):
    put("ml-100k", encoded(RECBOLE))
    copy = load_ml_100k().interactions
    put("ml-100k", encoded(GROUPLENS))
    original = load_ml_100k().interactions
    pd.testing.assert_frame_equal(copy.item_features, original.item_features)
    pd.testing.assert_frame_equal(copy.user_features, original.user_features)


@pytest.mark.parametrize(
    ("files", "name", "line", "content", "reason"),
    [
        (GROUPLENS, "ua.test", 2, "7\t1412\t1", "line 2: must have 4 fields.*: 3"),
        (GROUPLENS, "ua.base", 3, "x\t2\t5\t6", "line 3: `user_id` must .*'x'"),
        (GROUPLENS, "u.item", 2, "267|unknown", "line 2: must have 24 fields.*: 2"),
        (GROUPLENS, "u.item", 1, FILMS[0][:-1] + "2", "must be 0 or 1.* film 1\\b"),
        (GROUPLENS, "u.user", 1, "1||M|other|0", "line 1: `age` must be .*''"),
        (RECBOLE, "ml-100k.inter", 1, "user_id\titem_id", "line 1 must be user_id:to"),
        (RECBOLE, "ml-100k.inter", 2, "1\t2\t3", "line 2: must have 4 fields.*: 3"),
        (RECBOLE, "ml-100k.item", 4, "3\tX\t1968\tEpic", "Received: Epic for film 3"),
        (RECBOLE, "ml-100k.user", 2, "1\t24\tM\tother", "line 2: must have 5 fields"),
    ],
)
def test_a_malformed_row_raises_with_file_and_line(
    put, files, name, line, content, reason
):
    lines = list(files[name])
    lines[line - 1] = content
    folder = put("ml-100k", encoded({**files, name: lines}))
    with pytest.raises(ValueError, match=f"^{folder / name}: .*{reason}") as caught:
        load_ml_100k()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ua.base", "ua.test", "u.item", "u.user"])
def test_an_empty_file_raises(put, name):
    folder = put("ml-100k", encoded({**GROUPLENS, name: [""]}))
    with pytest.raises(ValueError, match=f"{folder / name}: must not be empty"):
        load_ml_100k()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ua.test": ["2\t8\t4\t1"]}, "ratings of film 8, which has none"),
        ({"ua.test": ["5\t1\t4\t1"]}, "ratings of user 5, which has none"),
        ({"ua.test": RATINGS[:1]}, ".*must be unique. Received: 1 repeated"),
        ({"u.item": [*FILMS, FILMS[0]]}, r".*one row for each id. Received: .*1\b"),
        ({"u.user": [*PEOPLE, PEOPLE[1]]}, r".*one row for each id. Received: .*7\b"),
    ],
)
def test_files_that_contradict_each_other_raise_with_the_folder(put, change, reason):
    folder = put("ml-100k", encoded({**GROUPLENS, **change}))
    with pytest.raises(ValueError, match=f"^{folder}: .*{reason}"):
        load_ml_100k()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(
        ValueError, match=r"`dataset` must be one of .*ml-100k.*'ml-1k'"
    ):
        load_dataset("ml-1k")


def test_importing_datasets_and_readers_loads_no_heavy_package():
    code = (
        "import sys, tfrecs.data.datasets.movielens_100k, tfrecs.data.readers;"
        "print(sorted({'pandas', 'pyarrow', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_real_data_have_the_published_numbers(real):
    real("ml-100k")
    dataset = load_ml_100k()
    data = dataset.interactions
    assert (data.num_users, data.num_items, len(data)) == (943, 1682, 100_000)
    liked = data.ratings >= dataset.min_rating
    assert (liked & ~dataset.test_rows).sum() == 74_627
    assert (liked & dataset.test_rows).sum() == 7_893
    assert np.bincount(data.user_ids[dataset.test_rows]).tolist() == [10] * 943
    films = data.item_features
    assert films.loc[1].tolist() == [
        "Toy Story",
        1995,
        "1990s",
        "Animation|Children's|Comedy",
    ]
    assert films.index[films["year"].isna()].tolist() == [267]
    assert not films["title"].str.contains(r"\(\d{4}\)").any()
    assert data.user_features.loc[1].tolist() == [24, "20s", "M", "technician"]
