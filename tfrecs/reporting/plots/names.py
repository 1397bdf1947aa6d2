"""Names of models beside their lines and points, without overlaps."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.optimize import isotonic_regression

from tfrecs.reporting.plots.canvas import LETTER, TEXT, gid, one_line
from tfrecs.reporting.plots.colours import SOFT, Colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

Point: TypeAlias = tuple[float, float]

LINE = 1.25 * TEXT
"""Points from a line of text to the next."""

AWAY = 9.0
"""Points from a point to its name."""

SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""The places of a name: to the right and left, above and below, and between."""


def name_lines(
    axes: "Axes", ends: Mapping[str, Point], colours: Mapping[str, Colour]
) -> None:
    """Names the highlighted lines at the right of the axes, near their ends.

    The limits of the axes must be final.
    """
    models = [model for model in ends if colours[model].highlighted]
    line = LINE * axes.figure.dpi / 72
    box = axes.get_window_extent()
    heights = [float(axes.transData.transform(ends[model])[1]) for model in models]
    placed = spread(heights, line, box.y0 + line / 2, box.y1 - line / 2)
    for model, y in zip(models, placed, strict=True):
        place = (1.0, (y - box.y0) / box.height)
        _write(axes, model, colours[model], place, (8, 0), xycoords="axes fraction")


def spread(
    heights: Sequence[float], gap: float, low: float, high: float
) -> list[float]:
    """Moves heights apart, as little as possible, to at least `gap` between any two.

    Heights that cannot be `gap` apart between `low` and `high` are spread evenly.

    Example:
        >>> spread([5, 5, 50], 10, 0, 100)
        [0.0, 10.0, 50.0]
    """
    if not heights:
        return []
    gap = min(gap, (high - low) / max(1, len(heights) - 1))
    order = np.argsort(heights, kind="stable")
    gaps = gap * np.arange(len(heights))
    starts = isotonic_regression(np.asarray(heights, float)[order] - gaps).x
    found = np.empty(len(heights))
    found[order] = np.clip(starts, low, max(low, high - gaps[-1])) + gaps
    return found.tolist()


def name_points(
    axes: "Axes",
    points: Mapping[str, Point],
    colours: Mapping[str, Colour],
    around: Sequence[Point] = (),
) -> None:
    """Names points where there is room beside them, highlighted ones first and always.

    Names avoid the points `around` too. The limits of the axes must be final.
    """
    from matplotlib.transforms import Bbox

    per_point = axes.figure.dpi / 72
    inside = Bbox(axes.get_window_extent().get_points() / per_point)
    places = axes.transData.transform(list(points.values())) / per_point
    others = axes.transData.transform(np.reshape(around, (-1, 2))) / per_point
    taken = [Bbox([place - 5, place + 5]) for place in places]
    taken += [Bbox([place - 1, place + 1]) for place in others]
    ranked = sorted(
        zip(points, places, strict=True), key=lambda x: not colours[x[0]].highlighted
    )
    for model, place in ranked:
        colour = colours[model]
        width = len(one_line(model)) * LETTER * (1.1 if colour.highlighted else 1)
        boxes = [Bbox(_beside(place, width, *side)) for side in SIDES]
        overlaps = [_overlaps(box, inside, taken) for box in boxes]
        best = min(range(len(SIDES)), key=overlaps.__getitem__)
        if colour.highlighted or not overlaps[best]:
            taken.append(boxes[best])
            right, up = SIDES[best]
            offset = (right * AWAY, up * AWAY * 1.3)
            _write(axes, model, colour, points[model], offset)


def _overlaps(box: "Bbox", inside: "Bbox", taken: "Sequence[Bbox]") -> float:
    """Returns the number of boxes that overlap one; inf if it is not inside."""
    is_inside = inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1)
    return box.count_overlaps(taken) if is_inside else np.inf


def _beside(place: Any, width: float, right: int, up: int) -> list[Point]:
    """Returns the corners of a name's box, in points."""
    x, y = place[0] + right * AWAY, place[1] + up * AWAY * 1.3
    left = x - width * (1 - right) / 2
    return [(left, y - LINE / 2), (left + width, y + LINE / 2)]


def _write(
    axes: "Axes",
    model: str,
    colour: Colour,
    place: Point,
    offset: Point,
    xycoords: str = "data",
) -> None:
    """Writes a name at an offset in points, whose sign is the side."""
    axes.annotate(
        one_line(model),
        xy=place,
        xycoords=xycoords,
        xytext=offset,
        textcoords="offset points",
        ha={1: "left", -1: "right", 0: "center"}[int(np.sign(offset[0]))],
        va="center",
        color=colour.code if colour.highlighted else SOFT,
        fontweight="bold" if colour.highlighted else "normal",
        annotation_clip=False,
        parse_math=False,
        zorder=5,
        gid=gid(model),
    )
