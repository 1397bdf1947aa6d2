"""A metric against how long training takes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs.evaluation.means import frontier
from tfrecs.reporting.plots.canvas import TALL, new_axes, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import SOFT, check_measured, looks_of
from tfrecs.reporting.plots.names import name_points
from tfrecs.reporting.plots.points import draw_points, room_around

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

    Above and left of the dashed line there is no model: those at its corners are such
    that none is both faster and better.

    Args:
        metrics: model to its metrics, such as `Evaluation.metrics`.
        seconds: model to the seconds that its training took, above 0.
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
    looks = looks_of(values, highlighted)
    points = {model: (seconds[model], value) for model, value in values.items()}
    with style():
        figure, axes = new_axes(
            "seconds of training (log scale)", title(metric), height=TALL
        )
        axes.set_xscale("log")
        best = [points[model] for model in frontier(seconds, values)]
        x, y = np.reshape(best, (-1, 2)).T
        [line] = axes.plot(x, y, color=SOFT, linestyle=(0, (4, 4)), linewidth=1.0)
        line.set(drawstyle="steps-post", zorder=1, gid="frontier")
        draw_points(axes, points, looks)
        room_around(axes)
        _round_ticks(axes, [seconds[model] for model in points])
        name_points(axes, points, looks, around=steps(best))
    return figure


def steps(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along the dashed line, which names are not to stand upon."""
    found = []
    for (x, y), (to_x, to_y) in pairwise(corners):
        found += [(x * (to_x / x) ** (part / 20), y) for part in range(21)]
        found += [(to_x, y + (to_y - y) * part / 20) for part in range(21)]
    return found


def _round_ticks(axes: "Axes", seconds: Sequence[float]) -> None:
    """Names powers of ten, and what is between them where these are few."""
    from matplotlib.ticker import LogLocator

    least, most = min(seconds), max(seconds)
    if most < 4 * least:
        axes.set_xlim(least / 2, most * 2)  # or no round number might be within
    subs = (1, 2, 5) if most < 100 * least else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=7))
    axes.xaxis.set_major_formatter(_plain)
    axes.minorticks_off()


def _plain(value: float, _: object) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:.6f}".rstrip("0")
