"""Buttons that highlight a model, with no script: the page's style does it."""

from collections.abc import Mapping, Sequence

from tfrecs.bench.report.findings import Row
from tfrecs.bench.report.markup import text


def picker(
    rows: Sequence[Row], highlighted: Sequence[str], places: Mapping[str, int]
) -> str:
    """Gives a button for each model, and one for none."""
    buttons = "".join(
        f'<label class="chip{_colour(row.model, highlighted)}">'
        f'<input type="radio" name="model" id="pick-{places[row.model]}">'
        f"{text(row.model)}</label>"
        for row in rows
    )
    return (
        '<fieldset class="picker"><legend>Highlight a model everywhere</legend>'
        '<div><label class="chip"><input type="radio" name="model" id="pick-none" '
        f"checked>as drawn</label>{buttons}</div></fieldset>"
    )


def _colour(model: str, highlighted: Sequence[str]) -> str:
    return f" look-{highlighted.index(model)}" if model in highlighted else ""
