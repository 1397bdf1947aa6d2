"""The figures of a report, as far as the results have numbers for them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import Findings
from tfrecs.bench.report.words import duration, highest, interval, listed, timed_work
from tfrecs.bench.result import ORACLE
from tfrecs.evaluation.means import by_cutoff, frontier, mean_of, means_by_activity
from tfrecs.reporting.plots import (
    coverage_by_accuracy,
    learning_curves,
    metric_by_activity,
    metric_by_k,
    metric_by_seconds,
    metric_intervals,
)
from tfrecs.reporting.plots.canvas import title_of
from tfrecs.reporting.plots.colours import COLOURS, FEW

if TYPE_CHECKING:
    import matplotlib.figure


@dataclass(frozen=True)
class Figure:
    """A figure of the page, its result in words, how to read it, and its numbers.

    The key is a prefix of its ids. The numbers are texts, a row for each model.
    """

    key: str
    heading: str
    finding: str
    reading: str
    figure: "matplotlib.figure.Figure"
    headers: Sequence[str]
    numbers: Sequence[Sequence[str]]


def figures(problem: Problem, found: Findings) -> list[Figure]:
    """Returns all figures that the results have numbers for."""
    if not found.rows:
        return []
    made = (make(problem, found) for make in FIGURES)
    return [figure for figure in made if figure is not None]


def _intervals(problem: Problem, found: Findings) -> Figure:
    metric = found.metric
    means = {row.model: mean_of(row.evaluation, metric) for row in found.rows}
    best, *others = [row.model for row in found.competing or found.rows]
    first, together = means[best], found.best_together or [best]
    verb = "are" if len(together) > 1 else "is"
    finding = f"{listed(together)} {verb} highest with {interval(first)}"
    reading = "A point is the value of the one user, who has no interval."
    if found.num_users > 1:
        reading = (
            "A point is the mean over users, the bar its 95% interval. Two models with "
            "overlapping bars can still differ, as they are tested on the same users."
        )
        if found.to_baseline:
            reading += " The table has the tests."
        if others:
            near = sum(means[model].high >= first.low for model in others)
            finding += f"; intervals of {near} of {len(others)} others overlap it"
    return Figure(
        key="intervals",
        heading=f"{title_of(metric)} and its uncertainty",
        finding=f"{finding}.",
        reading=reading,
        figure=metric_intervals(
            {row.model: row.evaluation for row in found.rows},
            metric,
            highlighted=found.highlighted,
        ),
        headers=("model", title_of(metric), "from", "to"),
        numbers=[(m, *_decimals(mean)) for m, mean in means.items()],
    )


def _by_seconds(problem: Problem, found: Findings) -> Figure | None:
    rows = [row for row in found.rows if row.seconds > 0 and row.model != ORACLE]
    if not rows:
        return None
    seconds = {row.model: row.seconds for row in rows}
    values = {row.model: row.mean[found.metric] for row in rows}
    best = [
        f"{model} ({duration(seconds[model])}, {values[model]:.3f})"
        for model in frontier(seconds, values)
    ]
    return Figure(
        key="by-seconds",
        heading="Accuracy by training time",
        finding=f"No model is both faster and better than {listed(best)}.",
        reading=(
            "Up is better, left is faster. The dashed steps are the best value within "
            f"a given time. Seconds, on this machine, are of "
            f"{timed_work(found.chose_epochs)}."
        ),
        figure=metric_by_seconds(
            {row.model: row.mean for row in rows},
            seconds,
            found.metric,
            highlighted=found.highlighted,
        ),
        headers=("model", "seconds", title_of(found.metric)),
        numbers=[(m, f"{seconds[m]:.4g}", f"{values[m]:.4f}") for m in seconds],
    )


def _by_k(problem: Problem, found: Findings) -> Figure | None:
    lines = {row.model: by_cutoff(row.shape, "ndcg") for row in found.rows}
    lines = {model: line for model, line in lines.items() if line}
    if not lines:
        return None
    cutoffs = sorted({k for line in lines.values() for k in line})
    fair = {model: line for model, line in lines.items() if model != ORACLE} or lines
    best = {k: highest({m: x[k] for m, x in fair.items() if k in x}) for k in cutoffs}
    spans = (
        f"{leaders} at k = {listed([f'{k}' for k in cutoffs if best[k] == leaders])}"
        for leaders in dict.fromkeys(best.values())
    )
    return Figure(
        key="by-k",
        heading="Shorter and longer lists",
        finding=f"Best NDCG: {'; '.join(spans)}.",
        reading=(
            "NDCG at k is computed on the first k items. It can fall with k only while "
            "users have more than k test items."
        ),
        figure=metric_by_k(
            {m: found.row(m).shape for m in lines},
            "ndcg",
            highlighted=found.highlighted,
        ),
        headers=("model", *(f"k = {k}" for k in cutoffs)),
        numbers=[
            (m, *_decimals(line.get(k, float("nan")) for k in cutoffs))
            for m, line in lines.items()
        ],
    )


def _activity(problem: Problem, found: Findings) -> Figure:
    metric, train = found.metric, problem.train
    means = {
        row.model: means_by_activity(row.evaluation, train, metric)
        for row in found.rows
    }
    segments = list(means[found.rows[0].model])
    values = {
        model: [f"{mean.value:.3f} for {s} users" for s, mean in segment_means.items()]
        for model, segment_means in means.items()
    }
    named = dict.fromkeys([found.best or found.rows[0].model, found.baseline])
    findings = [f"{m} has {listed(values[m])}" for m in named if m is not None]
    return Figure(
        key="activity",
        heading="Light and heavy users",
        finding=f"{'; '.join(findings)}.",
        reading=(
            "Light, medium and heavy users are thirds of the users by the number of "
            "their training interactions, as nearly as equal numbers allow. Compare "
            "models within a group: the test items differ between groups. Bars are 95% "
            "intervals, for groups of at least two users."
        ),
        figure=metric_by_activity(
            {row.model: row.evaluation for row in found.rows},
            train,
            metric,
            highlighted=found.highlighted,
        ),
        headers=("model", *segments),
        numbers=[(m, *(interval(x, 4) for x in s.values())) for m, s in means.items()],
    )


def _coverage(problem: Problem, found: Findings) -> Figure | None:
    rows = [row for row in found.rows if by_cutoff(row.shape, "coverage")]
    if not rows:
        return None
    cutoffs = by_cutoff(rows[0].shape, "coverage")
    k = max((k for k in cutoffs if k <= 10), default=min(cutoffs))
    accuracy, coverage, head = f"ndcg@{k}", f"coverage@{k}", f"head_share@{k}"
    rows = [row for row in rows if {accuracy, coverage} <= set(row.shape)]
    if not rows:
        return None
    return Figure(
        key="coverage",
        heading="Coverage of the catalogue",
        finding=_widest(
            {r.model: r.shape[coverage] for r in rows if r.model != ORACLE},
            {r.model: r.shape[accuracy] for r in rows if r.model != ORACLE},
        ),
        reading=(
            f"Right is more accurate. Up is more of the catalogue: the share of all "
            f"items among the first {k} of at least one tested user."
        ),
        figure=coverage_by_accuracy(
            {row.model: row.shape for row in rows},
            accuracy=accuracy,
            coverage=coverage,
            highlighted=found.highlighted,
        ),
        headers=("model", title_of(accuracy), title_of(coverage), "popular items"),
        numbers=[
            (
                row.model,
                *_decimals((row.shape[accuracy], row.shape[coverage])),
                f"{row.shape[head]:.0%}" if head in row.shape else "",
            )
            for row in rows
        ],
    )


def _widest(coverage: dict[str, float], accuracy: dict[str, float]) -> str:
    """Names the models with the highest coverage, and that of the most accurate."""
    if not coverage:
        return "Only the oracle was measured."
    widest, most = highest(coverage), max(coverage.values())
    verb = "recommends" if widest in coverage else "recommend"
    finding = f"{widest} {verb} the most of the catalogue, {most:.0%} of it"
    accurate = max(accuracy, key=accuracy.__getitem__)
    if coverage[accurate] == most:
        return f"{finding}."
    return f"{finding}; the most accurate, {accurate}, {coverage[accurate]:.0%}."


def _curves(problem: Problem, found: Findings) -> Figure | None:
    curves = {r.model: r.first.curve for r in found.rows if r.first.curve}
    if not curves:
        return None
    best = {model: max(c, key=lambda p: c[p]) for model, c in curves.items()}
    quick, slow = min(best, key=best.__getitem__), max(best, key=best.__getitem__)
    finding = f"Best after {best[quick]} epoch{'' if best[quick] == 1 else 's'} for "
    if best[quick] == best[slow]:
        finding += listed([*best])
    else:
        finding += f"{quick}, {best[slow]} for {slow}"
    several = any(row.num_seeds > 1 for row in found.rows)
    return Figure(
        key="curves",
        heading="Learning curves",
        finding=f"{finding}.",
        reading=(
            f"The choice of the number of epochs: {title_of(found.metric)} on "
            f"{problem.held_out}, of models trained on the rest. A dot is the best "
            "epoch, and the model was trained again for as many epochs on all of train."
            + " Curves are of each model's first seed."
            * several
        ),
        figure=learning_curves(
            curves,
            metric=f"validation {found.metric}",
            highlighted=_highlighted_of(curves, found),
        ),
        headers=("model", "best epoch", f"validation {title_of(found.metric)}"),
        numbers=[(m, f"{best[m]}", f"{c[best[m]]:.4f}") for m, c in curves.items()],
    )


def _highlighted_of(curves: Iterable[str], found: Findings) -> list[str]:
    """Returns the highlighted models, with others so that some curve has a name."""
    known = [*curves]
    others = [model for model in known if model not in found.highlighted]
    if len(known) > FEW:
        others = others[:1] if len(others) == len(known) else []
    return [*found.highlighted, *others][: len(COLOURS)]


def _decimals(values: Iterable[float]) -> list[str]:
    return ["" if value != value else f"{value:.4f}" for value in values]


FIGURES: tuple[Callable[[Problem, Findings], Figure | None], ...] = (
    _intervals,
    _by_seconds,
    _by_k,
    _activity,
    _coverage,
    _curves,
)
