"""What a few users are recommended, by all models side by side."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import Findings, Row
from tfrecs.bench.report.markup import scroll, text
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.segments import activity
from tfrecs.reporting.items import ItemNames, distinct_names, history
from tfrecs.reporting.text import id_text

Name: TypeAlias = Callable[[int], str]
"""What the page calls an item, as markup."""

MOST_KNOWN = 8
"""Items of a user's training that are shown."""

MOST_HELD_OUT = 20
"""Items of a user's test data that are shown."""


def lists(problem: Problem, found: Findings, places: dict[str, int]) -> str:
    """Gives a part for each example user whom some model has a list for."""
    kinds = np.asarray(activity(problem.train))
    name = _names(problem.train)
    parts = [
        _user(problem, found, user, str(kinds[user]), places, name)
        for user in problem.example_users
        if any(user in row.lists for row in found.rows)
    ]
    return "\n".join(parts) or "<p>There are no lists to show.</p>"


def _user(
    problem: Problem,
    found: Findings,
    user: int,
    kind: str,
    places: dict[str, int],
    name: Name,
) -> str:
    train, test = problem.train, problem.test
    known = train.item_ids[history(train, user)].tolist()
    held_out = test.item_ids[history(test, user)].tolist()
    raw_id = id_text(train.users.ids[user])
    rows = [row for row in found.rows if user in row.lists]
    cards = "".join(_card(row, user, set(held_out), places, name) for row in rows)
    return (
        f'<article class="person">\n<h3>User {_bdi(raw_id)}, {kind} in '
        "training</h3>\n"
        f"{_group('Had in training', known, MOST_KNOWN, name)}\n"
        f"{_group('Held out, to be found', held_out, MOST_HELD_OUT, name)}\n"
        + scroll(
            f"Lists of user {raw_id}", f'<div class="cards">{cards}</div>', "strip"
        )
        + "\n</article>"
    )


def _group(heading: str, items: Sequence[int], most: int, name: Name) -> str:
    shown = "".join(f"<li>{name(item)}</li>" for item in items[:most])
    rest = len(items) - most
    if rest > 0:
        shown += f'<li class="rest">and {rest:,} more</li>'
    return (
        f'<div class="group"><h4>{text(heading)} <span>{len(items):,}</span></h4>'
        f"<ul>{shown}</ul></div>"
    )


def _card(
    row: Row, user: int, held_out: set[int], places: dict[str, int], name: Name
) -> str:
    items = row.lists[user]
    hits = sum(item in held_out for item in items)
    entries = "".join(
        f'<li class="hit">{name(item)} <span class="tick">✓'
        f'<span class="hidden"> held out</span></span></li>'
        if item in held_out
        else f"<li>{name(item)}</li>"
        for item in items
    )
    found = f"{hits} hit{'' if hits == 1 else 's'}"
    return (
        f'<section class="card m{places[row.model]}"><h4>{text(row.model)} '
        f"<span>{found}</span></h4><ol>{entries}</ol></section>"
    )


def _names(train: Interactions) -> Name:
    """Returns the function that names an item, in markup."""
    ids = train.items.ids
    names = distinct_names(ItemNames(train).of(np.arange(len(ids))), ids)
    return lambda item: _bdi(names[item])


def _bdi(words: str) -> str:
    return f'<bdi dir="auto">{text(words)}</bdi>'
