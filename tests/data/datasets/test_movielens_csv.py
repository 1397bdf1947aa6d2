"""MovieLens in CSV: small files in the published form, and the real latest-small."""

import pandas as pd
import pytest

from tfrecs.data.datasets import load_dataset, movielens_tables
from tfrecs.data.datasets.movielens_tables import common_tags

RATINGS = """userId,movieId,rating,timestamp
1,11,4.0,964982703
1,2,0.5,964981247
20,11,5.0,964982224
20,70,3.5,964983815
"""
FILMS = """movieId,title,genres
2,"City of Lost Children, The (Cité des enfants perdus, La) (1995)",Adventure|Sci-Fi
3,Never Rated (2001),Drama
11,"Say ""Hi""! (1964) ",(no genres listed)
70,Mushi-Shi (2005\u20132006),Animation
"""
TAGS = """userId,movieId,tag,timestamp
1,2,"strange, dark",1445714994
5,2, Strange|Dark ,1445714996
5,2,STRANGE|dark,1445714997
5,11,"two
lines",1
5,3,nobody saw it,1
5,70,NA,1
5,11,  ,1
"""
FILES = {"ratings.csv": RATINGS, "movies.csv": FILMS, "tags.csv": TAGS}
NAMES = ("ml-20m", "ml-25m", "ml-32m", "ml-latest-small")


def check_content(dataset, name: str, tags: bool = True) -> None:
    data = dataset.interactions
    assert (dataset.name, dataset.min_rating, dataset.note) == (name, 4.0, "")
    assert dataset.test_rows is None
    assert data.users.ids.tolist() == [1, 20]
    assert data.items.ids.tolist() == [2, 11, 70]
    assert data.users.ids[data.user_ids].tolist() == [1, 1, 20, 20]
    assert data.items.ids[data.item_ids].tolist() == [11, 2, 11, 70]
    assert data.ratings.tolist() == [4, 0.5, 5, 3.5]
    assert data.timestamps.tolist() == [964982703, 964981247, 964982224, 964983815]
    films = data.item_features
    assert (films.index.name, films.index.tolist()) == ("item_id", [2, 11, 70])
    lost = "City of Lost Children, The (Cité des enfants perdus, La)"
    assert films["title"].tolist() == [lost, 'Say "Hi"!', "Mushi-Shi"]
    assert films["year"].tolist() == [1995, 1964, 2005]
    assert films["decade"].tolist() == ["1990s", "1960s", "2000s"]
    assert films["genres"].tolist() == ["Adventure|Sci-Fi", "", "Animation"]
    assert dataset.item_kinds.categorical == ("decade",)
    assert dataset.item_kinds.multi_hot == (("genres", "tags") if tags else ("genres",))
    words = ["strange/dark|strange, dark", "two\nlines", "na"]
    assert films.get("tags", pd.Series()).tolist() == (words if tags else [])
    assert data.user_features is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("zipped", [(), ("ratings.csv", "tags.csv"), tuple(FILES)])
def test_plain_and_gzipped_files_are_read(put, name, zipped):
    put(name, {file + ".gz" * (file in zipped): FILES[file] for file in FILES})
    check_content(load_dataset(name), name)


def test_tags_may_be_missing_and_lines_end_in_any_way(put):
    files = {n: FILES[n].replace("\n", "\r\n") for n in ("ratings.csv", "movies.csv")}
    put("ml-20m", files)
    check_content(load_dataset("ml-20m"), "ml-20m", tags=False)


def test_the_year_of_a_film_may_be_missing(put):
    films = FILMS.replace("Say", "Babylon 5 (1") + "99,Nobody,Drama\n"
    put("ml-20m", {**FILES, "movies.csv": films.replace(" (1964) ", "  ")})
    features = load_dataset("ml-20m").interactions.item_features
    assert features["title"].tolist()[1] == 'Babylon 5 (1 "Hi"!'
    assert features["year"].tolist() == [1995, pd.NA, 2005]
    assert features["decade"].tolist() == ["1990s", pd.NA, "2000s"]


def test_tags_are_the_most_used_of_the_most_common(monkeypatch):
    monkeypatch.setattr(movielens_tables, "COMMON_TAGS", 3)
    monkeypatch.setattr(movielens_tables, "TAGS_PER_FILM", 2)
    uses = [
        *[(1, "a"), (2, "a"), (3, "a")],  # three films have it: the most
        *[(1, "c"), (1, "c"), (2, "c")],  # two films each, in alphabetical order
        *[(1, "b"), (3, "b")],
        *[(2, "d"), (3, "d"), (3, "d")],  # two films as well, but past the third place
        *[(4, "e")] * 9,  # often used, on one film alone
    ]
    tags = common_tags(pd.DataFrame(uses, columns=["item_id", "tag"]))
    assert tags.to_dict() == {1: "c|a", 2: "a|c", 3: "a|b"}


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("ratings.csv", ",0.5,", ",half,", "in line 3: `rating` must .*'half'"),
        ("ratings.csv", "userId,", "user,", "line 1 must be userId,movieId,rating,ti"),
        ("movies.csv", "\n11,", "\nxi,", "in line 4: `movieId` must be a whole number"),
        ("tags.csv", "5,11,  ,1", "5,11,  ", "1 malformed row, in line 9: must have 4"),
        # files that contradict each other: the folder is named
        ("", "1,2,", "1,11,", "must be unique. Received: 1 repeated"),
        ("", "20,70,", "20,71,", "ratings of film 71, which has none"),
        ("", ",0.5,", ",-1,", "`ratings` must be finite and at least 0"),
        ("", "\n3,", "\n2,", "must have one row for each id. Received: .*2"),
    ],
)
def test_a_malformed_file_raises_with_its_name(put, name, old, new, reason):
    changed = {name} if name else {"ratings.csv", "movies.csv"}
    files = {n: t.replace(old, new) if n in changed else t for n, t in FILES.items()}
    folder = put("ml-20m", files)
    place = folder / name if name else folder
    with pytest.raises(ValueError, match=f"^{place}: .*{reason}"):
        load_dataset("ml-20m")


def test_the_real_files_have_the_published_numbers(real):
    real("ml-latest-small")
    dataset = load_dataset("ml-latest-small")
    data = dataset.interactions
    assert (data.num_users, data.num_items, len(data)) == (610, 9724, 100_836)
    films = data.item_features
    assert films.loc[1].tolist()[:3] == ["Toy Story", 1995, "1990s"]
    assert films.loc[1, "genres"] == "Adventure|Animation|Children|Comedy|Fantasy"
    assert films.loc[1, "tags"] == "pixar|fun"
    assert films["year"].isna().sum() < 20
    assert not films["title"].str.contains(r"\(\d{4}\)$").any()
