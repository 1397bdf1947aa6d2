"""Writes the page: the values of its templates, and its style."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tfrecs._base.environment import environment
from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.measuring import LIST_LENGTH
from tfrecs.bench.problem import Problem
from tfrecs.bench.report.figures import Figure, figures
from tfrecs.bench.report.findings import ALPHA, FEW_USERS, Findings, find, num_draws
from tfrecs.bench.report.people import people
from tfrecs.bench.report.svg import inline_svg
from tfrecs.bench.report.words import PROPER, duration, listed, p_value, timed_work
from tfrecs.bench.result import ORACLE, Result
from tfrecs.bench.table import metric_columns
from tfrecs.data.datasets import DATASETS
from tfrecs.reporting.pages import render, render_page
from tfrecs.reporting.plots.canvas import title_of
from tfrecs.reporting.plots.colours import COLOURS, FAINT, GREY, INK, SOFT

TEMPLATES = Path(__file__).with_name("templates")

ON_DARK = ("#6db6f2", "#ff9a5a", "#45c9a5", "#e58cc9", "#d9b24c", "#a3aeff")
"""The colours of highlighted models in dark mode, in the order of `COLOURS`."""

PARTS = {
    "answer": "The answer",
    "models": "All models",
    "figures": "Figures",
    "people": "Lists side by side",
    "meaning": "What the numbers mean",
    "run": "This run",
}
"""Ids and headings of the page's parts, in order."""

DEFINITIONS = {
    "precision": "The share of hits among the first k items. A hit is an item of the "
    "user's test data.",
    "recall": "The share of the user's test items among the first k items.",
    "ndcg": "The sum of 1 / log2(1 + rank) over the hits, so that higher ranks count "
    "more, divided by its value for the best possible list: 1 is a perfect list.",
    "micro_precision": "Precision over the lists of all users together.",
    "micro_recall": "Recall over the test items of all users together.",
}

SHARED: dict[str, Any] = {
    "parts": PARTS,
    "alpha": ALPHA,
    "few_users": FEW_USERS,
    "list_length": LIST_LENGTH,
    "oracle": ORACLE,
    "proper": PROPER,
    "published": DATASETS,
    "title_of": title_of,
    "listed": listed,
    "duration": duration,
    "p_value": p_value,
}
"""Variables of the templates that are equal for all runs."""


def write_report(
    path: Path,
    problem: Problem,
    results: Sequence[Result],
    *,
    command: str,
    seconds: float,
) -> None:
    """Writes one page that depends on no other file, atomically.

    The page names the command, and the seconds that the run took.
    """
    found = find(problem, results)
    places = {row.model: place for place, row in enumerate(found.rows)}
    page = render_page(
        TEMPLATES / "report.html",
        title=f"{problem.dataset.name}: which recommender is best?",
        style=_style(len(places)),
        problem=problem,
        protocol=problem.in_one_line.removeprefix(problem.dataset.name),
        found=found,
        places=places,
        num_seeds=max((row.num_seeds for row in found.rows), default=1),
        columns=_columns(problem, found),
        figures=figures(problem, found),
        drawn=partial(_drawn, places=places),
        people=people(problem, found),
        definitions=_definitions(problem, found),
        command=command,
        run=_run(seconds, results),
        draws=num_draws(max(found.num_users, 1)),
        **SHARED,
    )
    with replaced_when_whole(path) as partial_path:
        partial_path.write_text(page, encoding="utf-8")


def _style(num_models: int) -> str:
    variables = {INK: "ink", SOFT: "soft", GREY: "grey", FAINT: "line"}
    variables |= {colour.code: f"c{n}" for n, colour in enumerate(COLOURS)}
    return render(
        TEMPLATES / "report.css",
        colours=COLOURS,
        on_dark=ON_DARK,
        variables=variables,
        num_models=num_models,
    )


def _drawn(figure: Figure, places: Mapping[str, int]) -> Markup:
    return Markup(inline_svg(figure.figure, figure.key, figure.finding, places))


def _columns(problem: Problem, found: Findings) -> dict[str, tuple[str, float | None]]:
    """Returns the metrics of the table, each with its header and best value."""
    columns = {}
    for column, header in metric_columns(problem).items():
        values = [round(row.mean[column], 4) for row in found.competing]
        columns[column] = (header, max(values, default=None))
    return columns


def _definitions(problem: Problem, found: Findings) -> dict[str, str]:
    metrics = dict.fromkeys(c.partition("@")[0] for c in metric_columns(problem))
    return {
        **{title_of(metric): DEFINITIONS[metric] for metric in metrics},
        "coverage": "The share of the catalogue in the lists of all tested users.",
        "training": f"Seconds of {timed_work(found.chose_epochs)}.",
        "parameters": "The number of learned values.",
    }


def _run(seconds: float, results: Sequence[Result]) -> dict[str, str]:
    known = environment()
    packages = ", ".join(f"{k} {v}" for k, v in known["packages"].items() if v)
    chosen = sum(result.selection_seconds for result in results if result.curve)
    more = f", {duration(chosen)} of it to choose epochs" if chosen else ""
    return {
        "finished": datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z"),
        "took": duration(seconds) + more,
        "machine": f"{known['cpus']} CPUs, {known['machine']}, {known['platform']}",
        "versions": f"Python {known['python']}, {packages}",
    }
