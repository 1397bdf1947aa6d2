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


def test_a_model_has_the_mean_of_its_seeds_and_its_early_stops(figures, monkeypatch):
    def row(ndcg, seconds, stopped):
        metrics = {"precision@10": 0.25, "recall@10": 0.5, "ndcg@10": ndcg}
        numbers = {"fit_seconds": seconds, "epochs": 3, "parameters": 1000}
        given = {"model": "mf", "status": "ok", "stopped_early": stopped}
        return {**given, **numbers, "metrics": metrics}

    rows = [row(0.25, 10.0, ""), row(0.5, 14.0, "time"), {"model": "gmf", "status": ""}]
    monkeypatch.setattr(figures, "results", lambda file: {"results": rows})
    beauty = figures.BENCHES[-1]
    found = figures.measured(beauty)
    assert list(found) == ["mf"]  # gmf has no result
    assert found["mf"]["ndcg@10"] == 0.375
    assert found["mf"]["stopped"] == 0.5  # of two seeds
    table = figures.bench_table(beauty)
    assert "| `mf` | **0.2500** | **0.5000** | **0.3750** | 12† | 3 | 1,000 |" in table


def test_the_best_of_a_column_is_bold_and_a_missing_value_a_dash(figures):
    assert figures.best_in_bold([0.1, None, 0.25], 2) == ["0.10", "-", "**0.25**"]
    assert (
        figures.table(["", "a"], [["b", "1"]]) == "|  | a |\n| --- | --: |\n| b | 1 |"
    )


def test_a_published_figure_stands_beside_the_mean_of_the_seeds(figures):
    path = ROOT / "benchmarks" / "results" / "published.json"
    row = json.loads(path.read_text(encoding="utf-8"))["rows"]["ncf-mlp"]
    seeds = [one["ndcg@10"] for one in row["test"]]
    mean, known = statistics.fmean(seeds), row["published"]["ndcg@10"]
    assert (
        f"| ncf-mlp | ndcg@10 | {mean:.4f} | {statistics.stdev(seeds):.4f} "
        f"| {known:.4f} | {100 * mean / known - 100:+.1f}% |"
    ) in figures.FIGURES["published-rows"]()


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
