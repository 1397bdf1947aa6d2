"""Items as HTML, of which every text is escaped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from tfrecs.app.catalogue import Catalogue
from tfrecs.reporting.posters.genres import drawn_card


@dataclass(frozen=True)
class Card:
    """An item in a list.

    Args:
        item: its index.
        why: indices of items that it is recommended for.
        badges: short notes, such as "was 12".
    """

    item: int
    why: tuple[int, ...] = ()
    badges: tuple[str, ...] = ()


def listing(cards: Sequence[Card], catalogue: Catalogue, name: str) -> str:
    """Gives a numbered list, a row for each item.

    Args:
        cards: best first.
        catalogue: what is known of the items.
        name: of the list, for those who hear it, and for tests.
    """
    rows = "".join(_row(rank, card, catalogue) for rank, card in enumerate(cards, 1))
    return (
        f'<ol class="tfrecs-list" data-testid="list" aria-label="{escape(name)}">'
        f"{rows}</ol>"
    )


def shelf(items: Iterable[int], catalogue: Catalogue, name: str) -> str:
    """Gives a shelf of posters, which is moved sideways where it is too long."""
    posters = "".join(
        f'<li title="{escape(catalogue.labels[item])}">'
        f"{_picture(item, catalogue, alone=True)}</li>"
        for item in items
    )
    return (
        f'<ul class="tfrecs-shelf" data-testid="shelf" tabindex="0" '
        f'aria-label="{escape(name)}">{posters}</ul>'
    )


def note(text: str, kind: str = "note") -> str:
    """Gives a line of text; an "alert" is also read out."""
    role = ' role="alert"' if kind == "alert" else ""
    return f'<p class="tfrecs-{kind}"{role} dir="auto">{escape(text)}</p>'


def heading(name: str, facts: Sequence[str]) -> str:
    """Gives the head of a model's column: its name, and short facts below."""
    told = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    return (
        f'<div class="tfrecs-head"><h3 dir="auto">{escape(name)}</h3>'
        f"<p>{told}</p></div>"
    )


def legend(marks: Iterable[tuple[str, str, str]]) -> str:
    """Gives a line of marks: a sign, its colour, and what it means."""
    told = "".join(
        f'<li><i style="color: {escape(colour)}" aria-hidden="true">{escape(sign)}</i>'
        f"<bdi>{escape(meaning)}</bdi></li>"
        for sign, colour, meaning in marks
    )
    return f'<ul class="tfrecs-legend" aria-label="Legend">{told}</ul>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Gives a table of texts."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>"
        + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in row)
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="tfrecs-table" tabindex="0"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(rank: int, card: Card, catalogue: Catalogue) -> str:
    entry = catalogue.entries[card.item]
    told = [value for _, value in entry.details] + [", ".join(entry.genres)]
    facts = " · ".join(escape(text) for text in told if text)
    badges = "".join(f"<span>{escape(badge)}</span>" for badge in card.badges)
    return (
        f"<li>{_picture(card.item, catalogue, alone=False)}<div>"
        f'<p class="tfrecs-title"><b>{rank}</b> <bdi>{escape(entry.title)}</bdi></p>'
        + (f'<p class="tfrecs-soft" dir="auto">{facts}</p>' if facts else "")
        + _why(card.why, catalogue)
        + (f'<p class="tfrecs-badges">{badges}</p>' if badges else "")
        + "</div></li>"
    )


def _why(items: Sequence[int], catalogue: Catalogue) -> str:
    if not items:
        return ""
    names = " and ".join(
        f"<bdi>{escape(catalogue.entries[item].title)}</bdi>" for item in items
    )
    return f'<p class="tfrecs-why">Like {names}</p>'


def _picture(item: int, catalogue: Catalogue, *, alone: bool) -> str:
    """The item's picture, or a card that is drawn.

    Only where it stands alone it has the title: beside the title it says no more.
    """
    source, entry = catalogue.picture(item), catalogue.entries[item]
    name = entry.title if alone else ""
    if source is None:
        return drawn_card(name, entry.genres)
    return (
        f'<img src="{escape(source)}" alt="{escape(name)}" loading="lazy" '
        'decoding="async">'
    )
