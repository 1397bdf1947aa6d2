"""`docs/models.md`: written from the registries, the docstrings and results."""

from pathlib import Path

import pytest

from tfrecs.models import HISTORY_MODELS, MODELS, build_mf

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def models_page(monkeypatch):
    """The module `docs/models_page.py`."""
    pytest.importorskip("griffe", reason="the extra docs is not installed")
    monkeypatch.syspath_prepend(str(DOCS))
    import models_page

    return models_page


def test_the_stored_page_is_up_to_date(models_page):
    stored = (DOCS / "models.md").read_text(encoding="utf-8")
    assert stored == models_page.page(), "run: python docs/models_page.py"


def test_every_model_has_a_line_that_says_when_to_use_it(models_page):
    assert list(models_page.WHEN) == [*MODELS, *HISTORY_MODELS]


def test_a_section_has_formula_parameters_and_figures(models_page):
    section = models_page.section("mf", build_mf)
    assert "```text\nscore = <p_u, q_i> + b_u + b_i + b\n```" in section
    assert "`build_mf(num_users, num_items, *, embedding_dim=64, " in section
    assert "| Yelp 2018, k = 20 | 0.0530 | 0.0641 | 105† |" in section


def test_a_model_without_a_run_has_no_table(models_page):
    assert models_page.quality("gru") == ""
