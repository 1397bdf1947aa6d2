"""How much of the catalogue is recommended against how well."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfrecs.reporting.plots.canvas import TALL, new_axes, style
from tfrecs.reporting.plots.canvas import title_of as title
from tfrecs.reporting.plots.colours import check_measured, looks_of
from tfrecs.reporting.plots.names import name_points
from tfrecs.reporting.plots.points import draw_points, room_around

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        accuracy: what the default highlights are chosen by.
        coverage: the share of the catalogue that someone is recommended, or another
            metric of lists.
        highlighted: models in colour; None for the default ones.

    Raises:
        ValueError: if there are no models, or one lacks a metric.
    """
    for metric in (accuracy, coverage):
        check_measured(metrics, metric)
    values = {model: known[accuracy] for model, known in metrics.items()}
    looks = looks_of(values, highlighted)
    points = {m: (value, metrics[m][coverage]) for m, value in values.items()}
    with style():
        figure, axes = new_axes(title(accuracy), title(coverage), height=TALL)
        draw_points(axes, points, looks)
        room_around(axes)
        name_points(axes, points, looks)
    return figure
