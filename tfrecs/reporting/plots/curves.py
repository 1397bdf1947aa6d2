"""How models get better as they train."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.reporting.plots.canvas import draw_line, new_axes, room_for, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import looks_of
from tfrecs.reporting.plots.names import name_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_curves(
    curves: Mapping[str, Mapping[int, float]],
    *,
    metric: str = "validation metric",
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a line for each model: passes over the data, log axis, and a metric.

    A dot is at the best pass of each.

    Args:
        curves: model to the metric after so many passes, each from 1.
        metric: what the values are, such as "validation ndcg@10".
        highlighted: models in colour; None for the default ones, by their best value.

    Raises:
        ValueError: if there are no models, or a curve has no points or a pass below 1.
    """
    for model, curve in curves.items():
        if not curve or min(curve) < 1:
            raise ValueError(
                "`curves` must have at least one pass each, from 1. Received of "
                f"{model}: {list(curve)}"
            )
    looks = looks_of({m: max(c.values()) for m, c in curves.items()}, highlighted)
    lines = {model: sorted(curve.items()) for model, curve in curves.items()}
    with style():
        from matplotlib.ticker import LogLocator

        right = room_for([m for m in looks if looks[m].highlighted])
        figure, axes = new_axes(
            "passes over the training data (log scale)", title(metric), right=right
        )
        for model, line in lines.items():
            x, y = ([*map(float, side)] for side in zip(*line, strict=True))
            draw_line(axes, model, x, y, looks[model])
            best = max(range(len(y)), key=y.__getitem__)
            axes.lines[-1].set_markevery([best])
            axes.lines[-1].set(
                marker="o", markersize=6 if looks[model].highlighted else 4
            )
        axes.set_xscale("log", subs=[])
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
        name_lines(axes, {model: line[-1] for model, line in lines.items()}, looks)
    return figure
