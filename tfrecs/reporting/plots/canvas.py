"""An empty figure, and the small things that all figures share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tfrecs.reporting.plots.colours import FAINT, INK, SOFT, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT = 12.0
"""Points of text. A figure is `WIDTH` inches, so that a page can show it whole, or at
five sixths of its size, with letters of 10 pixels."""

WIDTH, HEIGHT, TALL = 6.0, 3.8, 4.4
LEFT, BOTTOM, TOP = 1.0, 0.62, 0.2
"""Inches of a figure, of one with many names in it, and of the margins around axes."""

LETTER = 0.54 * TEXT
"""Points that a letter is wide, on average and generously."""

LONGEST = 24
"""Letters of a model's name that are shown."""

_STYLE: dict[Any, Any] = {
    "font.size": TEXT,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 1.0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "grid.color": FAINT,
    "grid.linewidth": 1.0,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "figure.facecolor": "white",
    "figure.dpi": 100,
}


@contextmanager
def style() -> Iterator[None]:
    """Draws as the figures of this package, whatever was set, and sets it back.

    Raises:
        ImportError: if Matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            "Figures are drawn by Matplotlib, which is not installed: "
            "pip install 'tfrecs[bench]'"
        ) from error
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def new_axes(
    xlabel: str,
    ylabel: str,
    *,
    right: float = 0.2,
    left: float = LEFT,
    height: float = HEIGHT,
) -> "tuple[Figure, Axes]":
    """Gives a figure and its only axes, margins in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    box = (left, BOTTOM, WIDTH - left - right, height - BOTTOM - TOP)
    share = (box[0] / WIDTH, box[1] / height, box[2] / WIDTH, box[3] / height)
    axes = figure.add_axes(share)
    axes.set_xlabel(xlabel, parse_math=False)
    axes.set_ylabel(ylabel, parse_math=False)
    axes.tick_params(length=0, pad=6)
    axes.locator_params(nbins=6)
    return figure, axes


def room_for(names: "list[str]") -> float:
    """Inches that the longest of some names takes, and space around it."""
    longest = max((min(len(name), LONGEST) for name in names), default=0)
    return 0.3 + longest * LETTER / 72


def shown(name: str) -> str:
    """A model's name as a figure shows it, on one line."""
    text = " ".join(name.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def title_of(metric: str) -> str:
    """What an axis calls a metric: NDCG@10, coverage@10, validation NDCG@10.

    Example:
        >>> title_of("ndcg@10")
        'NDCG@10'
    """
    for word in ("ndcg", "mrr", "auc", "map"):
        metric = metric.replace(word, word.upper())
    return metric.replace("_", " ")


def draw_line(
    axes: "Axes", model: str, x: "list[float]", y: "list[float]", look: Look
) -> None:
    """Draws a model's line, above the others if it is highlighted."""
    [line] = axes.plot(x, y, color=look.colour, linestyle=look.line)
    line.set_gid(gid(model))
    line.set_solid_capstyle("round")
    if look.highlighted:
        line.set(linewidth=2.2, zorder=4)
        line.set(marker=look.marker, markersize=6)
    else:
        line.set(linewidth=1.0, zorder=2)
        line.set(marker="none" if len(x) > 1 else look.marker, markersize=4)


def gid(model: str) -> str:
    """The id of all that shows a model; Matplotlib writes it into SVG."""
    return f"model:{model}"
