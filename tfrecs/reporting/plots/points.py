"""Models as points of two numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tfrecs.reporting.plots.canvas import gid
from tfrecs.reporting.plots.colours import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_points(
    axes: "Axes", points: Mapping[str, tuple[float, float]], looks: Mapping[str, Look]
) -> None:
    """Draws a point for each model, highlighted ones larger and above."""
    for model, (x, y) in points.items():
        look = looks[model]
        [point] = axes.plot([x], [y], look.marker, color=look.colour, linestyle="none")
        point.set_gid(gid(model))
        point.set(markersize=9 if look.highlighted else 7)
        point.set(markeredgecolor="white", zorder=4 if look.highlighted else 3)


def room_around(axes: "Axes") -> None:
    """Fixes the limits with room for names around the points."""
    axes.margins(x=0.16, y=0.1)  # names are wider than high
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
