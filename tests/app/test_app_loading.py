"""Which bundles are found, what they are called, and which are compared."""

import numpy as np
import pytest

import tfrecs
from tfrecs.app.bundles import find_bundles
from tfrecs.app.loading import load_all, side_by_side


def test_a_bundle_and_a_folder_of_bundles_are_found(bundles):
    run = bundles / "run"
    assert find_bundles([run]) == {"one": run / "one", "two": run / "two"}
    assert find_bundles([run / "two", run]) == {
        "two": run / "two",
        "one": run / "one",
    }
    assert find_bundles([]) == {}


def test_models_of_one_name_are_called_after_more_of_their_path(bundles):
    found = find_bundles([bundles / "run", bundles / "elsewhere"])
    assert list(found) == ["one", "two", "elsewhere/two"]


def test_unfinished_bundles_are_no_bundles(bundles, tmp_path):
    (tmp_path / ".mf.writing").mkdir()
    (tmp_path / ".mf.writing" / "manifest.json").write_text("{")
    with pytest.raises(FileNotFoundError, match=r"holds no bundle. Name a folder"):
        find_bundles([tmp_path])


def test_loading_tells_what_it_does(bundles):
    told = []
    loaded = load_all(find_bundles([bundles / "run"]), lambda *said: told.append(said))
    assert told == [(0.0, "Loading model 1 of 2"), (0.5, "Loading model 2 of 2")]
    assert [*loaded] == ["one", "two"]
    assert loaded["one"].metrics["val_ndcg@5"] == 0.25


def test_other_catalogues_are_left_out_and_popularity_is_always_there(bundles):
    found = find_bundles([bundles / "run", bundles / "elsewhere"])
    models, notes = side_by_side(load_all(found, lambda *said: None))
    assert [model.name for model in models] == ["one", "two", "popularity"]
    assert [model.same_for_all for model in models] == [False, False, True]
    assert [model.has_towers for model in models] == [True, True, False]
    assert notes == ("elsewhere/two is left out: its 20 items are not the 20 of one.",)
    popular = models[-1].recommender.recommend(
        models[0].train.users.ids[:1], 1, exclude_seen=False
    )
    counts = models[0].train.item_counts
    assert popular["score"].tolist() == [counts.max()]


def test_a_model_that_is_called_popularity_is_not_doubled(from_pairs):
    train = from_pairs([(0, 0), (1, 1)], 2, 2)
    named = {"popularity": tfrecs.Recommender(np.eye(2), train)}
    models, _ = side_by_side(named)
    assert [(m.name, m.same_for_all) for m in models] == [("popularity", False)]
