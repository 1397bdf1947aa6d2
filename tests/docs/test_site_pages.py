"""The pages of the site that are not files of `docs/`, and its docstrings."""

from pathlib import Path

import nbformat
import pytest

import tfrecs

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def hooks(monkeypatch):
    """The module `docs/hooks.py`."""
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    monkeypatch.syspath_prepend(str(DOCS))
    import hooks

    return hooks


@pytest.fixture
def sections(monkeypatch):
    """The module `docs/sections.py`."""
    pytest.importorskip("griffe", reason="the extra docs is not installed")
    monkeypatch.syspath_prepend(str(DOCS))
    import sections

    return sections


@pytest.mark.parametrize(
    ("source", "link", "page"),
    [
        ("docs/keras.md", "training.md#tuning", "training.md#tuning"),
        ("docs/README.md", "01-preparing-data.ipynb", "01-preparing-data.md"),
        ("docs/README.md", "../CONTRIBUTING.md", "contributing.md"),
        ("docs/keras.md", "../README.md", "about.md"),
        ("docs/keras.md", "../benchmarks/README.md#speed", "measurements.md#speed"),
        ("CONTRIBUTING.md", "docs/architecture.md", "architecture.md"),
        ("benchmarks/README.md", "results/a.png", "results/a.png"),
        ("CHANGELOG.md", "https://semver.org/a.md", "https://semver.org/a.md"),
        ("docs/README.md", "#all-pages", "#all-pages"),
    ],
)
def test_a_link_between_files_is_one_between_pages(hooks, source, link, page):
    assert hooks.relinked(f"See [it]({link}).", source) == f"See [it]({page})."


def test_a_notebook_has_its_code_and_its_stored_outputs(hooks):
    code = nbformat.v4.new_code_cell("1 + 1")
    table = "<style>td {}</style>\n<table>\n\n  <tr><td>7</td></tr></table>"
    code.outputs = [
        nbformat.v4.new_output("stream", text="read\n"),
        nbformat.v4.new_output("execute_result", {"text/plain": "2"}),
        nbformat.v4.new_output("execute_result", {"text/html": table}),
    ]
    text = nbformat.v4.new_markdown_cell("# Title\n[next](02-b.ipynb)")
    assert hooks.as_markdown(nbformat.v4.new_notebook(cells=[text, code])) == (
        "# Title\n[next](02-b.md)\n\n"
        "```python\n1 + 1\n```\n\n"
        "```{.text .output}\nread\n```\n\n"
        "```{.text .output}\n2\n```\n\n"
        '<div class="output">\n<table>\n<tr><td>7</td></tr></table></div>'
    )


def test_the_reference_has_every_public_name_and_room(hooks):
    pages = hooks.reference()
    names = {
        line.rpartition(".")[2]
        for line in pages.pop("tfrecs").splitlines()
        if line.startswith("::: ")
    }
    builders = {name for name in tfrecs.__all__ if name.startswith("build_")}
    assert names | set(pages) | builders == set(tfrecs.__all__)
    nav = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    assert all(f" reference/{room}.md\n" in nav for room in pages)
    assert pages["losses"] == "# tfrecs.losses\n\n::: tfrecs.losses"


def test_a_formula_is_shown_as_written_and_an_example_is_code(sections):
    doc = "Builds it.\n\nFormula:\n    a = <p, q>\n      + b\n\nExample:\n    >>> 1\n"
    assert sections.as_written(doc) == (
        "Builds it.\n\n```text\na = <p, q>\n  + b\n```\n\nExamples:\n    >>> 1\n"
    )
    with pytest.raises(ValueError, match="expected a formula"):
        sections.formula_of("Builds it.")
