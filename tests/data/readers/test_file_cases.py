"""The table of small files, through every entrance: right, or refused with a remedy."""

from itertools import repeat

import pytest
from file_cases import CASES

from tfrecs import read_interactions
from tfrecs.bench.source import load_data
from tfrecs.data.readers import read_leniently, split_strictly
from tfrecs.data.shards import prepare_shards
from tfrecs.streaming.sources import CsvEvents, FileSource, JsonEvents

OF_TIMES = ("needed.csv", "one_time.data")
"""Refused for their times, which shards do not read."""

DATED = ("days.csv",)
"""Have dates in a form of their own, where a stream takes numbers and ISO dates."""

NOT_LINES = (
    *("cr.csv", "utf16.csv", "utf16le.csv", "lists.txt", "said.txt", "array.json"),
    *("a.csv.gz", "one.zip", "mac.zip"),
)
"""Have no line for each event, which streams follow and resume from."""

SHARDS_SAY = {
    "absent.csv": "no missing values.*in row 1. Leave such rows out",
    "low.csv": "at least 0.*3 others, the first in row 0. Correct",
    "cp1251.csv": "row 0: must be text in UTF-8.*pass the `encoding`",
    "damaged.csv": "row 1: must be text in UTF-8.*pass the `encoding`",
    "damaged_utf8.csv": "row 1: must be text in UTF-8.*pass the `encoding`",
}
"""Refusals that name rows, which shards count in place of lines."""


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
def test_shards_are_right_or_refused_with_the_same_remedy(case, tmp_path):
    path = tmp_path / case.name
    path.write_bytes(case.data)
    options = {k: v for k, v in case.options.items() if not k.startswith("time")}
    pairs = zip(case.pairs or [], case.ratings or repeat(1), strict=False)
    positives = {pair for pair, rating in pairs if rating > 0}

    def prepare():
        return prepare_shards(path, tmp_path / "out", seed=0, **options)

    if case.refusal and case.name not in OF_TIMES:
        with pytest.raises(ValueError, match=SHARDS_SAY.get(case.name, case.refusal)):
            prepare()
        return
    if case.pairs and not positives:
        with pytest.raises(ValueError, match="Received: none rated above 0"):
            prepare()
        return
    shards = prepare()
    pairs = shards.read(0)
    users, items = shards.users.ids[pairs[:, 0]], shards.items.ids[pairs[:, 1]]
    found = set(zip(users.tolist(), items.tolist(), strict=True))
    assert case.refusal or found == positives


def parser_of(case, source) -> CsvEvents | JsonEvents:
    """The parser of a file's lines, by what the reader found."""
    roles = {name: role for role, name in source.columns.items()}
    if case.name in DATED:
        roles = {name: role for name, role in roles.items() if role != "time"}
    if source.format in ("json", "jsonl"):
        return JsonEvents(**{role: name for name, role in roles.items()})
    first = case.data.decode(source.encoding).splitlines()[0]
    names = split_strictly(first, source.separator)
    if not source.header and source.unused:
        names = [f"column {number}" for number in range(1, len(names) + 1)]
    elif not source.header:
        names = list(source.columns.values())
    encoding = source.encoding.removesuffix("-sig")
    columns = tuple(map(roles.get, names))
    id_type = case.options.get("id_type")
    return CsvEvents(columns, source.separator, encoding=encoding, id_type=id_type)


def events_in(path, parse) -> list:
    return [found.event for found in FileSource(path, parse).events()]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.pairs], ids=lambda case: case.name
)
def test_streams_of_lines_are_right_and_of_other_files_empty(case, tmp_path):
    path = tmp_path / case.name
    path.write_bytes(case.data)
    if case.name in NOT_LINES:
        assert not any(events_in(path, JsonEvents("user_id", "item_id")))
        assert not any(events_in(path, CsvEvents()))
        return
    source = read_interactions(path, **case.options).source
    if not case.data.endswith(b"\n"):
        path.write_bytes(case.data + b"\n")
    found = events_in(path, parser_of(case, source))
    is_text = source.format != "json" and "id_type" not in case.options
    if source.header:  # an event, unless there is a column of numbers
        has_numbers = case.ratings or (case.times and case.name not in DATED)
        assert (found.pop(0) is None) == bool(has_numbers or not is_text)
    pairs = [tuple(map(str, pair)) if is_text else pair for pair in case.pairs]
    assert [(event.user, event.item) for event in found] == pairs
    assert case.ratings in (None, [event.rating for event in found])
    assert case.name in DATED or case.times in (None, [event.time for event in found])
