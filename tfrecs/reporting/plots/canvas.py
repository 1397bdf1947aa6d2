"""Empty figures, and the text and ids that all figures share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tfrecs.reporting.plots.colours import FAINT, INK, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT = 12.0
"""Points of text. At five sixths of `WIDTH` inches, letters still have 10 pixels."""

WIDTH, HEIGHT, TALL = 6.0, 3.8, 4.4
LEFT, BOTTOM, TOP = 1.0, 0.62, 0.2
"""Inches: of a figure, of one with many names, and of the margins around axes."""

LETTER = 0.54 * TEXT
"""Points: a generous average width of a letter."""

LONGEST = 24
"""Letters of a model's name; the rest is cut."""

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
    """Sets Matplotlib's parameters for the block, and restores them.

    Raises:
        ImportError: if Matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            "Figures need Matplotlib, which is not installed: "
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
    """Returns a figure and its only axes, with margins in inches."""
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


def room_for(names: Iterable[str]) -> float:
    """Returns the inches of the longest name, with space around it."""
    longest = max((min(len(name), LONGEST) for name in names), default=0)
    return 0.3 + longest * LETTER / 72


def one_line(name: str) -> str:
    """Returns a model's name on one line, of at most `LONGEST` letters."""
    text = " ".join(name.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def title_of(metric: str) -> str:
    """Returns the name of a metric on an axis.

    Example:
        >>> title_of("validation ndcg@10")
        'validation NDCG@10'
    """
    for word in ("ndcg", "mrr", "auc", "map"):
        metric = metric.replace(word, word.upper())
    return metric.replace("_", " ")


def gid(model: str) -> str:
    """Returns the id of a model's elements, which Matplotlib writes into SVG."""
    return f"model:{model}"
