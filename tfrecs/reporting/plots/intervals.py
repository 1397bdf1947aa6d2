"""Every model's mean and its interval."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.means import mean_of
from tfrecs.reporting.plots.canvas import (
    BOTTOM,
    TOP,
    gid,
    new_axes,
    room_for,
    shown,
    style,
)
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import SOFT, looks_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, WIDEST_ROW, FULL = 0.25, 0.5, 3.0
"""Inches of a model, of one where there are few, and of all such together."""


def metric_intervals(
    evaluations: Mapping[str, Evaluation],
    metric: str,
    *,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a row for each model: its mean over users and its interval, best on top.

    Intervals that do not overlap tell a difference. Those that do may tell one all the
    same, since the users are the same: see `Evaluation.compare`.

    Args:
        evaluations: model to its evaluation; of several seeds, see `mean_over_seeds`.
        metric: such as "ndcg@10", measured for each user.
        highlighted: models in colour; None for the default ones.

    Raises:
        ValueError: if there are no models, or one lacks the metric.
    """
    means = {model: mean_of(found, metric) for model, found in evaluations.items()}
    looks = looks_of({model: mean.value for model, mean in means.items()}, highlighted)
    ranked = sorted(means, key=lambda model: means[model].value)
    with style():
        figure, axes = new_axes(
            title(metric),
            "",
            left=room_for(ranked),
            height=BOTTOM + TOP + _rows(max(2, len(ranked))),
        )
        for row, model in enumerate(ranked):
            mean, look = means[model], looks[model]
            axes.plot(
                [mean.low, mean.high],
                [row, row],
                color=look.colour,
                linewidth=2.2 if look.highlighted else 1.5,
                solid_capstyle="butt",
                gid=gid(model),
            )
            axes.plot(
                [mean.value],
                [row],
                look.marker,
                color=look.colour,
                markersize=8 if look.highlighted else 6,
                gid=gid(model),
            )
        axes.set_yticks(range(len(ranked)), [shown(model) for model in ranked])
        axes.set_ylim(-0.6, max(2, len(ranked)) - 0.4)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        for label, model in zip(axes.get_yticklabels(), ranked, strict=True):
            look = looks[model]
            label.set(parse_math=False, gid=gid(model))
            label.set_color(look.colour if look.highlighted else SOFT)
            label.set_fontweight("bold" if look.highlighted else "normal")
    return figure


def _rows(number: int) -> float:
    """Inches of some rows."""
    return max(ROW * number, min(WIDEST_ROW * number, FULL))
