"""Figures of README and pages: written by a script from `benchmarks/results`."""

import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def figures(monkeypatch):
    """The module `docs/figures.py`."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import figures

    return figures


def test_the_stored_figures_are_up_to_date(figures):
    for page in figures.pages():
        text = page.read_text(encoding="utf-8")
        assert figures.written(text) == text, f"{page}: run python docs/figures.py"


def test_every_figure_is_used_and_every_span_ends(figures):
    text = "".join(page.read_text(encoding="utf-8") for page in figures.pages())
    assert {span[2] for span in figures.SPAN.finditer(text)} == {*figures.FIGURES}
    assert text.count("<!-- figure ") == text.count("<!-- end -->")


def test_a_figure_is_written_in_a_line_and_around_a_table(figures):
    stale = "It takes <!-- figure minutes -->9 days<!-- end --> in all.\n"
    assert re.fullmatch(
        r"It takes <!-- figure minutes -->\d+ minutes<!-- end --> in all.\n",
        figures.written(stale),
    )
    table = figures.written("<!-- figure step-table --><!-- end -->").split("\n\n")
    assert table[0] == "<!-- figure step-table -->" and table[2] == "<!-- end -->"
    assert all(line[0] == line[-1] == "|" for line in table[1].splitlines())


def test_a_name_that_no_figure_has_is_an_error(figures):
    with pytest.raises(KeyError, match="speed"):
        figures.written("<!-- figure speed --><!-- end -->")


def test_a_model_has_the_mean_of_its_seeds_and_its_early_stops(figures):
    path = ROOT / "benchmarks" / "results" / "bench-beauty.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]
    ndcg = [row["metrics"]["ndcg@10"] for row in rows if row["model"] == "cosine"]
    beauty = figures.BENCHES[-1]
    found = figures.measured(beauty)
    assert found["cosine"]["ndcg@10"] == pytest.approx(statistics.fmean(ndcg))
    assert 0 < found["cosine"]["stopped"] < 1  # of three seeds
    assert "lightfm-tuned" not in found  # out of time
    [row] = [
        line for line in figures.bench_table(beauty).splitlines() if "`cosine`" in line
    ]
    assert f"| {statistics.fmean(ndcg):.4f} | 44† |" in row


def test_the_best_of_a_column_is_bold_and_a_missing_value_a_dash(figures):
    assert figures.best_in_bold([0.1, None, 0.25], 2) == ["0.10", "-", "**0.25**"]
    assert (
        figures.table(["", "a"], [["b", "1"]]) == "|  | a |\n| --- | --: |\n| b | 1 |"
    )


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
