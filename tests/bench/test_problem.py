"""Notes and buckets of problems."""

from dataclasses import replace

import pandas as pd

from tfrecs.bench.problem import load_problem
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.data.datasets import Dataset
from tfrecs.data.interactions import Interactions

# By time: items 7 and 8 come last.
LOG = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (1, 3), (9, 1), (2, 7), (3, 8)]


def notes(tmp_path, **options):
    path = tmp_path / "log.csv"
    rows = [f"{user},{item},{time}" for time, (user, item) in enumerate(LOG)]
    path.write_text("\n".join(["user_id,item_id,timestamp", *rows]), encoding="utf-8")
    return load_problem(train=path, k=1, **options).notes


def test_users_and_items_without_training_data_are_noted(tmp_path):
    [note] = notes(tmp_path, split="temporal")  # a fifth: the last two rows
    assert note.startswith("0 users and 2 items of test are not in train")
    [note] = notes(tmp_path, split="cold-users")
    assert note.startswith("1 users")  # a fifth of four, rounded
    path = tmp_path / "test.csv"
    path.write_text("user_id,item_id\n1,7\n", encoding="utf-8")
    assert notes(tmp_path, test=path) == ()


def test_leave_last_out_validates_on_the_last_but_one(tmp_path):
    path = tmp_path / "lists.txt"
    path.write_text("7 30 10 20 40\n8 10 30\n9 20 40 10\n", encoding="utf-8")
    problem = load_problem(train=path, k=1, split="leave-last-out")
    found = {
        name: [
            (int(part.users.ids[user]), int(part.items.ids[item]))
            for user, item in zip(part.user_ids, part.item_ids, strict=True)
        ]
        for name in ("fitting", "validation", "train", "test")
        for part in [getattr(problem, name)]
    }
    fitting, validation = [(7, 30), (7, 10), (8, 10), (9, 20)], [(7, 20), (9, 40)]
    assert sorted(found["fitting"]) == sorted(fitting)
    assert sorted(found["validation"]) == validation
    assert sorted(found["train"]) == sorted([*fitting, *validation])
    assert sorted(found["test"]) == [(7, 40), (8, 30), (9, 10)]
    told = problem.as_json()["protocol"]["validation"]
    assert told.startswith("the last interaction of each user in train, for")
    other = load_problem(train=path, k=1, split="leave-one-out")
    told = other.as_json()["protocol"]["validation"]
    assert told.startswith("a random tenth of train, for")


def films(rows, **kinds):
    """A problem of a user and its films, with metadata of the films alone."""
    index = [f"film{number}" for number in range(len(rows))]
    frame = pd.DataFrame(rows, index=index)
    train = Interactions.from_frame(
        pd.DataFrame({"user_id": "anna", "item_id": index}), item_features=frame
    )
    problem = load_problem("synthetic")
    data = Dataset("films", train, item_kinds=ColumnKinds(**kinds))
    return replace(problem, dataset=data, train=train)


def test_buckets_are_the_first_categories_that_items_have():
    rows = [
        {"genres": "War", "maker": "b"},
        {"genres": "Drama|War", "maker": "a"},
        {"genres": None, "maker": "a"},
        {"genres": "War", "maker": "c"},
        {"genres": None, "maker": "b"},
    ]
    both = {"categorical": ("maker",), "multi_hot": ("genres",)}
    assert films(rows, **both).item_buckets.tolist() == [1, 0, 2, 1, 2]
    maker = films(rows, categorical=("maker",))
    assert maker.item_buckets.tolist() == [1, 0, 0, 2, 1]


def test_no_categories_of_items_give_no_buckets():
    years = films([{"year": 1990}, {"year": 1991}], numeric=("year",))
    assert years.item_buckets is None
    problem = films([{"maker": "a"}, {"maker": "b"}], categorical=("maker",))
    bare = replace(problem.train, item_features=None)
    assert replace(problem, train=bare).item_buckets is None
