"""The page, put together."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from tfrecs._base.files import replaced_when_whole
from tfrecs.bench.measuring import LIST_LENGTH
from tfrecs.bench.problem import Problem
from tfrecs.bench.report.answer import answer
from tfrecs.bench.report.figures import figures
from tfrecs.bench.report.findings import Findings, find
from tfrecs.bench.report.lists import lists
from tfrecs.bench.report.markup import seconds_in_words, section, text
from tfrecs.bench.report.picker import picker
from tfrecs.bench.report.scores import scores_table
from tfrecs.bench.report.small_print import definitions, small_print
from tfrecs.bench.report.style import style_for
from tfrecs.bench.result import Result
from tfrecs.bench.results_file import environment
from tfrecs.reporting.pages import render_page
from tfrecs.reporting.text import clean

PARTS = {
    "answer": "The answer",
    "models": "All models",
    "figures": "Figures",
    "people": "Lists side by side",
    "meaning": "What the numbers mean",
    "run": "This run",
}
"""Keys of the page's parts and their headings, in order."""


def write_report(
    path: Path,
    problem: Problem,
    results: Sequence[Result],
    *,
    command: str,
    seconds: float,
) -> None:
    """Writes one page that needs nothing but itself, whole or not at all.

    Args:
        path: of the page.
        problem: data and protocol.
        results: of all models and seeds, failed ones too.
        command: what was run.
        seconds: how long all of it took.
    """
    page = report(problem, results, command=command, seconds=seconds)
    with replaced_when_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def report(
    problem: Problem, results: Sequence[Result], *, command: str, seconds: float
) -> str:
    """Gives the page's HTML."""
    found = find(problem, results)
    places = {row.model: place for place, row in enumerate(found.rows)}
    num_seeds = max((row.num_seeds for row in found.rows), default=1)
    protocol = problem.in_one_line.removeprefix(problem.dataset.name)
    name, question = clean(problem.dataset.name), "which recommender is best?"
    inside = {
        "answer": answer(problem, found, num_seeds),
        "models": scores_table(problem, found, places),
        "figures": _figures(problem, found, places),
        "people": _people(problem, found, places),
        "meaning": definitions(problem, found)
        + f"<h3>Small print</h3>{small_print(problem, found, num_seeds)}",
        "run": _run(command, seconds, results),
    }
    parts = "\n".join(section(key, PARTS[key], inside[key]) for key in PARTS)
    links = "".join(f'<li><a href="#{k}">{text(v)}</a></li>' for k, v in PARTS.items())
    notes = "".join(f"<p>Note: {text(note)}</p>" for note in problem.notes)
    body = f"""<a class="skip" href="#answer">Skip to the answer</a>
<header>
<h1><bdi>{text(name)}</bdi>: {question}</h1>
<div class="protocol"><p><bdi>{text(name)}</bdi>{text(protocol)}</p>{notes}</div>
<nav aria-label="Parts of this page"><ul>{links}</ul></nav>
</header>
<main>
{parts}
</main>
<footer><p>Written by tfrecs. This page loads nothing and runs nothing.</p></footer>"""
    return render_page(
        Path(__file__).parent / "templates/report.html",
        title=f"{name}: {question}",
        style=style_for(len(places)),
        body=Markup(body),
    )


def _figures(problem: Problem, found: Findings, places: dict[str, int]) -> str:
    drawn = f'<div class="figures">{figures(problem, found, places)}</div>'
    if len(found.rows) < 2:
        return drawn
    return picker(found.rows, found.highlighted, places) + drawn


def _people(problem: Problem, found: Findings, places: dict[str, int]) -> str:
    legend = (
        f"<p>A list is a model's first {LIST_LENGTH} items, or as many as are left. ✓ "
        "marks what the user had in the test data"
        f"{', which no model has seen' * problem.exclude_seen}.</p>"
    )
    return legend + lists(problem, found, places)


def _run(command: str, seconds: float, results: Sequence[Result]) -> str:
    known = environment("")
    packages = ", ".join(f"{k} {v}" for k, v in known["packages"].items() if v)
    chosen = sum(result.selection_seconds for result in results if result.curve)
    facts = {
        "finished": datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z"),
        "took": seconds_in_words(seconds)
        + (f", {seconds_in_words(chosen)} of it to choose epochs" if chosen else ""),
        "machine": f"{known['cpus']} CPUs, {known['machine']}, {known['platform']}",
        "versions": f"Python {known['python']}, {packages}",
    }
    rows = "".join(f"<dt>{text(k)}</dt><dd>{text(v)}</dd>" for k, v in facts.items())
    return (
        f"<dl class='terms'><dt>command</dt><dd><code>{text(command)}</code></dd>"
        f"{rows}</dl>"
    )
