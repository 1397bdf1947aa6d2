"""From what a bench run prints to the report, TensorBoard and the app."""

import pytest
from _films import TITLES

pytestmark = pytest.mark.slow


def test_the_report_is_opened_as_it_is_printed(
    bench_run, page, console_errors, requests
):
    path = bench_run.folder / bench_run.told("report").partition(",")[0]
    page.goto(path.as_uri())
    assert "ml-latest-small" in page.title()
    rows = page.locator("table").first.locator("tbody tr").all_inner_texts()
    for name in ("popularity", "mf", "gmf"):
        assert any(name in row for row in rows)
    shown = page.locator("body").inner_text()
    assert any(title in shown for title in TITLES)
    assert page.evaluate("window.hacked") is None
    assert console_errors == []
    assert requests == [path.as_uri()]


def test_the_app_starts_as_it_is_printed(bench_run, page, server):
    with server(bench_run.told("app"), bench_run.folder) as address:
        page.goto(address)
        for name in ("mf", "gmf"):
            page.get_by_text(name, exact=True).first.wait_for()
        assert page.evaluate("window.hacked") is None
