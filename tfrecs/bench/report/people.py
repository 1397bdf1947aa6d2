"""The example users: their items, and the lists of all models."""

from typing import Any

import numpy as np

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import Findings
from tfrecs.evaluation.segments import activity
from tfrecs.reporting.items import ItemNames, distinct_names, history
from tfrecs.reporting.text import id_text


def people(problem: Problem, found: Findings) -> list[dict[str, Any]]:
    """Returns the example users with a list of any model, for the template."""
    train, test = problem.train, problem.test
    ids = train.items.ids
    titles = ItemNames(train).of(np.arange(len(ids)))
    names = np.array(distinct_names(titles, ids), dtype=object)
    segments = activity(train)
    shown = []
    for user in problem.example_users:
        held_out = test.item_ids[history(test, user)]
        cards = [
            {
                "model": row.model,
                "entries": [(names[i], i in held_out) for i in row.first.lists[user]],
                "hits": len(np.intersect1d(row.first.lists[user], held_out)),
            }
            for row in found.rows
            if user in row.first.lists
        ]
        if cards:
            shown.append(
                {
                    "id": id_text(train.users.ids[user]),
                    "activity": str(segments[user]),
                    "known": names[train.item_ids[history(train, user)]],
                    "held_out": names[held_out],
                    "cards": cards,
                }
            )
    return shown
