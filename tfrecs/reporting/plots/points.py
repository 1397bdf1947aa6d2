"""Models as points: a metric by seconds of training, and coverage by accuracy."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs.evaluation.means import frontier
from tfrecs.reporting.plots.canvas import TALL, gid, new_axes, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import SOFT, Colour, check_measured, colours_of
from tfrecs.reporting.plots.names import Point, name_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def metric_by_seconds(
    metrics: Mapping[str, Mapping[str, float]],
    seconds: Mapping[str, float],
    metric: str,
    *,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a point for each model: seconds of training on a log axis, and the metric.

    The dashed line joins the models that no other one beats in both.

    Args:
        metrics: model to its metrics, such as `Evaluation.metrics`.
        seconds: model to the seconds of its training, above 0.
        metric: such as "ndcg@10".
        highlighted: models in colour; None for the default ones.

    Raises:
        ValueError: if there are no models, or one lacks the metric or its seconds.
    """
    check_measured(metrics, metric)
    for model in metrics:
        check_choice("model with seconds", model, seconds)
        if not 0 < seconds[model] < float("inf"):
            raise ValueError(
                "`seconds` must be finite and above 0. Received: "
                f"{seconds[model]!r} of {model}"
            )
    values = {model: known[metric] for model, known in metrics.items()}
    colours = colours_of(values, highlighted)
    points = {model: (seconds[model], value) for model, value in values.items()}
    best = [points[model] for model in frontier(seconds, values)]
    with style():
        label = "seconds of training (log scale)"
        figure, axes = new_axes(label, title(metric), height=TALL)
        axes.set_xscale("log")
        x, y = np.reshape(best, (-1, 2)).T
        [line] = axes.plot(x, y, color=SOFT, linestyle=(0, (4, 4)), linewidth=1.0)
        line.set(drawstyle="steps-post", zorder=1, gid="frontier")
        _draw_points(axes, points, colours)
        _round_ticks(axes, [x for x, _ in points.values()])
        name_points(axes, points, colours, around=_along(best))
    return figure


def coverage_by_accuracy(
    metrics: Mapping[str, Mapping[str, float]],
    *,
    accuracy: str = "ndcg@10",
    coverage: str = "coverage@10",
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a point for each model: accuracy to the right, coverage upwards.

    Args:
        metrics: model to its metrics, such as `Evaluation.metrics`.
        accuracy: the metric that chooses the default highlights.
        coverage: the share of the catalogue in all lists, or another metric of lists.
        highlighted: models in colour; None for the default ones.

    Raises:
        ValueError: if there are no models, or one lacks a metric.
    """
    for metric in (accuracy, coverage):
        check_measured(metrics, metric)
    values = {model: known[accuracy] for model, known in metrics.items()}
    colours = colours_of(values, highlighted)
    points = {m: (value, metrics[m][coverage]) for m, value in values.items()}
    with style():
        figure, axes = new_axes(title(accuracy), title(coverage), height=TALL)
        _draw_points(axes, points, colours)
        name_points(axes, points, colours)
    return figure


def _draw_points(
    axes: "Axes", points: Mapping[str, Point], colours: Mapping[str, Colour]
) -> None:
    """Draws the points, highlighted ones larger, and fixes limits with room for names.

    The scale of the axes must be final.
    """
    for model, (x, y) in points.items():
        colour = colours[model]
        [point] = axes.plot(
            [x], [y], colour.marker, color=colour.code, linestyle="none", gid=gid(model)
        )
        point.set(markersize=9 if colour.highlighted else 7, markeredgecolor="white")
        point.set_zorder(4 if colour.highlighted else 3)
    axes.margins(x=0.16, y=0.1)  # names are wider than high
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())


def _along(corners: Sequence[Point]) -> list[Point]:
    """Returns points along the dashed line, which names avoid."""
    found = []
    for (x, y), (to_x, to_y) in pairwise(corners):
        found += [(x * (to_x / x) ** (part / 20), y) for part in range(21)]
        found += [(to_x, y + (to_y - y) * part / 20) for part in range(21)]
    return found


def _round_ticks(axes: "Axes", seconds: Sequence[float]) -> None:
    """Labels powers of ten, and 2 and 5 times these where there are few."""
    from matplotlib.ticker import LogLocator

    least, most = min(seconds), max(seconds)
    if most < 4 * least:
        axes.set_xlim(least / 2, most * 2)  # or there might be no round number
    subs = (1, 2, 5) if most < 100 * least else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=7))
    axes.xaxis.set_major_formatter(_plain)
    axes.minorticks_off()


def _plain(value: float, _: object) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:.6f}".rstrip("0")
