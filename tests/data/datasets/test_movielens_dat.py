"""MovieLens 1M and 10M: small files in the published form, and the real 1M."""

import pandas as pd
import pytest

from tfrecs.data.datasets import load_dataset
from tfrecs.data.datasets.movielens import load_ml_1m

RATINGS = "1::1193::5::978300760\n1::661::3::978302109\n12::1193::4::0\n"
FILMS = (
    "1::Toy Story (1995)::Animation|Children's|Comedy\n"
    '661::James and the Giant Peach, "The" (1996)::Animation|Musical\n'
    "1193::Misérables, Les (1975)::Drama\n"
)
PEOPLE = "1::F::1::10::48067\n2::M::56::16::70072\n12::M::25::0::02460-1234\n"
FILES = {
    "ratings.dat": RATINGS,
    "movies.dat": FILMS.encode("latin-1"),
    "users.dat": PEOPLE,
}
TAGS = "15::661::peach::1215184630\n20::661::Peach::1\n20::661::a::1\n7::1::toys::1\n"


def check_ratings_and_films(data) -> None:
    assert data.users.ids.tolist() == [1, 12]
    assert data.items.ids.tolist() == [661, 1193]
    assert data.users.ids[data.user_ids].tolist() == [1, 1, 12]
    assert data.items.ids[data.item_ids].tolist() == [1193, 661, 1193]
    assert data.timestamps.tolist() == [978300760, 978302109, 0]
    films = data.item_features
    titles = ['James and the Giant Peach, "The"', "Misérables, Les"]
    assert films["title"].tolist() == titles
    assert films["year"].tolist() == [1996, 1975]
    assert films["genres"].tolist() == ["Animation|Musical", "Drama"]


@pytest.mark.parametrize("zipped", [(), ("ratings.dat",), tuple(FILES)])
def test_1m_has_ratings_films_and_people(put, zipped):
    put("ml-1m", {name + ".gz" * (name in zipped): FILES[name] for name in FILES})
    dataset = load_ml_1m()
    data = dataset.interactions
    check_ratings_and_films(data)
    assert data.ratings.tolist() == [5, 3, 4]
    people = data.user_features
    assert (people.index.name, people.index.tolist()) == ("user_id", [1, 12])
    assert people["gender"].tolist() == ["F", "M"]
    assert people["age_group"].tolist() == ["under 18", "25-34"]
    assert people["occupation"].tolist() == ["K-12 student", "other"]
    assert dataset.item_kinds.categorical == ("decade",)
    assert dataset.user_kinds.categorical == ("gender", "age_group", "occupation")
    assert dataset.item_kinds.multi_hot == ("genres",)
    assert dataset.min_rating is None
    assert dataset.note == "1 timestamps are 0 in this copy"


@pytest.mark.parametrize("tags", [True, False])
def test_10m_has_half_stars_and_tags_in_utf8(put, tags):
    files = {"ratings.dat.gz": RATINGS.replace("::5::", "::4.5::"), "movies.dat": FILMS}
    put("ml-10m", {**files, **({"tags.dat": TAGS} if tags else {})})
    dataset = load_dataset("ml-10m")
    data = dataset.interactions
    check_ratings_and_films(data)
    assert data.ratings.tolist() == [4.5, 3, 4]
    assert data.user_features is None
    assert dataset.min_rating == 4.0
    assert dataset.item_kinds.multi_hot == (("genres", "tags") if tags else ("genres",))
    if tags:
        assert data.item_features["tags"].tolist() == ["peach|a", ""]


@pytest.mark.parametrize(
    ("place", "name", "old", "new", "reason"),
    [
        (
            "/ratings.dat",
            "ratings.dat",
            "::3::",
            "::",
            "line 2: must have 4 fields sep",
        ),
        ("/movies.dat", "movies.dat", "1193::", "", "in line 3: must have 3 fields"),
        ("/users.dat", "users.dat", "F::1::", "F::2::", "publisher's codes.*r user 1"),
        ("/users.dat", "users.dat", "::10::", "::21::", "publisher's codes.*r user 1"),
        ("", "users.dat", PEOPLE[18:], "", "ratings of user 12, which has none"),
        ("", "movies.dat", FILMS[-36:], "", "ratings of film 1193, which has none"),
        ("", "ratings.dat", RATINGS, RATINGS * 2, "must be unique. Received: 3 repeat"),
    ],
)
def test_a_bad_file_raises_with_its_line_or_the_folder(
    put, place, name, old, new, reason
):
    files = {**FILES, "movies.dat": FILMS}
    changed = files[name].replace(old, new).encode("latin-1")
    folder = put("ml-1m", {**FILES, name: changed})
    with pytest.raises(ValueError, match=f"^{folder}{place}: .*{reason}"):
        load_ml_1m()


def test_the_real_files_have_the_published_numbers(real):
    real("ml-1m")
    data = load_ml_1m().interactions
    assert (data.num_users, data.num_items, len(data)) == (6040, 3706, 1_000_209)
    films = data.item_features
    assert films.loc[1, "title"] == "Toy Story"
    assert not films["year"].isna().any()
    assert films["title"].str.contains("é").any()
    assert data.user_features.loc[1].tolist() == ["F", "under 18", "K-12 student"]
    assert pd.Series(data.ratings).value_counts().to_dict() == {
        1: 56_174,
        2: 107_557,
        3: 261_197,
        4: 348_971,
        5: 226_310,
    }
