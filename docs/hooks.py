"""Pages of the site that are no files of `docs/`, for `mkdocs.yml`.

Notebooks are rendered from their stored outputs, the reference has a page for each
public room, and the texts beside the package are pages too. Links in all of them are
those of the repository's files, so that they work there and on the site.
"""

import ast
import posixpath
import re
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
BESIDE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "about.md",
    "benchmarks/README.md": "measurements.md",
}
"""Texts outside of `docs/`, and their pages."""

LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")
STYLE = re.compile(r"<style.*?</style>", re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are generated, and the images of the benchmarks."""
    for path in sorted(ROOT.glob("docs/*.ipynb")):
        files.remove(files.src_uris[path.name])
        text = as_markdown(nbformat.read(path, as_version=4))
        files.append(File.generated(config, f"{path.stem}.md", content=text))
    for source, page in BESIDE.items():
        text = relinked((ROOT / source).read_text(encoding="utf-8"), source)
        files.append(File.generated(config, page, content=text))
    for name, text in reference().items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    for path in sorted(ROOT.glob("benchmarks/results/*.png")):
        uri = f"results/{path.name}"
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Points the links of a file in `docs/` at pages of the site."""
    if page.file.generated_by:
        return markdown
    return relinked(markdown, f"docs/{page.file.src_uri}")


def relinked(text: str, source: str) -> str:
    """Returns a text whose links between files are links between pages."""
    folder = posixpath.dirname(source)

    def place(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, link[0]))
        path = BESIDE.get(path, path).removeprefix("docs/").removeprefix("benchmarks/")
        return path.replace(".ipynb", ".md")

    return LINK.sub(place, text)


def as_markdown(notebook: nbformat.NotebookNode) -> str:
    """Returns a notebook's texts, code and stored outputs."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts.append(f"```python\n{cell.source}\n```")
            parts += [output(out) for out in cell.outputs]
        else:
            parts.append(relinked(cell.source, "docs/notebook.ipynb"))
    return "\n\n".join(parts)


def output(out: nbformat.NotebookNode) -> str:
    """Returns an output of a cell: a table of pandas, or text."""
    data = out.get("data", {"text/plain": out.get("text", "")})
    if "text/html" in data:
        table = STYLE.sub("", data["text/html"])
        return re.sub(r"\n\s*", "\n", f'<div class="output">{table}</div>')
    return f"```{{.text .output}}\n{data['text/plain'].rstrip()}\n```"


def reference() -> dict[str, str]:
    """Returns the page of the public names, and one for each public room."""
    source = (ROOT / "tfrecs" / "__init__.py").read_text(encoding="utf-8")
    [guarded] = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [node for node in guarded.body if isinstance(node, ast.ImportFrom)]
    rooms = [
        alias.name
        for node in imports
        if node.module == "tfrecs"
        for alias in node.names
    ]
    names = [
        f"::: {node.module}.{alias.name}\n    options: {{skip_local_inventory: true}}"
        for node in imports
        if node.module != "tfrecs"
        for alias in node.names
        if alias.name != "*"
    ]
    head = (
        "# tfrecs\n\nThe names of `tfrecs` itself, such as `tfrecs.fit`, with the "
        "modules that they come from.\nIts builders, such as `tfrecs.build_mf`, are on "
        "the page of [models](models.md)."
    )
    pages = {room: f"# tfrecs.{room}\n\n::: tfrecs.{room}" for room in rooms}
    return {**pages, "tfrecs": "\n\n".join([head, *names])}
