"""A figure in the page: what it tells, how to read it, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfrecs.bench.report.markup import scroll, table, text
from tfrecs.bench.report.svg import inline_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Shown:
    """A figure of the page.

    Args:
        key: of its ids.
        heading: what it is of.
        finding: what it tells, in words.
        reading: how to read it.
        figure: of `tfrecs.reporting.plots`.
        headers: of its numbers.
        numbers: texts, a row for each model.
    """

    key: str
    heading: str
    finding: str
    reading: str
    figure: "Figure"
    headers: Sequence[str]
    numbers: Sequence[Sequence[str]]


def markup_of(shown: Shown, places: Mapping[str, int]) -> str:
    """Gives a figure's HTML."""
    svg = inline_svg(shown.figure, shown.key, shown.finding, places)
    numbers = table(f"{shown.heading}: numbers", shown.headers, shown.numbers)
    drawn = scroll(f"Figure: {shown.heading}", svg, "drawn")
    below = scroll(f"Numbers: {shown.heading}", numbers)
    return (
        f'<figure id="{shown.key}">\n<figcaption><h3>{text(shown.heading)}</h3>'
        f"<p>{text(shown.finding)}</p></figcaption>\n{drawn}\n"
        f'<p class="reading">{text(shown.reading)}</p>\n'
        f"<details><summary>Numbers<span class='hidden'> of {text(shown.heading)}"
        f"</span></summary>{below}</details>\n</figure>"
    )
