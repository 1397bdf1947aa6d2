"""Renders Jinja2 templates, and pages that run no script and load nothing."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tfrecs.reporting.text import clean

TEMPLATES = Path(__file__).parent / "templates"
"""The folder of this room's templates, which every template can extend or import."""


def render_page(
    template: Path, *, title: str, style: str, pictures: str = "'none'", **values: Any
) -> str:
    """Renders a template into a whole HTML page.

    The template starts with `{% extends "page.html" %}` and fills `{% block body %}`.
    The page has a Content-Security-Policy: the browser runs no script, opens no
    connection, and applies no style but `style`, so that attributes such as
    `style="color: red"` and `onclick` have no effect.

    Args:
        template: path of the file.
        title: of the page.
        style: all of its CSS, which is not escaped, so never from the user's data.
        pictures: sources of images, in the words of the policy: "data:" for images in
            the page, "data: http: https:" for images of the web too.
        **values: the variables of the template. See `render` for how they are escaped.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src {pictures}"
    return render(
        template, title=title, style=Markup(style), policy=Markup(policy), **values
    )


def render(template: Path, **values: Any) -> Markup:
    """Renders a template into a piece of HTML, which other templates insert as it is.

    The template can import files of its folder and of `TEMPLATES`. All of its variables
    must be in `values`. All text is escaped, but for `markupsafe.Markup`. The filter
    `clean` makes one line of a text, without control characters.
    """
    template_ = _environment(template.parent).get_template(template.name)
    return Markup(template_.render(values))


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = clean
    return environment
