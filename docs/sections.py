"""Sections of docstrings that mkdocstrings does not know, for `mkdocs.yml`."""

import re
from textwrap import dedent
from typing import Any

import griffe

FORMULA = re.compile(r"^Formula:\n((?: +.*\n?|\n(?= ))+)", re.MULTILINE)
EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)


def formula_of(docstring: str) -> str:
    """Returns the lines of a docstring's formula."""
    found = FORMULA.search(docstring)
    if found is None:
        raise ValueError(f"expected a formula in the docstring. Received: {docstring}")
    return dedent(found[1]).strip()


def as_written(docstring: str) -> str:
    """Returns a docstring whose formula is shown as it is, and its example as code."""
    text = FORMULA.sub(
        lambda found: f"```text\n{formula_of(found[0])}\n```\n", docstring
    )
    return EXAMPLE.sub("Examples:", text)


class Sections(griffe.Extension):
    """Rewrites docstrings as they are read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrites the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = as_written(obj.docstring.value)
