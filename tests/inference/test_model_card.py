"""Model cards: every line of a page, what is not known, and text that is only text."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs import Interactions, Recommender, build_mf
from tfrecs._base.manifest import write_manifest
from tfrecs.inference.bundle import BUNDLE
from tfrecs.inference.model_card import as_markdown, model_card

MODEL = SimpleNamespace(name="mf", count_params=lambda: 12)
FILMS = pd.DataFrame({"year": [1995, 2001, 1979, 1986, 1982]}, index=[*"VWXYZ"])
TRAIN = Interactions.from_arrays(
    [*"aaaaab"], [*"VWXYZV"], ratings=[5, 4, 5, 4, 5, 4], item_features=FILMS
)
ABOUT = {
    "settings": {"epochs": 3, "hidden": [8, 4], "rate": 0.012345},
    "metrics": {"test_ndcg@10": 0.31256, "val_ndcg@10": 0.4},
    "protocol": {"split": "temporal", "intervals": {"test_ndcg@10": [0.29, 0.33499]}},
}
VERSIONS = {"python": "3.11.7", "tfrecs": "0.2.0"}

PAGE = """\
# Model card: `mf`

Written by tfrecs from what was known when the model was saved.

## Model

| what | value |
|---|---|
| `name` | `mf` |
| `parameters` | `12` |

## Data

| what | value |
|---|---|
| `users` | `2` |
| `items` | `5` |
| `interactions` | `6` |
| `columns` | `["ratings"]` |
| `min_rating` | `null` |
| `item_features` | `["year"]` |

## Protocol

| what | value |
|---|---|
| `split` | `temporal` |

## Metrics

| metric | value | 95% interval |
|---|---|---|
| `test_ndcg@10` | `0.3126` | `0.29` to `0.335` |
| `val_ndcg@10` | `0.4` |  |

## Settings

| what | value |
|---|---|
| `epochs` | `3` |
| `hidden` | `[8, 4]` |
| `rate` | `0.01235` |

## Versions

| what | value |
|---|---|
| `python` | `3.11.7` |
| `tfrecs` | `0.2.0` |

## Limits

- 1 of 2 users have fewer than 5 interactions, 0 of them none: little is known of \
their taste or audience.
- 5 of 5 items have fewer than 5 interactions, 0 of them none: little is known of \
their taste or audience.
- Users and items that are not in the training data have scores only where the model \
reads features or histories.
- Scores order the items of one user. They are not probabilities.
"""


def test_the_page_has_what_is_known():
    assert as_markdown(model_card(MODEL, TRAIN, ABOUT, VERSIONS)) == PAGE


def limits(train=TRAIN, **about):
    return model_card(MODEL, train, {**ABOUT, **about}, VERSIONS)["limits"]


def test_limits_are_what_is_not_known():
    unknown = "No metrics were saved, so the quality is unknown."
    assert limits(metrics={}, protocol={})[-1] == unknown
    assert limits(metrics={})[-1] == unknown
    assert limits(protocol={})[-1] == "How the metrics were measured was not saved."
    page = as_markdown(
        model_card(MODEL, TRAIN, {**ABOUT, "metrics": {}, "settings": {}}, {})
    )
    assert page.count("Nothing was saved.") == 3


def test_users_and_items_with_few_interactions_are_counted():
    known = np.zeros((3, 9))
    known[0] = known[1, :4] = 1  # 9, 4 and 0 of users; of each item at most 2
    found = limits(Interactions.from_matrix(known))
    assert found[0].startswith("2 of 3 users have fewer than 5 interactions, 1 of them")
    assert found[1].startswith("9 of 9 items have fewer than 5 interactions, 0 of them")
    assert len(limits(Interactions.from_matrix(np.ones((5, 5))))) == 2


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("<img src=x onerror=alert(1)>", "`<img src=x onerror=alert(1)>`"),
        ("[a](javascript:x)", "`[a](javascript:x)`"),
        ("`| x |`\n# Heading", r"`'\| x \|'\n# Heading`"),
        ("", "` `"),
        (None, "`null`"),
        ({"a": "b|c"}, r'`{"a": "b\|c"}`'),
    ],
)
def test_text_of_others_is_code_on_one_line(value, cell):
    page = as_markdown(
        model_card(MODEL, TRAIN, {**ABOUT, "settings": {"x": value}}, {})
    )
    assert f"| `x` | {cell} |" in page.splitlines()


@pytest.mark.parametrize("wrong", [3, {"ndcg@10": 0.1}, {"ndcg@10": [0.1]}, ["a", "b"]])
def test_intervals_have_two_ends(wrong):
    with pytest.raises(TypeError, match=r"`intervals` must map .* to \[low, high\]"):
        limits(protocol={"intervals": wrong})


def test_a_bundle_has_a_card_and_its_protocol_comes_back(tmp_path):
    protocol = {"split": "temporal", "intervals": {"ndcg@5": [0.1, 0.3]}}
    options = {"metrics": {"ndcg@5": 0.2}, "protocol": protocol}
    Recommender(build_mf(2, 5, embedding_dim=4), TRAIN, **options).save(tmp_path / "a")
    loaded = tfrecs.load(tmp_path / "a")
    assert loaded.protocol == protocol
    loaded.save(tmp_path / "b")
    for folder in (tmp_path / "a", tmp_path / "b"):
        card = json.loads((folder / "model_card.json").read_text(encoding="utf-8"))
        # 4 + 1 numbers for each of 2 users and of 5 items, and a bias of all
        assert card["model"] == {"name": "mf", "parameters": 36}
        assert card["metrics"] == {"ndcg@5": {"value": 0.2, "interval": [0.1, 0.3]}}
        assert card["versions"]["tfrecs"] == tfrecs.__version__
        page = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert page == as_markdown(card)


def test_a_bundle_of_an_earlier_version_has_no_card(tmp_path):
    Recommender(build_mf(2, 5, embedding_dim=4), TRAIN).save(tmp_path / "a")
    for name in ("MODEL_CARD.md", "model_card.json", "manifest.json"):
        (tmp_path / "a" / name).unlink()
    about = '{"settings": {}, "metrics": {}, "min_rating": null}'
    (tmp_path / "a" / "about.json").write_text(about, encoding="utf-8")
    write_manifest(tmp_path / "a", dataclasses.replace(BUNDLE, version=2), {})
    assert tfrecs.load(tmp_path / "a").protocol == {}
