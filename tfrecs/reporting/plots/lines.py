"""Lines of metrics: by list length, by epochs of training, and by users' activity."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.means import by_cutoff, mean_of, means_by_activity
from tfrecs.evaluation.segments import SEGMENTS
from tfrecs.reporting.plots.canvas import LETTER, gid, new_axes, room_for, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import Colour, colours_of
from tfrecs.reporting.plots.names import name_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

ASIDE = 0.035
"""The distance on the axis between the intervals of two highlighted models."""


def metric_by_k(
    metrics: Mapping[str, Mapping[str, float]],
    metric: str,
    *,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws the metric at each of its cut-offs, with k on a log axis.

    Args:
        metrics: model to its metrics, such as `Evaluation.metrics`.
        metric: the name before the "@", such as "ndcg".
        highlighted: models in colour; None for the default ones, by the largest k.

    Raises:
        ValueError: if there are no models, or one has the metric at no cut-off.
    """
    lines = {model: by_cutoff(known, metric) for model, known in metrics.items()}
    for model, line in lines.items():
        if not line:
            raise ValueError(
                f"`metrics` must have {metric} at some cut-off, such as {metric}@10. "
                f"Received of {model}: {', '.join(metrics[model]) or 'none'}"
            )
    ends = {model: list(line.items())[-1] for model, line in lines.items()}
    colours = colours_of({m: value for m, (_, value) in ends.items()}, highlighted)
    with style():
        figure, axes = _line_axes("k, length of the list", metric, colours)
        for model, line in lines.items():
            _draw_line(axes, model, line.items(), colours[model])
        axes.set_xscale("log")
        axes.set(ylim=(0, None), xlim=axes.get_xlim())
        named = _apart(axes, sorted({k for line in lines.values() for k in line}))
        axes.set_xticks(named, [f"{k}" for k in named])
        axes.minorticks_off()
        name_lines(axes, ends, colours)
    return figure


def learning_curves(
    curves: Mapping[str, Mapping[int, float]],
    *,
    metric: str = "validation metric",
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a metric by epochs of training, on a log axis; a dot marks the best epoch.

    Args:
        curves: model to the metric after so many epochs, each from 1.
        metric: the name of the values, such as "validation ndcg@10".
        highlighted: models in colour; None for the default ones, by their best value.

    Raises:
        ValueError: if there are no models, or a curve has no epochs or one below 1.
    """
    for model, curve in curves.items():
        if not curve or min(curve) < 1:
            raise ValueError(
                "`curves` must have at least one epoch each, from 1. Received of "
                f"{model}: {list(curve)}"
            )
    colours = colours_of({m: max(c.values()) for m, c in curves.items()}, highlighted)
    lines = {model: sorted(curve.items()) for model, curve in curves.items()}
    with style():
        from matplotlib.ticker import LogLocator

        figure, axes = _line_axes("epochs of training (log scale)", metric, colours)
        for model, line in lines.items():
            best = max(range(len(line)), key=lambda place: line[place][1])
            drawn = _draw_line(axes, model, line, colours[model])
            size = 6 if colours[model].highlighted else 4
            drawn.set(marker="o", markersize=size, markevery=[best])
        axes.set_xscale("log", subs=[])
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
        name_lines(axes, {model: line[-1] for model, line in lines.items()}, colours)
    return figure


def metric_by_activity(
    evaluations: Mapping[str, Evaluation],
    train: Interactions,
    metric: str,
    *,
    bounds: tuple[int, int] | None = None,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a metric over new, light, medium and heavy users.

    Segments without test users are missing. Highlighted models have intervals.

    Args:
        evaluations: model to its evaluation; of several seeds, see `mean_over_seeds`.
        train: the training data of the models.
        metric: such as "ndcg@10", measured for each user.
        bounds: of the segments; see `tfrecs.evaluation.segments.activity`.
        highlighted: models in colour; None for the default ones, by all users.

    Raises:
        ValueError: if there are no models, one lacks the metric, or `train` is of other
            users.
    """
    values = {m: mean_of(found, metric).value for m, found in evaluations.items()}
    colours = colours_of(values, highlighted)
    means = {
        model: means_by_activity(found, train, metric, bounds)
        for model, found in evaluations.items()
    }
    segments = [name for name in SEGMENTS if any(name in x for x in means.values())]
    front = [model for model in colours if colours[model].highlighted]
    ends = {}
    with style():
        label = "users by interactions in training"
        figure, axes = _line_axes(label, metric, colours)
        for model, of_segments in means.items():
            place = front.index(model) - (len(front) - 1) / 2 if model in front else 0
            line = [
                (segments.index(name) + ASIDE * place, mean.value)
                for name, mean in of_segments.items()
            ]
            _draw_line(axes, model, line, colours[model])
            ends[model] = line[-1]
            if model in front:
                _, low, high = zip(*of_segments.values(), strict=True)
                x = [x for x, _ in line]
                bars = axes.vlines(x, low, high, color=colours[model].code, alpha=0.6)
                bars.set(linewidth=1.5, zorder=3, gid=gid(model))
        axes.set_xticks(range(len(segments)), segments)
        axes.set(ylim=(0, None), xlim=(-0.2, len(segments) - 0.8))
        axes.grid(visible=False, axis="x")
        name_lines(axes, ends, colours)
    return figure


def _line_axes(
    xlabel: str, metric: str, colours: Mapping[str, Colour]
) -> "tuple[Figure, Axes]":
    """Returns a figure and axes, with room for the highlighted names at the right."""
    front = (model for model, colour in colours.items() if colour.highlighted)
    return new_axes(xlabel, title(metric), right=room_for(front))


def _draw_line(
    axes: "Axes", model: str, points: Iterable[tuple[float, float]], colour: Colour
) -> "Line2D":
    """Draws a model's line, above the others if it is highlighted."""
    x, y = zip(*points, strict=True)
    [line] = axes.plot(x, y, color=colour.code, linestyle=colour.line, gid=gid(model))
    line.set_solid_capstyle("round")
    if colour.highlighted:
        line.set(linewidth=2.2, zorder=4, marker=colour.marker, markersize=6)
    else:
        line.set(linewidth=1.0, zorder=2, markersize=4)
        line.set(marker="none" if len(x) > 1 else colour.marker)
    return line


def _apart(axes: "Axes", cutoffs: Sequence[int]) -> list[int]:
    """Returns the cut-offs whose labels do not overlap, the largest one included."""
    per_point = axes.figure.dpi / 72
    named: list[int] = []
    room = float("inf")
    for k in reversed(cutoffs):
        x = float(axes.transData.transform((k, 0))[0]) / per_point
        half = (len(f"{k}") + 1) * LETTER / 2
        if x + half <= room:
            named.append(k)
            room = x - half
    return named[::-1]
