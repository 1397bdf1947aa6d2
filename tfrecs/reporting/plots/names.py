"""Names of models beside their lines and points, none upon another."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tfrecs.reporting.plots.canvas import LETTER, TEXT, gid, shown
from tfrecs.reporting.plots.colours import SOFT, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = 1.25 * TEXT
"""Points from a line of text to the next."""

AWAY = 9.0
"""Points from a point to its name."""


def name_lines(
    axes: "Axes", ends: Mapping[str, tuple[float, float]], looks: Mapping[str, Look]
) -> None:
    """Names the highlighted lines at the right of the axes, each at its end's height.

    Args:
        axes: whose limits are final.
        ends: model to the last point of its line.
        looks: of each model.
    """
    models = [model for model in ends if looks[model].highlighted]
    to_points = axes.transData.transform
    per_point = axes.figure.dpi / 72
    box = axes.get_window_extent()
    heights = [float(to_points(ends[model])[1]) / per_point for model in models]
    low, high = box.y0 / per_point + LINE / 2, box.y1 / per_point - LINE / 2
    for model, y in zip(models, spread(heights, LINE, low, high), strict=True):
        text = axes.annotate(
            shown(model),
            xy=(1.0, (y * per_point - box.y0) / box.height),
            xycoords="axes fraction",
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=looks[model].colour,
            fontweight="bold",
            annotation_clip=False,
            parse_math=False,
        )
        text.set_gid(gid(model))


def spread(
    heights: Sequence[float], gap: float, low: float, high: float
) -> list[float]:
    """Moves heights apart, as little as it can, until a gap lies between any two.

    Those that cannot be `gap` apart between `low` and `high` stand evenly there.

    Example:
        >>> spread([5, 5, 50], 10, 0, 100)
        [0.0, 10.0, 50.0]
    """
    if not heights:
        return []
    gap = min(gap, (high - low) / max(1, len(heights) - 1))
    order = np.argsort(heights, kind="stable")
    groups: list[
        list[float]
    ] = []  # wishes of neighbours that touch, each minus its gap
    for wish in np.asarray(heights, dtype=float)[order]:
        groups.append([float(wish)])
        while len(groups) > 1 and _start(groups[-2], gap, low) + gap * len(
            groups[-2]
        ) > _start(groups[-1], gap, low):
            last = groups.pop()
            groups[-1] += last
    placed = [
        _start(group, gap, low) + gap * place
        for group in groups
        for place in range(len(group))
    ]
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], high - gap * (len(placed) - 1 - place))
    found = np.empty(len(placed))
    found[order] = placed
    return found.tolist()


def _start(wishes: list[float], gap: float, low: float) -> float:
    """Where a group starts, so that its wishes are met on average."""
    mean = sum(wish - gap * place for place, wish in enumerate(wishes)) / len(wishes)
    return max(low, mean)


class Box(NamedTuple):
    """A part of the figure, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Whether some of it is in another."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def within(self, other: "Box") -> bool:
        """Whether all of it is in another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


def name_points(
    axes: "Axes",
    points: Mapping[str, tuple[float, float]],
    looks: Mapping[str, Look],
    around: Sequence[tuple[float, float]] = (),
) -> None:
    """Names points where there is room beside them, highlighted ones first.

    A highlighted one is named in any case.

    Args:
        axes: whose limits are final.
        points: model to its point.
        looks: of each model.
        around: other points that names leave free where they can.
    """
    per_point = axes.figure.dpi / 72
    places = {
        model: tuple(axes.transData.transform(point) / per_point)
        for model, point in points.items()
    }
    others = axes.transData.transform(np.reshape(around, (-1, 2))) / per_point
    box = axes.get_window_extent()
    inside = Box(*(edge / per_point for edge in (box.x0, box.y0, box.x1, box.y1)))
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in places.values()]
    taken += [Box(x - 1, y - 1, x + 1, y + 1) for x, y in others]
    for model in sorted(points, key=lambda model: not looks[model].highlighted):
        look = looks[model]
        size = len(shown(model)) * LETTER * (1.1 if look.highlighted else 1)
        sides = [_beside(places[model], size, *side) for side in _SIDES]
        met = [_met(side, inside, taken) for side in sides]
        place = min(range(len(sides)), key=met.__getitem__)
        if met[place] and not look.highlighted:
            continue
        taken.append(sides[place])
        _write(axes, model, points[model], _SIDES[place], look)


_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Where a name may stand: to the right and left, above and below, and between."""


def _met(side: Box, inside: Box, taken: Sequence[Box]) -> float:
    """How many others a name would stand upon; no name stands outside."""
    return sum(map(side.meets, taken)) if side.within(inside) else np.inf


def _beside(point: tuple[float, ...], width: float, right: int, up: int) -> Box:
    x, y = point[0] + right * AWAY, point[1] + up * AWAY * 1.3
    left = x if right > 0 else x - width if right < 0 else x - width / 2
    return Box(left, y - LINE / 2, left + width, y + LINE / 2)


def _write(
    axes: "Axes",
    model: str,
    point: tuple[float, float],
    side: tuple[int, int],
    look: Look,
) -> None:
    right, up = side
    text = axes.annotate(
        shown(model),
        xy=point,
        xytext=(right * AWAY, up * AWAY * 1.3),
        textcoords="offset points",
        ha={1: "left", -1: "right", 0: "center"}[right],
        va="center",
        color=look.colour if look.highlighted else SOFT,
        fontweight="bold" if look.highlighted else "normal",
        parse_math=False,
        zorder=5,
    )
    text.set_gid(gid(model))
