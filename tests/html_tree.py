"""A page as a tree, read by a parser that knows nothing of how it was made."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "input"}
CLOSED_AT_ONCE = {"rect", "circle", "path", "use"}
"""Of SVG, where an element may be written as one tag."""


@dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str | None]
    inside: list["Element | str"] = field(default_factory=list)

    @property
    def below(self) -> list["Element"]:
        """All elements in it, in the order of the page."""
        children = [child for child in self.inside if isinstance(child, Element)]
        return [found for child in children for found in (child, *child.below)]

    def all(self, tag: str, kind: str = "") -> list["Element"]:
        """Elements of a tag, and of a class if one is named."""
        return [
            e
            for e in self.below
            if e.tag == tag
            and (not kind or kind in (e.attributes.get("class") or "").split())
        ]

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(x if isinstance(x, str) else x.text for x in self.inside)


class _Reader(HTMLParser):
    """Builds the tree, and fails where an end tag is not that of the open element."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs)
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        assert tag in CLOSED_AT_ONCE
        super().handle_startendtag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        self.open[-1].inside.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")


def read(page: str) -> Element:
    """Gives what holds the whole page."""
    page.encode("utf-8")  # which lone surrogates would stop
    reader = _Reader()
    reader.feed(page)
    reader.close()
    [root] = reader.open
    return root
