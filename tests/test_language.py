"""Plain technical English: phrases that docstrings, comments and messages avoid."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest
from architecture import PACKAGE, sources

BANNED = re.compile(
    r"\b(told|tells?|whoever|whom|alike|(?:is|are) none|has not|have not|of ours|"
    r"those (?:that|who|of)|looks? at|looked at|each time that|is not one|"
    r"gives?|gave)\b",
    re.IGNORECASE,
)
"""Say return, report, log, identical, missing, differs, the items of, evaluates."""

OPENINGS = re.compile(r"(What|Which|Who|How|Whether|Where)\b")
"""A docstring starts with a verb or the field's noun."""

ROOT = PACKAGE.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def docstrings(source: str) -> list[str]:
    """Returns the docstrings of a source's module, classes and functions."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    return [text for node in nodes if (text := ast.get_docstring(node))]


def prose(source: str) -> list[str]:
    """Returns a source's texts of several words: docstrings, messages, comments."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    texts += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [text for text in texts if " " in text.strip()]


def banned_phrases(texts: list[str]) -> list[str]:
    return [found[0] for text in texts for found in BANNED.finditer(text)]


@pytest.mark.parametrize("source", sources().values(), ids=sources())
def test_the_package_speaks_plainly(source):
    phrases = banned_phrases(prose(source))
    phrases += [text for text in docstrings(source) if OPENINGS.match(text)]
    assert phrases == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_pages_speak_plainly(page: Path):
    assert banned_phrases([page.read_text(encoding="utf-8")]) == []


def test_a_banned_phrase_is_found():
    source = '"""What is told."""\nx = f"{1} is none"  # those that are\ny = "tell"\n'
    assert sorted(banned_phrases(prose(source))) == ["is none", "those that", "told"]
    assert [text for text in docstrings(source) if OPENINGS.match(text)]
