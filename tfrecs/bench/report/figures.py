"""The figures that a report shows, of whatever there are numbers for."""

from collections.abc import Callable, Iterable, Mapping

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import Findings
from tfrecs.bench.report.markup import listed, seconds_in_words
from tfrecs.bench.report.shown import Shown, markup_of
from tfrecs.bench.report.words import (
    highest,
    interval,
    passes,
    what_seconds_are,
    who_covers,
)
from tfrecs.bench.result import ORACLE
from tfrecs.evaluation.means import (
    by_cutoff,
    frontier,
    mean_of,
    means_by_activity,
)
from tfrecs.reporting.plots import (
    coverage_by_accuracy,
    learning_curves,
    metric_by_activity,
    metric_by_k,
    metric_by_seconds,
    metric_intervals,
)
from tfrecs.reporting.plots.canvas import title_of
from tfrecs.reporting.plots.colours import FEW, LOOKS


def figures(problem: Problem, found: Findings, places: Mapping[str, int]) -> str:
    """Gives all figures that the results have numbers for."""
    if not found.rows:
        return "<p>Nothing to draw.</p>"
    shown = (make(problem, found) for make in FIGURES)
    return "\n".join(
        markup_of(figure, places) for figure in shown if figure is not None
    )


def _intervals(problem: Problem, found: Findings) -> Shown:
    metric = found.metric
    means = {row.model: mean_of(row.evaluation, metric) for row in found.rows}
    best, *others = [row.model for row in found.competing or found.rows]
    first, together = means[best], found.best_together or [best]
    near = sum(means[model].high >= first.low for model in others)
    reach = f"; intervals of {near} of {len(others)} others reach into its own"
    return Shown(
        key="intervals",
        heading=f"{title_of(metric)} and how sure it is",
        finding=(
            f"{listed(together)} {'are' if len(together) > 1 else 'is'} highest with "
            f"{interval(first)}{reach if others and found.num_users > 1 else ''}."
        ),
        reading=(
            "A point is the mean over users, the bar its 95% interval. Two models whose"
            " bars overlap may still differ, as they are measured on the same users."
            + " The table has the tests."
            * bool(found.to_baseline)
            if found.num_users > 1
            else "A point is the value of the one user, who has no interval."
        ),
        figure=metric_intervals(
            {row.model: row.evaluation for row in found.rows},
            metric,
            highlighted=found.highlighted,
        ),
        headers=("model", title_of(metric), "from", "to"),
        numbers=[(m, *_decimals(mean)) for m, mean in means.items()],
    )


def _by_k(problem: Problem, found: Findings) -> Shown | None:
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
    return Shown(
        key="by-k",
        heading="Longer and shorter lists",
        finding=f"Best NDCG: {'; '.join(spans)}.",
        reading=(
            "NDCG at k looks at the first k items. It can fall with k while users have "
            "more test items than k, and cannot when lists are longer than that."
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


def _by_seconds(problem: Problem, found: Findings) -> Shown | None:
    rows = [row for row in found.rows if row.seconds > 0 and row.model != ORACLE]
    if not rows:
        return None
    seconds = {row.model: row.seconds for row in rows}
    values = {row.model: row.summary.mean[found.metric] for row in rows}
    best = [
        f"{model} ({seconds_in_words(seconds[model])}, {values[model]:.3f})"
        for model in frontier(seconds, values)
    ]
    return Shown(
        key="by-seconds",
        heading="What time buys",
        finding=f"No model is both faster and better than {listed(best)}.",
        reading=(
            "Up is better, left is faster. The dashed steps are the best that a given "
            f"time buys. Seconds are of {what_seconds_are(found)}, on this machine."
        ),
        figure=metric_by_seconds(
            {row.model: row.summary.mean for row in rows},
            seconds,
            found.metric,
            highlighted=found.highlighted,
        ),
        headers=("model", "seconds", title_of(found.metric)),
        numbers=[(m, f"{seconds[m]:.4g}", f"{values[m]:.4f}") for m in seconds],
    )


def _coverage(problem: Problem, found: Findings) -> Shown | None:
    rows = [row for row in found.rows if by_cutoff(row.shape, "coverage")]
    if not rows:
        return None
    cutoffs = by_cutoff(rows[0].shape, "coverage")
    k = max((k for k in cutoffs if k <= 10), default=min(cutoffs))
    accuracy, coverage = f"ndcg@{k}", f"coverage@{k}"
    rows = [row for row in rows if {accuracy, coverage} <= set(row.shape)]
    if not rows:
        return None
    head = f"head_share@{k}"
    return Shown(
        key="coverage",
        heading="How much of the catalogue is seen",
        finding=who_covers(
            {r.model: r.shape[coverage] for r in rows if r.model != ORACLE},
            {r.model: r.shape[accuracy] for r in rows if r.model != ORACLE},
        ),
        reading=(
            f"Right is more accurate. Up is more of the catalogue: the share of all "
            f"items that stand in the first {k} of at least one tested user."
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


def _activity(problem: Problem, found: Findings) -> Shown:
    metric, train = found.metric, problem.train
    means = {
        row.model: means_by_activity(row.evaluation, train, metric)
        for row in found.rows
    }
    segments = list(means[found.rows[0].model])
    told = [
        f"{model} has "
        + listed(
            [f"{mean.value:.3f} for {s} users" for s, mean in means[model].items()]
        )
        for model in dict.fromkeys([found.best or found.rows[0].model, found.baseline])
        if model is not None
    ]
    return Shown(
        key="activity",
        heading="For whom it is good",
        finding=f"{'; '.join(told)}.",
        reading=(
            "Light, medium and heavy users are thirds by the number of their "
            "interactions in training, as nearly as equal numbers allow. Compare models"
            " within a group: users of another have other test items. Bars are 95% "
            "intervals, of groups of two users or more."
        ),
        figure=metric_by_activity(
            {row.model: row.evaluation for row in found.rows},
            train,
            metric,
            highlighted=found.highlighted,
        ),
        headers=("model", *segments),
        numbers=[
            (
                model,
                *(interval(x, 4) for x in of.values()),
            )
            for model, of in means.items()
        ],
    )


def _curves(problem: Problem, found: Findings) -> Shown | None:
    curves = {row.model: row.curve for row in found.rows if row.curve}
    if not curves:
        return None
    best = {model: max(c, key=lambda p: c[p]) for model, c in curves.items()}
    quick, slow = min(best, key=best.__getitem__), max(best, key=best.__getitem__)
    if best[quick] == best[slow]:
        told = f"Best after {passes(best[quick])} for {listed([*best])}."
    else:
        told = f"Best after {passes(best[quick])} for {quick}, {best[slow]} for {slow}."
    return Shown(
        key="curves",
        heading="How they learn",
        finding=told,
        reading=(
            "While the number of passes was chosen: trained on nine tenths of train, "
            f"{title_of(found.metric)} on the other tenth. A dot is the best pass, as "
            "long as which the model was trained again on all of train."
            + " Curves are of each model's first seed."
            * any(row.num_seeds > 1 for row in found.rows)
        ),
        figure=learning_curves(
            curves,
            metric=f"validation {found.metric}",
            highlighted=_highlighted_of(curves, found),
        ),
        headers=("model", "best pass", f"validation {title_of(found.metric)}"),
        numbers=[(m, f"{best[m]}", f"{c[best[m]]:.4f}") for m, c in curves.items()],
    )


def _highlighted_of(curves: Iterable[str], found: Findings) -> list[str]:
    """With a curve that is named: all where they are few, else the best if none is."""
    known = [*curves]
    others = [model for model in known if model not in found.highlighted]
    if len(known) <= FEW:
        more = others
    else:
        more = others[:1] if len(others) == len(known) else []
    return [*found.highlighted, *more][: len(LOOKS)]


def _decimals(values: Iterable[float]) -> list[str]:
    return ["" if value != value else f"{value:.4f}" for value in values]


FIGURES: tuple[Callable[[Problem, Findings], Shown | None], ...] = (
    _intervals,
    _by_seconds,
    _by_k,
    _activity,
    _coverage,
    _curves,
)
