"""What a few users are recommended, by all models side by side."""

from collections.abc import Sequence

import numpy as np

from tfrecs._types import AnyArray
from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import Findings, Row
from tfrecs.bench.report.markup import scroll, text
from tfrecs.evaluation.segments import activity
from tfrecs.interactions import Interactions
from tfrecs.posters._text import clean

MOST_KNOWN = 8
"""Items of a user's training that are shown."""

MOST_HELD_OUT = 20
"""Items of a user's test data that are shown."""


def lists(problem: Problem, found: Findings, places: dict[str, int]) -> str:
    """Gives a part for each example user whom some model has a list for."""
    kinds = np.asarray(activity(problem.train))
    parts = [
        _user(problem, found, user, str(kinds[user]), places)
        for user in problem.example_users
        if any(user in row.lists for row in found.rows)
    ]
    return "\n".join(parts) or "<p>There are no lists to show.</p>"


def _user(
    problem: Problem, found: Findings, user: int, kind: str, places: dict[str, int]
) -> str:
    train, test = problem.train, problem.test
    known = _items_of(train, user)
    held_out = _items_of(test, user)
    heading = f"user {clean(train.users.ids[user])}, {kind} in training"
    rows = [row for row in found.rows if user in row.lists]
    cards = "".join(_card(row, user, set(held_out), train, places) for row in rows)
    return (
        f'<article class="person">\n<h3 dir="auto">{text(_first_upper(heading))}</h3>\n'
        f"{_group('Had in training', known, MOST_KNOWN, train)}\n"
        f"{_group('Held out, to be found', held_out, MOST_HELD_OUT, train)}\n"
        + scroll(f"Lists of {heading}", f'<div class="cards">{cards}</div>', "strip")
        + "\n</article>"
    )


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _items_of(data: Interactions, user: int) -> list[int]:
    """A user's items, the latest first where there are times."""
    rows = np.flatnonzero(data.user_ids == user)
    if data.timestamps is not None:
        rows = rows[np.argsort(-data.timestamps[rows], kind="stable")]
    return list(dict.fromkeys(data.item_ids[rows].tolist()))


def _group(name: str, items: Sequence[int], most: int, train: Interactions) -> str:
    shown = "".join(f"<li>{_title(item, train)}</li>" for item in items[:most])
    rest = len(items) - most
    if rest > 0:
        shown += f'<li class="rest">and {rest:,} more</li>'
    return (
        f'<div class="group"><h4>{text(name)} <span>{len(items):,}</span></h4>'
        f"<ul>{shown}</ul></div>"
    )


def _card(
    row: Row, user: int, held_out: set[int], train: Interactions, places: dict[str, int]
) -> str:
    items = row.lists[user]
    hits = sum(item in held_out for item in items)
    entries = "".join(
        f'<li class="hit">{_title(item, train)} <span class="tick">✓'
        f'<span class="hidden"> held out</span></span></li>'
        if item in held_out
        else f"<li>{_title(item, train)}</li>"
        for item in items
    )
    found = f"{hits} hit{'' if hits == 1 else 's'}"
    return (
        f'<section class="card m{places[row.model]}"><h4>{text(row.model)} '
        f"<span>{found}</span></h4><ol>{entries}</ol></section>"
    )


def _title(item: int, train: Interactions) -> str:
    return f'<bdi dir="auto">{text(title_of(item, train))}</bdi>'


def title_of(item: int, train: Interactions) -> str:
    """An item's title where there is one, else its raw id."""
    frame = train.item_features
    if frame is not None and "title" in frame.columns:
        titles: AnyArray = frame["title"].to_numpy()
        found = clean(titles[item])
        if found:
            return found
    return clean(train.items.ids[item])
