"""Every model's mean and its interval."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.means import Mean, mean_of
from tfrecs.reporting.plots import canvas
from tfrecs.reporting.plots.colours import SOFT, Colour, colours_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, WIDEST_ROW, FULL = 0.25, 0.5, 3.0
"""Inches of a row, of one among few, and of all rows that are among few."""


def metric_intervals(
    evaluations: Mapping[str, Evaluation],
    metric: str,
    *,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a row for each model: its mean over users and its interval, best on top.

    Models whose intervals do not overlap differ. Models whose intervals do overlap may
    differ too, since the users are the same: see `Evaluation.compare`.

    Args:
        evaluations: model to its evaluation; of several seeds, see `mean_over_seeds`.
        metric: such as "ndcg@10", measured for each user.
        highlighted: models in colour; None for the default ones.

    Raises:
        ValueError: if there are no models, or one lacks the metric.
    """
    means = {model: mean_of(found, metric) for model, found in evaluations.items()}
    colours = colours_of({model: x.value for model, x in means.items()}, highlighted)
    ranked = sorted(means, key=lambda model: means[model].value)
    rows = max(2, len(ranked))
    height = max(ROW * rows, min(WIDEST_ROW * rows, FULL))
    with canvas.style():
        figure, axes = canvas.new_axes(
            canvas.title_of(metric),
            "",
            left=canvas.room_for(ranked),
            height=canvas.BOTTOM + canvas.TOP + height,
        )
        axes.set_yticks(range(len(ranked)), [canvas.one_line(m) for m in ranked])
        for row, model in enumerate(ranked):
            _draw_row(axes, row, model, means[model], colours[model])
        axes.set_ylim(-0.6, rows - 0.4)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
    return figure


def _draw_row(axes: "Axes", row: int, model: str, mean: Mean, colour: Colour) -> None:
    width, size = (2.2, 8) if colour.highlighted else (1.5, 6)
    bar = axes.plot([mean.low, mean.high], [row, row], linewidth=width)
    point = axes.plot([mean.value], [row], colour.marker, markersize=size)
    for line in bar + point:
        line.set(color=colour.code, gid=canvas.gid(model), solid_capstyle="butt")
    label = axes.get_yticklabels()[row]
    label.set(parse_math=False, gid=canvas.gid(model))
    label.set_color(colour.code if colour.highlighted else SOFT)
    label.set_fontweight("bold" if colour.highlighted else "normal")
