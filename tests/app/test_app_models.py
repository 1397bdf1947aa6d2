"""Bundles in folders, their names, and the compared models."""

import shutil

import numpy as np
import pytest

import tfrecs
from tfrecs.app.bundles import find_bundles
from tfrecs.app.models import compared_models, load_all


def test_a_bundle_and_a_folder_of_bundles_are_found(bundles):
    run = bundles / "run"
    assert find_bundles([run]) == {"one": run / "one", "two": run / "two"}
    assert [*find_bundles([run / "two", run])] == ["two", "one"]
    assert find_bundles([]) == {}


def test_models_of_one_name_are_told_apart_without_their_paths(bundles, tmp_path):
    copies = [tmp_path / name / "x" / "run" for name in "abc"]
    for copy in copies:
        shutil.copytree(bundles / "run" / "one", copy / "one")
    names = ["one", "run/one", "run/one (2)"]
    assert [*find_bundles(copies)] == names


def test_unfinished_bundles_are_ignored(bundles, tmp_path):
    (tmp_path / ".mf.writing").mkdir()
    (tmp_path / ".mf.writing" / "manifest.json").write_text("{")
    with pytest.raises(FileNotFoundError, match=r"holds no bundle. Name a folder"):
        find_bundles([tmp_path])


def test_loading_reports_its_progress(bundles):
    lines = []
    loaded = load_all(find_bundles([bundles / "run"]), lambda *x: lines.append(x))
    assert lines == [(0.0, "Loading model 1 of 2"), (0.5, "Loading model 2 of 2")]
    assert [*loaded] == ["one", "two"]
    assert loaded["one"].metrics["val_ndcg@5"] == 0.25


def test_other_catalogues_are_excluded_and_popularity_is_added(bundles):
    found = find_bundles([bundles / "run", bundles / "elsewhere"])
    models, notes = compared_models(load_all(found, lambda *line: None))
    assert [model.name for model in models] == ["one", "two", "popularity"]
    assert [model.same_for_all for model in models] == [False, False, True]
    assert [model.has_towers for model in models] == [True, True, False]
    assert notes == (
        "elsewhere/two is excluded: its 20 items differ from the 20 items of one.",
    )
    popular = models[-1].recommender.recommend(
        models[0].train.users.ids[:1], 1, exclude_seen=False
    )
    counts = models[0].train.item_counts
    assert popular["score"].tolist() == [counts.max()]


def test_a_model_named_popularity_is_not_doubled(from_pairs):
    train = from_pairs([(0, 0), (1, 1)], 2, 2)
    named = {"popularity": tfrecs.Recommender(np.eye(2), train)}
    models, _ = compared_models(named)
    assert [(m.name, m.same_for_all) for m in models] == [("popularity", False)]
