"""Templates: what they escape, and what a page allows."""

import base64
import hashlib

import pytest
from html_tree import read
from jinja2 import UndefinedError
from markupsafe import Markup

from tfrecs.reporting.pages import render, render_page

HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=alert(1)>\x00"


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "some.html"
    path.write_text(
        '{% extends "page.html" %}{% block body %}<p title="{{ x }}">{{ x | clean }}'
        "</p>{% endblock %}"
    )
    return path


def test_text_is_escaped_and_markup_is_not(template):
    page = read(render_page(template, title=HOSTILE, style="p {}", x=HOSTILE[:-1]))
    [paragraph], [title] = page.all("p"), page.all("title")
    assert paragraph.text == HOSTILE[:-1]
    assert paragraph.attributes == {"title": HOSTILE[:-1]}
    assert title.text == HOSTILE[:-1] + "\ufffd"
    assert not page.all("script") and not page.all("img")
    page = read(render_page(template, title="", style="", x=Markup("<b>x</b>")))
    assert page.all("p")[0].all("b") == []  # `clean` returns text
    other = template.with_name("other.html")
    other.write_text("{{ x }}")
    assert render(other, x=render(other, x="<b>")) == "&lt;b&gt;"


def test_the_policy_allows_the_style_alone(template):
    page = read(render_page(template, title="", style="p { color: red }", x=""))
    [style] = page.all("style")
    assert style.text == "p { color: red }"
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    policies = {m.attributes.get("http-equiv"): m for m in page.all("meta")}
    assert policies["Content-Security-Policy"].attributes["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'none'"
    )


def test_a_variable_without_a_value_is_an_error(template):
    with pytest.raises(UndefinedError, match="'x' is undefined"):
        render_page(template, title="", style="")
