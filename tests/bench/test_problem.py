"""What a bench run is about: what a reader of its numbers is told."""

from tfrecs.bench.options import parse
from tfrecs.bench.problem import load_problem

# By time: items 7 and 8 come last.
LOG = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (1, 3), (9, 1), (2, 7), (3, 8)]


def notes(tmp_path, *options):
    path = tmp_path / "log.csv"
    rows = [f"{user},{item},{time}" for time, (user, item) in enumerate(LOG)]
    path.write_text("\n".join(["user_id,item_id,timestamp", *rows]), encoding="utf-8")
    return load_problem(parse(["--train", str(path), "--k", "1", *options])).notes


def test_users_and_items_without_training_data_are_told(tmp_path):
    [told] = notes(tmp_path, "--split", "temporal")  # a fifth: the last two rows
    assert told.startswith("0 users and 2 items of test are not in train")
    [told] = notes(tmp_path, "--split", "cold-users")
    assert told.startswith("1 users")  # a fifth of four, rounded


def test_nothing_is_told_where_all_are_known(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text("user_id,item_id\n1,7\n", encoding="utf-8")
    assert notes(tmp_path, "--test", str(path)) == ()
