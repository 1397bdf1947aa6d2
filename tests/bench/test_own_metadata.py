"""The user's own items and users on the command line, and what was read of them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfrecs.bench.problem import load_problem
from tfrecs.bench.source import in_k_core, load_data
from tfrecs.data.datasets import Dataset, load_dataset
from tfrecs.data.interactions import Interactions

COLUMNS = {"user_col": "person", "item_col": "film", "rating_col": "stars"}


@pytest.fixture(scope="module")
def films_csv(tmp_path_factory):
    """42 films, two of them without interactions; film 0 is not described."""
    films = np.arange(42, 0, -1)
    frame = pd.DataFrame(
        {
            "film": films,
            "name": [f"Film {film}" for film in films],
            "genres": [("A", "B")[film % 2] + "|C" * (film % 3) for film in films],
            "price": films % 7 + 0.5,
            "plot": [f"Of {film}" for film in films],
        }
    )
    path = tmp_path_factory.mktemp("films") / "films.csv"
    frame.to_csv(path, index=False)
    return path


def test_items_are_features_with_kinds_titles_and_the_whole_catalogue(
    good_csv, films_csv
):
    problem = load_problem(train=good_csv, items=films_csv, k=2, **COLUMNS)
    assert problem.train.num_items == 43  # 0 to 42
    features = problem.train.item_features
    assert features["title"].fillna("").tolist() == [
        "",
        *[f"Film {n}" for n in range(1, 43)],
    ]
    kinds = problem.dataset.item_kinds
    assert kinds.used == {"multi_hot": ["genres"], "numeric": ["price"]}
    assert problem.has_features
    assert problem.item_buckets.shape == (43,)
    assert problem.facts == {
        "interactions": "good.csv: 840 of 60 users and 40 items",
        "user ids": "text, such as u0",
        "item ids": "integers, such as 0",
        "format": "csv, separator ',', utf-8",
        "columns": "person (user), film (item), stars (rating)",
        "rows": "840, 840 read",
        "ratings": "1 to 5",
        "items": "films.csv: 1 of 43 without metadata, 3 without interactions",
        "items, multi_hot": "genres",
        "items, numeric": "price",
        "items, not features": "title (titles), plot (text)",
    }
    assert problem.as_json()["dataset"]["read"] == problem.facts


def test_weights_are_read_and_noted(tmp_path):
    path = tmp_path / "train.csv"
    rows = [f"{user},{item},{user + 1}" for user in range(9) for item in range(5)]
    path.write_text("\n".join(["user,item,w", *rows]), encoding="utf-8")
    problem = load_problem(train=path, weight_col="w", k=2)
    train = problem.train
    assert train.weights.tolist() == (train.users.ids[train.user_ids] + 1).tolist()
    assert (
        "weights: used by the models of tfrecs, and not by baselines" in problem.notes
    )
    assert "w (weight)" in problem.facts["columns"]
    assert load_problem(train=path, k=2).train.weights is None


def test_what_was_read_of_test_data_is_in_the_facts(good_csv, tmp_path):
    path = tmp_path / "test.tsv"
    path.write_text("person\tfilm\tstars\nu0\t1\t5\nu0\t99\t5\n", encoding="utf-8")
    facts = load_problem(train=good_csv, test=path, k=2, **COLUMNS).facts
    assert {k: v for k, v in facts.items() if k.startswith("test ")} == {
        "test data": "test.tsv: 1 interactions",
        "test format": "tsv, separator tab, utf-8",
        "test columns": "person (user), film (item), stars (rating)",
        "test rows": "2, 1 read",
        "test dropped rows": "1: unknown user or item",
    }


def test_the_column_of_titles_can_be_named(good_csv, films_csv, tmp_path):
    named, _, _ = load_data("", good_csv, items=films_csv, item_title="plot", **COLUMNS)
    assert named.interactions.item_features["title"].iloc[7] == "Of 7"
    assert "name" in named.item_kinds.left_out  # text, and no titles
    path = tmp_path / "titled.csv"
    path.write_text("film,title,brand\n1,T,X\n2,U,Y\n", encoding="utf-8")
    other, _, _ = load_data("", good_csv, items=path, item_title="brand", **COLUMNS)
    features = other.interactions.item_features.loc[1]
    assert features.to_dict() == {"title in the file": "T", "title": "X"}


def test_users_of_a_file_have_kinds_of_their_own(good_csv, films_csv, tmp_path):
    path = tmp_path / "people.csv"
    rows = [f"u{user},{'xy'[user % 2]},{user}" for user in range(60)]
    path.write_text("\n".join(["person,name,price", *rows]), encoding="utf-8")
    data, _, _ = load_data("", good_csv, items=films_csv, users=path, **COLUMNS)
    # Of items, "name" is the title.
    assert data.user_kinds.left_out == {"name": "titles"}
    assert data.user_kinds.used == {"numeric": ["price"]}
    assert data.interactions.user_features["price"].iloc[:2].tolist() == [0, 1]


def test_malformed_and_repeated_rows_are_treated_as_asked(tmp_path):
    path = tmp_path / "rated.csv"
    path.write_text("user_id,item_id,rating\na,1,5\na,1,2\nb,2,x\nb,1,3\nc,2,4\n")
    with pytest.raises(ValueError, match="1 malformed row"):
        load_data("", path)
    data, _, _ = load_data("", path, malformed="skip", duplicates="first")
    assert data.interactions.ratings.tolist() == [5, 3, 4]


# k-core


def rated(pairs, ratings):
    return Interactions.from_arrays(*zip(*pairs, strict=True), ratings=ratings)


def test_a_k_core_is_of_positives_and_keeps_the_publishers_split():
    # d's second rating is no positive, so d goes, and then item 3.
    pairs = [*((user, item) for user in "abc" for item in (1, 2)), ("d", 3), ("d", 1)]
    data = rated(pairs, [5, 5, 5, 5, 5, 5, 5, 1])
    rows = np.array([True, False] * 4)
    core, note = in_k_core(Dataset("x", data, test_rows=rows), 2, 3.0)
    assert note == (
        "left out by the 2-core of 7 positives: 2 of 8 interactions, 1 of 4 users, "
        "1 of 3 items"
    )
    assert core.interactions.users.ids.tolist() == ["a", "b", "c"]
    assert core.test_rows.tolist() == [True, False] * 3
    every, _ = in_k_core(Dataset("x", data), 1, None)
    assert len(every.interactions) == 8
    assert in_k_core(load_dataset("synthetic"), 2, None)[0].oracle is None


def test_the_note_of_a_k_core_is_in_the_problem(good_csv):
    problem = load_problem(train=good_csv, min_rating=2, k=2, k_core=7, **COLUMNS)
    [note] = problem.notes
    assert note.startswith("left out by the 7-core of ")
    counts = problem.train.matrix.sum(axis=0) + problem.test.matrix.sum(axis=0)
    assert counts.min() >= 7


# The command line


def test_what_was_read_is_printed_and_reported(bench, good_csv, films_csv):
    columns = "--user-col person --item-col film --rating-col stars".split()
    status, out, _ = bench(
        *("--train", good_csv, *columns, "--items", films_csv, "--k-core", 2),
        *("--models", "popularity", "--json", "r.json", "--item-title", "name"),
    )
    assert status == 0
    lines = out.splitlines()
    assert lines[1] == "Read interactions: good.csv: 840 of 60 users and 40 items"
    assert "Read items, multi_hot: genres" in lines
    note = "Note: left out by the 2-core of 840 positives: "
    assert any(line.startswith(note) for line in lines)
    found = json.loads(Path("r.json").read_text())["dataset"]
    assert found["read"]["items, numeric"] == "price"
    [page] = Path("logs").glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    assert "<dt>items, multi_hot</dt><dd>genres</dd>" in text
    assert "Film 12" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--items FILMS", "--items needs --train, the file that it describes"),
        ("--users FILMS", "--users needs --train"),
        (
            "--train GOOD --item-title name",
            "--item-title needs --items, the file that it describes",
        ),
        (
            "--train GOOD --items FILMS --item-title x",
            "--item-title must be a column of --items. Received: 'x', where the "
            "columns are name, genres, price, plot",
        ),
        ("--train GOOD --items none.csv", "none.csv: no such file"),
        (
            "--train GOOD --items others.csv",
            "--items must have rows for ids such as 0 (a int). Received: none of them, "
            "but such as 'x' (a str) in its column 'film'. Name the column of these "
            "ids item_id, or use",
        ),
        (
            "--train GOOD --items no_ids.csv",
            "no_ids.csv: must have a column of item ids with a usual name, such as "
            "'item_id'. Received: columns sku, kind",
        ),
        (
            "--train GOOD --items missing.csv",
            "missing.csv: 1 malformed row, in line 3: the column 'film' must hold an "
            "id in each row. Pass --malformed skip to leave such rows out.",
        ),
        ("--train GOOD --items twice.csv", "Received: 1 more than once in its column"),
        ("--train GOOD --k-core 0", "a whole number of at least 1, not '0'"),
        ("--train GOOD --k-core 99", "Received: user=99, item=99. Lower them"),
        ("--malformed drop", "invalid choice: 'drop'"),
        ("--duplicates all", "invalid choice: 'all'"),
        ("--train twice.csv --duplicates error", "Choose another --duplicates"),
    ],
)
def test_metadata_that_do_not_fit_are_one_line(
    refused, good_csv, films_csv, arguments, message
):
    for name, text in {
        "others.csv": "film,kind\nx,1\ny,2\n",
        "no_ids.csv": "sku,kind\nx,1\ny,2\n",
        "missing.csv": "film,kind\n1,1\n,2\n",
        "twice.csv": "user_id,film,kind\n1,1,a\n1,1,b\n",
    }.items():
        Path(name).write_text(text)
    columns = "--user-col person --item-col film --rating-col stars "
    given = arguments.replace("--train GOOD", f"--train {good_csv} {columns}")
    assert message in refused(*given.replace("FILMS", f"{films_csv}").split())
