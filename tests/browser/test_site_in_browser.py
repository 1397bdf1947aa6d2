"""The documentation: built without a warning, and read on a phone without a network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PHONE = {"width": 390, "height": 844}
PAGES = [
    *("index", "concepts", "models", "benchmarks", "own-data", "from-others"),
    *("02-matrix-factorization", "reference/losses", "changelog"),
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site."""
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir"]
    done = subprocess.run(
        [*command, str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture
def phone(browser):
    """A page as wide as a phone's, and the addresses that it asks the network for."""
    page = browser.new_page(viewport=PHONE)
    page.set_default_timeout(120_000)
    page.outside = []
    page.on(
        "request",
        lambda request: (
            page.outside.append(request.url)
            if not request.url.startswith(("file:", "data:"))
            else None
        ),
    )
    yield page
    page.close()


def test_pages_load_nothing_from_other_hosts(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"<(?:script|link|img)[^>]*(?:src|href)=\"?(?:https?:)?//", text
        )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(site, phone, name):
    phone.goto((site / f"{name}.html").as_uri())
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert phone.outside == []


def test_search_works_in_files_without_a_server(site, phone):
    phone.goto((site / "index.html").as_uri())
    phone.click("label[for=__search]")
    phone.locator("input[name=query]").press_sequentially("LazyAdam")
    phone.wait_for_selector(".md-search-result__item h1")
    found = phone.locator(".md-search-result__item").all_inner_texts()
    assert any("LazyAdam" in text for text in found)
    assert phone.outside == []
