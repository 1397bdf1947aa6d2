"""What the TensorBoard callback is made of, each part by itself."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tensorboard.plugin_util import markdown_to_safe_html
from tensorboard.plugins.projector import projector_plugin
from tensorboard.util.tensor_util import make_ndarray

import tfrecs
from tfrecs.callbacks.board.budget import Budget
from tfrecs.callbacks.board.columns import item_columns, user_columns
from tfrecs.callbacks.board.curve import counts_at, lengths_up_to, pr_curve
from tfrecs.callbacks.board.examples import Examples, draw_examples
from tfrecs.callbacks.board.markdown import literal, table
from tfrecs.callbacks.board.norms import deciles, drawn_by_decile, norms
from tfrecs.callbacks.board.profiler import Profiler, check_profile
from tfrecs.callbacks.board.projector import (
    ItemDisplay,
    Projector,
    binary,
    lines_of,
)
from tfrecs.callbacks.board.workload import learning_rates, memory
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.evaluation.metrics.ranking import Ranks
from tfrecs.reporting.items import ItemNames

# Text


def shown(markdown: str) -> str:
    """The text that a browser shows of what TensorBoard makes of markdown."""
    from html.parser import HTMLParser

    parts = []
    parser = HTMLParser()
    parser.handle_data = parts.append
    parser.feed(markdown_to_safe_html(markdown))
    return "".join(parts)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1))
def test_any_text_is_shown_as_it_is_in_a_table(text):
    html = markdown_to_safe_html(table(["x", "y"], [(literal(text), "end")]))
    assert html.count("<td>") == 2
    cell = html.split("<td>")[1].split("</td>")[0]
    assert "<" not in cell
    assert shown(cell) == text
    html = markdown_to_safe_html(literal("[a](javascript:alert(1)) http://x.org <b>"))
    assert "<a" not in html
    assert "<b" not in html


# When there is time


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_look_is_taken_when_it_and_the_end_stay_within_the_share():
    clock = Clock()
    budget = Budget(0.1, clock)
    with budget.taking_snapshot():
        clock.now += 2
    budget.trained = 79.0  # 2 + 3 * 2 = 8 seconds are a tenth of 80
    assert not budget.allows_snapshot()
    budget.trained = 80.0
    assert budget.allows_snapshot()
    with budget.spending():
        clock.now += 1
    assert budget.spent == 3
    budget.trained = 89.0  # 3 + 6 = 9 are a tenth of 90
    assert not budget.allows_snapshot()
    with budget.taking_snapshot():
        clock.now += 0.5  # the last look is what is expected of the next
    budget.trained = 50.0  # 3.5 + 3 * 0.5
    assert budget.allows_snapshot()


def test_no_share_is_no_look_and_failing_looks_are_counted():
    clock = Clock()
    budget = Budget(0.0, clock)
    budget.trained = 1e9
    with pytest.raises(KeyError), budget.taking_snapshot():
        clock.now += 1
        raise KeyError
    assert budget.spent == 1
    assert not budget.allows_snapshot()


# Precision and recall by the length of lists


def test_lengths_reach_the_whole_catalogue():
    assert lengths_up_to(1) == [1]
    assert lengths_up_to(10) == [1, 2, 3, 5, 10]
    assert lengths_up_to(31) == [1, 2, 3, 5, 10, 20, 30, 31]
    assert lengths_up_to(1682)[-4:] == [300, 500, 1000, 1682]


def test_counts_are_those_of_all_users_together():
    # One user has 2 relevant items, at ranks 1 and 3 of 4; another has 1, at 2 of 3.
    ranked = Ranks(
        np.array([[1.0, 3.0], [2.0, np.inf]]), np.array([2, 1]), np.array([4, 3])
    )
    hits, wrong, outside, missed, precision, recall = counts_at(ranked, [1, 2, 4])
    assert hits.tolist() == [1, 2, 3]
    assert wrong.tolist() == [2 - 1, 4 - 2, (4 + 3) - 3]  # lists end with their user's
    assert missed.tolist() == [3 - 1, 3 - 2, 0]
    assert outside.tolist() == [(7 - 2) - 2, (7 - 4) - 1, 0]
    assert precision == pytest.approx([1 / 2, 2 / 4, 3 / 7])
    assert recall == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_curve_starts_with_the_whole_catalogue():
    ranked = Ranks(np.array([[1.0]]), np.array([1]), np.array([20]))
    [value] = pr_curve("a tag", ranked, 20).value
    assert value.tag == "a tag"
    assert value.metadata.plugin_data.plugin_name == "pr_curves"
    assert "lists of 20, 10, 5, 3, 2, 1 items" in value.metadata.summary_description
    assert make_ndarray(value.tensor)[4] == pytest.approx(
        [1 / 20, 1 / 10, 1 / 5, 1 / 3, 1 / 2, 1]
    )


# Norms


def test_deciles_part_no_equal_counts():
    assert deciles(np.arange(10)).tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert deciles(np.full(7, 3)).tolist() == [1] * 7
    assert deciles(np.array([0, 0, 0, 9])).tolist() == [1, 1, 1, 10 * 3 // 4 + 1]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_deciles_are_those_of_sorting(counts):
    array = np.array(counts)
    below = [sum(other < count for other in counts) for count in counts]
    assert deciles(array).tolist() == [10 * x // len(counts) + 1 for x in below]


def test_a_histogram_of_each_decile_counts_its_norms():
    vectors = np.array([[3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])  # 5, 1 and 10 long
    summary = norms("lengths", vectors, np.array([10, 1, 10]))
    found = {value.tag: make_ndarray(value.tensor) for value in summary.value}
    assert set(found) == {"lengths/decile 01, least", "lengths/decile 10, most"}
    most = found["lengths/decile 10, most"]
    assert (most[0, 0], most[-1, 1], most[:, 2].sum()) == (5, 10, 2)
    assert found["lengths/decile 01, least"][:, 2].sum() == 1


def test_a_few_of_each_decile_are_drawn(monkeypatch):
    monkeypatch.setattr("tfrecs.callbacks.board.norms.MOST_IN_DECILE", 3)
    decile = np.repeat([1, 2], [50, 2])
    drawn = drawn_by_decile(decile, np.random.default_rng(0))
    assert np.bincount(decile[drawn]).tolist() == [0, 3, 2]
    assert (np.diff(drawn) > 0).all()


# Optimizers and memory


def test_each_optimizer_has_its_learning_rate():
    halved = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    assert learning_rates(keras.optimizers.SGD(halved)) == {"learning_rate/main": 0.5}
    model = tfrecs.build_mf(3, 3)
    adam, sgd = keras.optimizers.Adam(0.25), keras.optimizers.SGD(0.5)
    both = tfrecs.separate_bias_optimizer(model, adam, sgd)
    assert learning_rates(both) == {
        "learning_rate/main": 0.25,
        "learning_rate/bias": 0.5,
    }
    scaled = keras.optimizers.LossScaleOptimizer(both)
    assert learning_rates(scaled) == learning_rates(both)
    assert learning_rates(None) == {}
    named = keras.optimizers.OptimizerMap(
        keras.optimizers.Adam(0.125), {"user.*": keras.optimizers.SGD(2.0)}
    )
    assert learning_rates(keras.optimizers.MultiOptimizer(named)) == {
        "learning_rate/main": 0.125,
        "learning_rate/user.*": 2.0,
    }


def test_memory_is_that_of_the_process_in_mib():
    before = memory()["workload/resident MiB"]
    held = np.ones(2**24)  # 128 MiB
    assert memory()["workload/resident MiB"] - before == pytest.approx(128, abs=40)
    del held


# The projector


@given(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=20))
def test_the_projector_reads_vectors_as_binary(tmp_path_factory, numbers):
    vectors = np.array([numbers], np.float32)
    content = binary(vectors)
    path = tmp_path_factory.mktemp("vectors") / "x.bytes"
    path.write_bytes(content)
    with pytest.raises(UnicodeDecodeError):  # so that it goes on to the binary way
        projector_plugin._read_tensor_tsv_file(str(path))
    read = projector_plugin._read_tensor_binary_file(str(path), vectors.shape)
    assert np.array_equal(read[:, 1:], vectors[:, 1:])
    assert read[0, 0] == pytest.approx(float(vectors[0, 0]), rel=2**-15, abs=1e-38)


def test_the_files_name_each_other(tmp_path, films):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    train, _ = films
    features = train.item_features.assign(image=["a.png"] * 20)
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    projector = Projector(
        replace(train, item_features=features),
        ItemDisplay(image_col="image", image_folder=tmp_path),
        np.random.default_rng(0),
    )
    projector.write(tmp_path, tfrecs.build_mf(30, 20, embedding_dim=3))
    text = (tmp_path / "projector_config.pbtxt").read_text(encoding="utf-8")
    items, users = text_format.Parse(text, ProjectorConfig()).embeddings
    assert (items.tensor_name, users.tensor_name) == ("items", "users")
    assert list(items.tensor_shape) == list(users.tensor_shape) == [20, 3]
    assert len((tmp_path / items.tensor_path).read_bytes()) == 20 * 3 * 4
    assert (tmp_path / users.metadata_path).read_text(encoding="utf-8").count(
        "\n"
    ) == 21
    with Image.open(tmp_path / items.sprite.image_path) as sprite:
        assert sprite.size == (5 * 50, 5 * 50)  # 20 pictures
    assert list(items.sprite.single_image_dim) == [50, 50]
    assert not users.sprite.image_path


def test_the_most_popular_items_and_some_users_are_written(monkeypatch, films):
    monkeypatch.setattr("tfrecs.callbacks.board.projector.MOST_POINTS", 2)
    projector = Projector(films.train, ItemDisplay(), np.random.default_rng(0))
    counts = films.train.item_counts
    assert sorted(counts[projector.items]) == sorted(counts)[-2:]
    assert len(set(projector.users.tolist())) == 2


def test_columns_are_clean_lines_with_the_label_first(films):
    train, _ = films
    columns = item_columns(train, ItemNames(train, "title"), np.array([4, 7]))
    assert columns == {
        "title": ["tab here and there", "Film 7"],
        "genres": ["Drama|War"] * 2,
        "interactions": [str(int((train.item_ids == item).sum())) for item in (4, 7)],
        "popularity decile": columns["popularity decile"],
        "item": ["4", "7"],
    }
    assert lines_of(columns).count("\n") == 3
    people = user_columns(train, np.array([3]))
    assert list(people) == ["user", "interactions", "activity decile", "gender"]
    assert people["user"] == ["user 3"]
    assert people["gender"] == ["M"]


def with_item_ids(data, ids):
    return replace(data, items=Vocabulary(ids, "items"))


def test_an_item_whose_title_is_missing_is_called_by_all_of_its_id(from_pairs):
    import pandas as pd

    ids = [1234567.25, 1234568.0, 3.0, 4.0]  # six digits would not tell them apart
    films = pd.DataFrame({"name": [None, float("nan"), "Heat", " \0 "]})
    train = with_item_ids(from_pairs([(0, 0)], 1, 4), ids)
    train = replace(train, item_features=films.set_index(pd.Index(ids)))
    names = ItemNames(train, "name")
    expected = ["1234567.25", "1234568", "Heat", "\ufffd"]
    assert names.of(np.arange(4)) == expected
    assert names.of(np.array([2, 0])) == [expected[2], expected[0]]
    assert item_columns(train, names, np.array([1]))["item"] == ["1234568"]
    train = with_item_ids(from_pairs([(0, 0)], 1, 3), [("a", 1), "tab\there\x1b", 7])
    names = ItemNames(train, "title")
    assert names.of(np.arange(3)) == ["('a', 1)", "tab here\ufffd", "7"]
    columns = item_columns(train, names, np.array([1]))
    assert list(columns) == ["title", "interactions", "popularity decile", "item"]


def test_features_do_not_take_the_place_of_what_is_told_of_all(from_pairs):
    import pandas as pd

    own = {"user": ["x"] * 60, "interactions": ["y"] * 60}
    many = {"age": range(60), "height": [1.5] * 60}  # or no whole numbers
    people = pd.DataFrame({**own, **many, "tags": [["a", "b"]] * 60})
    people = people.rename_axis("user_id")  # or "user" would be the ids
    train = from_pairs([(0, 0)], 60, 1, user_features=people)
    columns = user_columns(train, np.array([0, *range(60)]))
    assert list(columns) == ["user", "interactions", "activity decile", "tags"]
    assert (columns["user"][0], columns["interactions"][0]) == ("user 0", "1")
    assert columns["tags"][0] == "['a', 'b']"


# Examples


def test_a_light_a_medium_and_a_heavy_user_with_held_out_items_are_drawn(from_pairs):
    train = from_pairs(
        [(user, item) for user in range(6) for item in range(1 + user // 2 * 3)], 6, 9
    )
    held = from_pairs([(1, 8), (2, 8), (4, 8)], 6, 9)
    drawn = draw_examples(train, held, np.random.default_rng(0))
    assert drawn.tolist() == [1, 2, 4]
    everyone = {
        tuple(draw_examples(train, None, np.random.default_rng(seed)).tolist())
        for seed in range(20)
    }
    assert {users[0] for users in everyone} == {0, 1}


def test_an_example_shows_past_list_and_hits(from_pairs):
    import pandas as pd

    titles = pd.DataFrame({"title": ["A", "B", "C", "D", "<E>", "F"]})
    train = from_pairs(
        [(0, 0), (0, 1), (0, 2)],
        *(1, 6),
        ratings=[3.0, 5.0, 4.0],
        item_features=titles,
    )
    held = from_pairs([(0, 4), (0, 5)], 1, 6)
    examples = Examples(train, held, np.array([0]), ItemNames(train, "title"))
    told = examples.texts(np.array([[4, 3, -1]]), np.array([[1.5, -0.25, -np.inf]]))
    assert list(told) == ["recommendations/1, a light user"]
    [text] = told.values()
    lines = [line.strip() for line in shown(text).splitlines() if line.strip()]
    assert "1 of 2 held-out items are among 2." in " ".join(lines)
    rows = "/".join(lines)
    assert "1/<E>/1.500/hit/2/D/-0.250/User 0 had 3 items in training" in rows
    assert rows.endswith("item/rating/B/5/C/4/A/3")


# The profiler


@pytest.mark.parametrize("profile", [(0, 3), (4, 3), (1,), (1.5, 2)])
def test_batches_to_trace_are_checked(profile):
    with pytest.raises(ValueError, match=f"Received: \\({profile[0]}"):
        check_profile(profile)


def test_batches_are_counted_over_epochs(tmp_path, monkeypatch):
    done = []
    tracer = done.append, lambda: done.append("stop")
    monkeypatch.setattr("tfrecs.callbacks.board.profiler.tracer", lambda: tracer)
    profiler = Profiler(tmp_path, 4, 6)
    for epoch in range(3):
        for batch in range(3):
            profiler.before(batch)
            done.append((epoch, batch))
            profiler.after(batch)
    profiler.stop()
    assert done.index(str(tmp_path)) == 3  # before the fourth
    assert done.index("stop") == 7  # after the sixth
    assert len(done) == 9 + 2
