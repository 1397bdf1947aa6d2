"""Published tables, each row by name: ours beside the figure that others printed.

A row has a few ways to train, the candidates. Each is trained on a part of train and
measured on the rest of it (seed 0); the best of them by the task's metric is trained on
all of train with each seed, and only then is the test set looked at. Several of the
published figures were chosen on the test set. Seconds have compilation in them, not
the choice.
`python benchmarks/published.py [ROW ...] [--seeds 3] [--list] [--json FILE]`; a row
that the file has already is not run again.
"""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from _published_rows import ROWS, Row
from _report import finish, parser, print_table
from _tasks import TASKS, Task

from tfrecs.bench.results_file import write_json


def choose(row: Row, task: Task) -> dict[str, dict[str, float]]:
    """Gives what each candidate reaches on validation data; nothing for a lone one."""
    if len(row.candidates) == 1:
        return {}
    found = {}
    for label, fit in row.candidates.items():
        found[label] = task.validate(fit(task.fitting, 0).score_users)
        print(f"  validation, {label}: {_told(found[label])}", flush=True)
    return found


def measure(row: Row, task: Task, seeds: int) -> dict[str, Any]:
    """Chooses, trains with every seed, and measures on test."""
    trials = choose(row, task)
    best = max(
        row.candidates, key=lambda label: trials[label][task.metric] if trials else 0
    )
    tests, times = [], []
    for seed in range(seeds if row.is_random else 1):
        fitted = row.candidates[best](task.train, seed)
        tests.append(task.test(fitted.score_users))
        times.append(fitted.fit_seconds)
        print(f"  test, seed {seed}: {_told(tests[-1])}", flush=True)
    return {
        "task": task.name,
        "chosen": best,
        "trials": trials,
        "test": tests,
        "mean": {name: statistics.mean(t[name] for t in tests) for name in tests[0]},
        "seconds": times,
        "published": row.published,
        "source": row.source,
    }


def _told(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def report(found: dict[str, dict[str, Any]]) -> None:
    """A line for each metric of each row."""
    lines = []
    for name, row in found.items():
        for metric, ours in row["mean"].items():
            values = [test[metric] for test in row["test"]]
            published = row["published"].get(metric)
            lines.append(
                (
                    name,
                    metric,
                    f"{ours:.4f}",
                    f"{statistics.stdev(values):.4f}" if len(values) > 1 else "-",
                    f"{published:.4f}" if published else "-",
                    f"{ours / published - 1:+.1%}" if published else "-",
                    f"{statistics.median(row['seconds']):.1f}",
                    row["chosen"],
                )
            )
    header = ["row", "metric", "ours", "sd", "published", "difference", "s", "chosen"]
    print_table(header, lines)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("rows", nargs="*", metavar="ROW", help="(default: all)")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--list", action="store_true", help="list the rows and stop")
    options = made.parse_args()
    unknown = [name for name in options.rows if name not in ROWS]
    if options.list or unknown:
        for name, row in ROWS.items():
            print(f"{name:28} {row.task}: {row.source}")
        if unknown:
            sys.exit(f"There is no row {unknown[0]!r}; the rows are listed above.")
        return
    found: dict[str, dict[str, Any]] = {}
    if options.json and Path(options.json).exists():
        found = json.loads(Path(options.json).read_text(encoding="utf-8"))["rows"]
    tasks: dict[str, Task] = {}
    for name in options.rows or ROWS:
        if name in found:
            continue
        row = ROWS[name]
        print(f"{name}: {row.source}", flush=True)
        task = tasks.get(row.task) or tasks.setdefault(row.task, TASKS[row.task]())
        found[name] = measure(row, task, options.seeds)
        if options.json:
            write_json(options.json, {"rows": found})
    asked = {name: found[name] for name in options.rows or ROWS}
    report(asked)
    finish(options, {"rows": found})


if __name__ == "__main__":
    main()
