"""A metric by how much a model could learn of a user."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Evaluation
from tfrecs.evaluation.means import mean_of, means_by_activity
from tfrecs.evaluation.segments import SEGMENTS
from tfrecs.reporting.plots.canvas import draw_line, gid, new_axes, room_for, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import looks_of
from tfrecs.reporting.plots.names import name_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ASIDE = 0.035
"""How far the intervals of highlighted models stand beside each other."""


def metric_by_activity(
    evaluations: Mapping[str, Evaluation],
    train: Interactions,
    metric: str,
    *,
    bounds: tuple[int, int] | None = None,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a line for each model over users who are new, light, medium and heavy.

    Segments without tested users are left out. Highlighted models have intervals.

    Args:
        evaluations: model to its evaluation; of several seeds, see `mean_over_seeds`.
        train: what the models learned from.
        metric: such as "ndcg@10", measured for each user.
        bounds: of the segments; see `tfrecs.evaluation.segments.activity`.
        highlighted: models in colour; None for the default ones, by all users.

    Raises:
        ValueError: if there are no models, one lacks the metric, or `train` is of other
            users.
    """
    values = {m: mean_of(found, metric).value for m, found in evaluations.items()}
    looks = looks_of(values, highlighted)
    means = {
        model: means_by_activity(found, train, metric, bounds)
        for model, found in evaluations.items()
    }
    known = [
        name for name in SEGMENTS if any(name in found for found in means.values())
    ]
    front = [model for model in looks if looks[model].highlighted]
    with style():
        figure, axes = new_axes(
            "users by interactions in training", title(metric), right=room_for(front)
        )
        ends = {}
        for model, found in means.items():
            aside = (front.index(model) - (len(front) - 1) / 2) if model in front else 0
            x = [known.index(name) + ASIDE * aside for name in found]
            y = [mean.value for mean in found.values()]
            draw_line(axes, model, x, y, looks[model])
            ends[model] = (x[-1], y[-1])
            if model in front:
                low, high = ([mean[end] for mean in found.values()] for end in (1, 2))
                bars = axes.vlines(x, low, high, color=looks[model].colour, alpha=0.6)
                bars.set(linewidth=1.5, zorder=3, gid=gid(model))
        axes.set_xticks(range(len(known)), known)
        axes.set(ylim=(0, None), xlim=(-0.2, len(known) - 0.8))
        axes.grid(visible=False, axis="x")
        name_lines(axes, ends, looks)
    return figure
