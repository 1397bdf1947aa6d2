"""A metric against the length of the list."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.evaluation.means import by_cutoff
from tfrecs.reporting.plots.canvas import LETTER, draw_line, new_axes, room_for, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import looks_of
from tfrecs.reporting.plots.names import name_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def metric_by_k(
    metrics: Mapping[str, Mapping[str, float]],
    metric: str,
    *,
    highlighted: Sequence[str] | None = None,
) -> "Figure":
    """Draws a line for each model: the metric at each of its cut-offs, k on a log axis.

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
    looks = looks_of({model: value for model, (_, value) in ends.items()}, highlighted)
    cutoffs = sorted({k for line in lines.values() for k in line})
    with style():
        right = room_for([m for m in looks if looks[m].highlighted])
        figure, axes = new_axes("k, length of the list", title(metric), right=right)
        for model, line in lines.items():
            draw_line(axes, model, [*line], [*line.values()], looks[model])
        axes.set_xscale("log")
        axes.set(ylim=(0, None), xlim=axes.get_xlim())
        named = _apart(axes, cutoffs)
        axes.set_xticks(named, [f"{k}" for k in named])
        axes.minorticks_off()
        name_lines(axes, ends, looks)
    return figure


def _apart(axes: "Axes", cutoffs: Sequence[int]) -> list[int]:
    """The cut-offs that can be named, the largest first, none upon another."""
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
