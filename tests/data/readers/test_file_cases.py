"""The table of small files, through every entrance: right, or refused with a remedy."""

from itertools import repeat

import pytest
from file_cases import CASES

from tfrecs import read_interactions
from tfrecs.bench.source import load_data
from tfrecs.data.readers import read_leniently
from tfrecs.data.shards import prepare_shards
from tfrecs.streaming import IncrementalRecommender, Popular
from tfrecs.streaming.sources import CsvEvents, FileSource, JsonEvents, learn_from

REMEDIES = (
    *("Write it as Parquet", "user_col", "rating_col", "Leave such rows out"),
    "Expected",
)
"""Parts of messages of shards."""


def rows_of(data) -> set:
    """Each pair with its rating and time; the repeated are one."""
    names = ("ratings", "timestamps")
    values = [getattr(data, name) for name in names]
    ids = [data.users.ids[data.user_ids], data.items.ids[data.item_ids]]
    columns = [*ids, *(v for v in values if v is not None)]
    return set(zip(*(column.tolist() for column in columns), strict=True))


def expected_rows(case) -> set:
    values = [column for column in (case.ratings, case.times) if column is not None]
    users, items = zip(*case.pairs, strict=True)
    return set(zip(users, items, *values, strict=True))


def by_reader(path, options):
    return read_interactions(path, **options)


def by_lenient_reader(path, options):
    data, malformed = read_leniently(path, **options)
    if malformed:
        raise ValueError(str(malformed))
    return data


def by_bench(path, options):
    return load_data("", path, **options).data.interactions


def test_the_table_is_long():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("read", [by_reader, by_lenient_reader, by_bench])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_files_are_read_right_or_refused_with_a_remedy(case, read, tmp_path):
    path = tmp_path / case.name
    path.write_bytes(case.data)
    if case.refusal:
        with pytest.raises(ValueError, match=case.refusal) as caught:
            read(path, case.options)
        assert str(path) in str(caught.value)
        return
    data = read(path, case.options)
    assert rows_of(data) == expected_rows(case)
    block = str(data.source).splitlines()
    assert len(block) <= 10
    assert block[0] == f"{case.name}:"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shards_are_right_or_refused_with_a_remedy(case, tmp_path):
    path = tmp_path / case.name
    path.write_bytes(case.data)
    options = {k: v for k, v in case.options.items() if k == "id_type"}
    names = {}
    if not case.refusal:
        used = read_interactions(path, **case.options).source.columns
        names = {"user_col": used["user"], "item_col": used["item"]}
    pairs = zip(case.pairs or [], case.ratings or repeat(1), strict=False)
    positives = {pair for pair, rating in pairs if rating > 0}
    if case.pairs and not positives:
        with pytest.raises(ValueError, match="Received: none rated above 0"):
            prepare_shards(path, tmp_path / "out", seed=0)
        return
    try:
        shards = prepare_shards(path, tmp_path / "out", seed=0, **names, **options)
    except ValueError as error:
        assert str(path) in str(error)
        assert any(remedy in str(error) for remedy in REMEDIES)
        return
    assert not case.refusal or "time_col" in case.options  # shards have no times
    pairs = shards.read(0)
    users, items = shards.users.ids[pairs[:, 0]], shards.items.ids[pairs[:, 1]]
    found = set(zip(users.tolist(), items.tolist(), strict=True))
    assert case.refusal or found == positives


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_streams_are_right_or_refused(case, tmp_path):
    path = tmp_path / case.name
    path.write_bytes(case.data)
    is_json = case.name.endswith(("json", "jsonl"))
    columns = ("user", "item", "rating", "time")
    keys = {"user": "user_id", "item": "item_id"}
    parse = JsonEvents(**keys) if is_json else CsvEvents(columns, separator="\t")
    recommender = IncrementalRecommender(Popular())
    try:
        counts = learn_from(FileSource(path, parse), recommender, on_malformed="error")
    except ValueError as error:
        assert "pass on_malformed='count'" in str(error)
        return
    if case.refusal:
        assert counts.events == 0
        return
    users = list(dict.fromkeys(user for user, _ in case.pairs))
    found = users if is_json else list(map(str, users))
    assert counts.is_unfinished or list(recommender._users) == found
