"""Matplotlib figures as inline SVG, in the colours and fonts of the page."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tfrecs.reporting.plots.canvas import gid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"


def inline_svg(
    figure: "Figure", key: str, label: str, places: Mapping[str, int]
) -> str:
    """Returns a figure as an `<svg>`, identical for identical figures.

    Inline styles become attributes: the page's policy forbids inline styles, and the
    page's style can then set other colours. All marks of a model have the classes "m"
    and "m" with the model's place, and its name as a tooltip.
    The key is a prefix of all ids, the label a description for screen readers.
    """
    root = ElementTree.fromstring(_drawn(figure))
    for element in list(root):
        if element.tag == f"{SVG}metadata":
            root.remove(element)
    for parent in root.iter(f"{SVG}defs"):
        for style in parent.findall(f"{SVG}style"):
            parent.remove(style)
    models = {gid(model): (model, place) for model, place in places.items()}
    for element in root.iter():
        _mark(element, models)
        _own_attributes(element, key)
    _style_uses(root)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": label})
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _drawn(figure: "Figure") -> bytes:
    import matplotlib

    file = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tfrecs"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _mark(element: ElementTree.Element, models: Mapping[str, tuple[str, int]]) -> None:
    """Replaces the id of a model by its classes and its name."""
    found = models.get(element.get("id", ""))
    if found is not None:
        model, place = found
        element.set("class", f"m m{place}")
        name = ElementTree.Element(f"{SVG}title")
        name.text = model
        element.insert(0, name)


def _style_uses(root: ElementTree.Element) -> None:
    """Moves the attributes of markers to their uses, which have the model's class."""
    paths = {p.get("id"): p for d in root.iter("defs") for p in d.findall("path")}
    for use in root.iter("use"):
        path = paths[use.get("href", "").removeprefix("#")]
        use.attrib = {**_look_of(path), **use.attrib}
    for path in paths.values():
        for name in _look_of(path):
            del path.attrib[name]


def _look_of(path: ElementTree.Element) -> dict[str, str]:
    return {k: value for k, value in path.items() if k not in ("id", "d")}


def _own_attributes(element: ElementTree.Element, key: str) -> None:
    """Removes namespaces, and turns inline styles into attributes."""
    element.tag = element.tag.removeprefix(SVG)
    given = dict(element.attrib)
    element.attrib.clear()
    named = given.pop("id", None)
    if named is not None and element.tag in ("path", "clipPath"):
        element.set("id", f"{key}-{named}")  # which others refer to
    for name, value in given.items():
        if name == "style":
            element.attrib.update(_as_attributes(value))
        else:
            value = value.replace("url(#", f"url(#{key}-")
            if name == f"{XLINK}href":
                name, value = "href", value.replace("#", f"#{key}-")
            element.set(name, value)


def _as_attributes(style: str) -> dict[str, str]:
    """Returns CSS declarations as attributes; the page has its own fonts."""
    found = {}
    for declaration in filter(str.strip, style.split(";")):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            words = value.split()
            size = next(word for word in words if word.endswith("px"))
            found["font-size"] = size.removesuffix("px")
            if words[0] in ("bold", "700"):
                found["font-weight"] = "bold"
        elif name != "font-family":
            found[name] = value
    return found
