"""Figures: what their lines and points stand for, and what they are called."""

import subprocess
import sys
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb

from tfrecs.evaluation import Evaluation, Protocol
from tfrecs.reporting.plots import (
    coverage_by_accuracy,
    learning_curves,
    mean_over_seeds,
    metric_by_activity,
    metric_by_k,
    metric_by_seconds,
    metric_intervals,
)
from tfrecs.reporting.plots.colours import COLOURS
from tfrecs.reporting.posters.genres import contrast_with_white

NAN = float("nan")
GREY = "#9aa2ab"


def evaluation(*values, user_ids=None, metric="ndcg@10"):
    return Evaluation(
        per_user={metric: np.array(values, dtype=float)},
        user_ids=np.arange(len(values)) if user_ids is None else np.array(user_ids),
        num_relevant=np.ones(len(values), int),
        num_left_out=4 - len(values),
        protocol=Protocol("full", exclude_seen=True),
        overall={"coverage@10": values[0]},
    )


def points_of(figure, model):
    """The points of each line that shows a model."""
    [axes] = figure.axes
    lines = [line for line in axes.lines if line.get_gid() == f"model:{model}"]
    return [line.get_xydata().tolist() for line in lines]


def colours_of(figure, *models):
    [axes] = figure.axes
    found = {line.get_gid(): to_hex(line.get_color()) for line in axes.lines}
    return [found[f"model:{model}"] for model in models]


def names_in(figure):
    [axes] = figure.axes
    return [text.get_text() for text in axes.texts]


# Intervals


def test_a_bar_spans_196_standard_errors():
    found = metric_intervals({"mf": evaluation(0.1, 0.2, 0.3, 0.4)}, "ndcg@10")
    # Deviations from .25 are .15, .05, .05, .15: their squares sum to .05.
    error = 1.96 * (0.05 / 3) ** 0.5 / 4**0.5
    bar, point = points_of(found, "mf")
    assert np.ravel(bar).tolist() == pytest.approx([0.25 - error, 0, 0.25 + error, 0])
    assert np.ravel(point).tolist() == pytest.approx([0.25, 0])


def test_the_best_model_is_on_top():
    means = {"b": evaluation(0.2), "a": evaluation(0.3), "c": evaluation(0.1)}
    [axes] = metric_intervals(means, "ndcg@10").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["c", "b", "a"]
    assert axes.get_xlabel() == "NDCG@10"


def test_users_without_a_value_are_left_out_and_one_user_has_no_interval():
    figure = metric_intervals({"mf": evaluation(0.5, NAN, NAN, NAN)}, "ndcg@10")
    bar, point = points_of(figure, "mf")
    assert np.isnan(bar)[:, 0].all()
    assert point == [[0.5, 0]]


# Lines over k, passes, and activity


def test_a_line_goes_through_every_cut_off_in_its_order():
    metrics = {"mf": {"ndcg@10": 0.2, "ndcg@5": 0.3, "ndcg": 9, "recall@5": 0.1}}
    figure = metric_by_k(metrics, "ndcg")
    assert points_of(figure, "mf") == [[[5, 0.3], [10, 0.2]]]
    [axes] = figure.axes
    assert axes.get_xticks().tolist() == [5, 10]
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylabel() == "NDCG"


def test_a_single_cut_off_shows_every_model():
    figure = metric_by_k({f"m{n}": {"mrr@5": n / 10} for n in range(6)}, "mrr")
    assert all(line.get_marker() != "none" for line in figure.axes[0].lines)


def test_numbers_of_cut_offs_stand_upon_no_others():
    metrics = {"mf": {f"mrr@{k}": 0.1 for k in (1, 2, 9, 10, 11, 50, 100)}}
    figure = metric_by_k(metrics, "mrr")
    [axes] = figure.axes
    FigureCanvasAgg(figure).draw()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert {"1", "2", "11", "100"} <= {x.get_text() for x in axes.get_xticklabels()}
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0


def test_a_curve_marks_its_best_pass():
    figure = learning_curves({"mf": {20: 0.1, 10: 0.3, 40: 0.2}})
    assert points_of(figure, "mf") == [[[10, 0.3], [20, 0.1], [40, 0.2]]]
    assert figure.axes[0].lines[0].get_markevery() == [0]


def test_activity_has_a_place_for_each_segment_that_has_users(from_pairs):
    # 1, 1, 2 and 4 interactions; the third user is not tested.
    pairs = [(0, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (3, 3)]
    train = from_pairs(pairs, num_users=4, num_items=4)
    models = {"mf": evaluation(0.2, 0.4, 0.9, user_ids=(0, 1, 3))}
    figure = metric_by_activity(models, train, "ndcg@10", bounds=(1, 3))
    [line] = points_of(figure, "mf")
    assert line == [[0, pytest.approx((0.2 + 0.4) / 2)], [1, 0.9]]
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["light", "heavy"]
    [bars] = axes.collections
    error = 1.96 * 0.02**0.5 / 2**0.5  # squares of deviations from .3 sum to .02
    assert bars.get_segments()[0][:, 1].tolist() == pytest.approx(
        [0.3 - error, 0.3 + error]
    )


def test_intervals_of_two_models_stand_aside_of_each_other(from_pairs):
    train = from_pairs([(0, 0), (1, 1)], num_users=4, num_items=2)
    models = {"mf": evaluation(0.2, 0.4), "ease": evaluation(0.1, 0.4)}
    figure = metric_by_activity(models, train, "ndcg@10", bounds=(1, 3))
    [[[mf, _]]], [[[ease, _]]] = points_of(figure, "mf"), points_of(figure, "ease")
    assert mf == -ease != 0


# Points


def test_seconds_are_on_a_log_axis_below_steps_of_the_best():
    metrics = {"a": {"mrr": 0.1}, "b": {"mrr": 0.3}, "c": {"mrr": 0.2}}
    seconds = {"a": 1.0, "b": 10.0, "c": 20.0, "other": 5.0}
    figure = metric_by_seconds(metrics, seconds, "mrr")
    assert points_of(figure, "c") == [[[20, 0.2]]]
    [axes] = figure.axes
    assert axes.get_xscale() == "log"
    [steps] = [line for line in axes.lines if line.get_gid() == "frontier"]
    assert steps.get_xydata().tolist() == [[1, 0.1], [10, 0.3]]  # c is slower and worse


@pytest.mark.parametrize(
    ("times", "within"),
    [((3.1, 3.3), 1), ((0.7, 40), 5), ((0.001, 50), 4), ((7.0, 7.0), 1)],
)
def test_some_round_seconds_are_on_the_axis(times, within):
    metrics = {"a": {"mrr": 0.1}, "b": {"mrr": 0.3}}
    figure = metric_by_seconds(metrics, dict(zip("ab", times, strict=True)), "mrr")
    [axes] = figure.axes
    low, high = axes.get_xlim()
    assert sum(low <= tick <= high for tick in axes.get_xticks()) >= within
    assert low < times[0] <= times[1] < high


def test_seconds_of_many_sizes_are_named_apart_and_in_plain_digits():
    metrics = {"a": {"mrr": 0.1}, "b": {"mrr": 0.3}}
    figure = metric_by_seconds(metrics, {"a": 3e-5, "b": 200.0}, "mrr")
    [axes] = figure.axes
    FigureCanvasAgg(figure).draw()
    low, high = axes.get_xlim()
    ticks = [x for x in axes.xaxis.get_major_ticks() if low <= x.get_loc() <= high]
    for left, right in pairwise(tick.label1.get_window_extent() for tick in ticks):
        assert left.x1 < right.x0
    assert not any("e" in tick.label1.get_text() for tick in ticks)


def test_a_model_that_is_not_measured_hides_no_other():
    metrics = {"gone": {"mrr": NAN}} | {f"m{n}": {"mrr": n / 10} for n in range(5)}
    figure = metric_by_seconds(metrics, dict.fromkeys(metrics, 1.0), "mrr")
    [steps] = [line for line in figure.axes[0].lines if line.get_gid() == "frontier"]
    assert steps.get_xydata().tolist() == [[1, 0.4]]
    assert colours_of(figure, "gone", "m4") == [GREY, COLOURS[0].code]


def test_coverage_is_upwards_and_its_name_is_beside_long_numbers():
    names = ("ndcg@10", "coverage@10")
    values = {"a": (0.1, 0.1001), "b": (0.1, 0.1009)}
    metrics = {model: dict(zip(names, x, strict=True)) for model, x in values.items()}
    figure = coverage_by_accuracy(metrics)
    assert points_of(figure, "b") == [[list(values["b"])]]
    assert sorted(names_in(figure)) == ["a", "b"]
    FigureCanvasAgg(figure).draw()
    assert figure.axes[0].yaxis.label.get_window_extent().x0 >= 0


# Highlights


def many(**values):
    others = {f"model-{number}": number / 100 for number in range(10)}
    return {name: {"mrr@5": value} for name, value in (others | values).items()}


def test_the_best_and_the_baselines_stand_out_and_are_named():
    figure = metric_by_k(many(lightfm=0.02, popularity=0.01, mf=0.5, oracle=0.9), "mrr")
    colours = colours_of(figure, "mf", "lightfm", "popularity", "oracle", "model-3")
    assert colours == [*(colour.code for colour in COLOURS[:3]), GREY, GREY]
    assert sorted(names_in(figure)) == ["lightfm", "mf", "popularity"]


def test_few_models_or_chosen_ones_stand_out():
    few = {"a": {"mrr@5": 0.1}, "b": {"mrr@5": 0.2}, "c": {"mrr@5": 0.3}}
    assert GREY not in colours_of(metric_by_k(few, "mrr"), *few)
    figure = metric_by_k(many(mf=0.5), "mrr", highlighted=["gone", "model-2"])
    assert colours_of(figure, "model-2", "mf") == [COLOURS[1].code, GREY]


def test_highlighted_models_differ_in_more_than_colour():
    assert len({colour.line for colour in COLOURS}) == len(COLOURS)
    assert len({colour.marker for colour in COLOURS}) == len(COLOURS)


def test_coloured_text_can_be_read_on_white():
    for colour in COLOURS:
        channels = (round(255 * part) for part in to_rgb(colour.code))
        assert contrast_with_white(*channels) >= 4.5


def test_names_and_metrics_are_text_and_no_formula():
    metrics = {"a$b$ <i>\n c": {"$x^$": 0.1, "a_$": 0.2}}
    figure = coverage_by_accuracy(metrics, accuracy="$x^$", coverage="a_$")
    figure.savefig("/dev/null", format="svg")
    assert names_in(figure) == ["a$b$ <i> c"]
    assert figure.axes[0].get_xlabel() == "$x^$"


# Seeds


def test_values_of_seeds_are_averaged_for_each_user():
    both = mean_over_seeds([evaluation(0.2, 0.4), evaluation(0.4, 0.8)])
    assert both.per_user["ndcg@10"].tolist() == pytest.approx([0.3, 0.6])
    assert both.overall["coverage@10"] == pytest.approx(0.3)
    assert both.num_left_out == 2


def test_seeds_of_other_users_are_refused():
    with pytest.raises(ValueError, match=r"at least one\. Received: none"):
        mean_over_seeds([])
    with pytest.raises(ValueError, match=r"Received: 1 users with ndcg@10; and 2"):
        mean_over_seeds([evaluation(0.2), evaluation(0.2, 0.1)])
    with pytest.raises(ValueError, match=r"4 users with ndcg@10; and 4 with mrr"):
        mean_over_seeds([evaluation(1, 1, 1, 1), evaluation(1, 1, 1, 1, metric="mrr")])


# What is refused


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: metric_by_k({}, "ndcg"), "at least one model. Received: none"),
        (lambda: metric_by_k({"mf": {"ndcg": 1}}, "ndcg"), "Received of mf: ndcg"),
        (lambda: coverage_by_accuracy({"mf": {"ndcg@10": 1}}), "must be one of ndcg@"),
        (
            lambda: metric_intervals({"mf": evaluation(1)}, "mrr"),
            "one of ndcg@10. Received: 'mrr'",
        ),
        (
            lambda: metric_by_seconds({"mf": {"mrr": 1}}, {"als": 1}, "mrr"),
            "must be one of als. Received: 'mf'",
        ),
        (
            lambda: metric_by_seconds({"mf": {"mrr": 1}}, {"mf": 0.0}, "mrr"),
            "above 0. Received: 0.0 of mf",
        ),
        (lambda: learning_curves({"mf": {}}), r"Received of mf: \[\]"),
        (lambda: learning_curves({"mf": {0: 1.0}}), r"Received of mf: \[0\]"),
        (
            lambda: metric_by_k(many(), "mrr", highlighted=list("abcdefg")),
            "at most 6 models.*Received: 7",
        ),
    ],
)
def test_what_cannot_be_drawn_is_an_error(draw, says):
    with pytest.raises(ValueError, match=says):
        draw()


def test_train_of_other_users_is_refused(from_pairs):
    train = from_pairs([(0, 0)], num_users=3, num_items=1)
    with pytest.raises(ValueError, match=r"the 4 users .* Received: 3"):
        metric_by_activity({"mf": evaluation(1, 1, 1, 1)}, train, "ndcg@10")


# What is left behind


def test_nothing_global_is_changed():
    with matplotlib.rc_context({"font.size": 31, "axes.grid": False}):
        before = dict(matplotlib.rcParams)
        figure = metric_by_k({"a": {"mrr@5": 0.1}}, "mrr")
        assert dict(matplotlib.rcParams) == before
    assert figure.axes[0].xaxis.label.get_size() == 12


def test_pyplot_is_not_loaded_and_matplotlib_only_to_draw():
    code = (
        "import sys; from tfrecs.reporting import plots; "
        "assert 'matplotlib' not in sys.modules; "
        "plots.metric_by_k({'a': {'mrr@5': 0.1}}, 'mrr'); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'tfrecs\[bench\]'"):
        metric_by_k({"a": {"mrr@5": 0.1}}, "mrr")
