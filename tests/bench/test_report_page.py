"""The report, read back by an independent HTML parser."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from html_tree import read

from tfrecs.bench.problem import load_problem
from tfrecs.bench.report import write_report
from tfrecs.bench.report.findings import find, num_draws
from tfrecs.bench.result import Result, summarize
from tfrecs.bench.table import ranking_table
from tfrecs.evaluation import Evaluation, Protocol
from tfrecs.evaluation.significance import holm, paired_test

COLUMNS = {"user_col": "person", "item_col": "film", "rating_col": "stars"}
NAMES = [f"{name}@{k}" for k in (3, 5) for name in ("precision", "recall", "ndcg")]
HOSTILE = """<img src=x onerror="alert(1)">'&amp;' </style><script>1</script> 🎬 \
שלום \x07"""


@pytest.fixture(scope="module")
def problem(good_csv):
    """Data with titles, one of them hostile."""
    found = load_problem(train=good_csv, k=(3, 5), **COLUMNS)
    titles = [f"Film {item}" for item in range(found.train.num_items)]
    titles[7] = HOSTILE
    named = replace(found.train, item_features=pd.DataFrame({"title": titles}))
    return replace(found, train=named)


@pytest.fixture(scope="module")
def result(problem):
    """Builds results whose metrics all have the same values for each user."""
    users = np.unique(problem.test.user_ids)

    def make(model, level, seed=0, spread=0.05, **more):
        rng = np.random.default_rng([seed, *model.encode()])
        values = level + spread * rng.standard_normal(len(users))
        evaluation = Evaluation(
            per_user={name: values for name in NAMES},
            user_ids=users,
            num_relevant=np.ones(len(users), int),
            num_left_out=problem.train.num_users - len(users),
            protocol=Protocol("full", exclude_seen=True),
        )
        own = {"fit_seconds": 1.0, "epochs": 3, "parameters": 1234, **more}
        return Result(model, seed, evaluation=evaluation, **own)

    return make


@pytest.fixture
def page(problem, tmp_path):
    """Writes a report and reads it back."""

    def page(*results, problem=problem, command="python -m tfrecs.bench"):
        path = tmp_path / "run" / "report.html"
        write_report(path, problem, results, command=command, seconds=75)
        assert [file.name for file in path.parent.iterdir()] == ["report.html"]
        return read(path.read_text(encoding="utf-8"))

    return page


@pytest.fixture
def whole(problem, result, page):
    """The page of a run with every kind of row."""
    lists = {user: (7, 1, 2) for user in problem.example_users}
    shape = {"ndcg@1": 0.1, "ndcg@3": 0.3, "coverage@3": 0.5, "head_share@3": 0.2}
    return page(
        result("lightfm", 0.3, lists=lists, shape=shape),
        result("ease", 0.5, lists=lists, shape=shape, fit_seconds=0.25),
        result("mf", 0.51, lists=lists, shape=shape, curve={10: 0.2, 20: 0.4}),
        result("popularity", 0.1, fit_seconds=0.001),
        result("oracle", 0.9, fit_seconds=0.0),
        Result("tfrs", 0, "skipped: <b>not</b> installed", skipped=True),
        Result("neumf", 0, "failed: ValueError: no & never"),
    )


def section_of(page, key):
    [found] = [e for e in page.all("section") if e.attributes.get("id") == key]
    return found


def rows_of(page):
    """The cells' texts of the table of all models, by model."""
    rows = section_of(page, "models").all("tr")[1:]
    return {
        row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in rows
    }


def answer_of(page):
    """Returns the answer's text, with single spaces."""
    paragraphs = section_of(page, "answer").all("p")
    return " ".join(" ".join(p.text for p in paragraphs).split())


# The numbers


def test_values_and_intervals_are_over_users(result, page):
    one = result("mf", 0.5)
    cells = rows_of(page(one))["mf"]
    values = one.evaluation.per_user["ndcg@5"]
    error = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))
    mean = np.mean(values)
    low, high = f"{mean - error:.4f}", f"{mean + error:.4f}"
    assert cells[:6] == [f"{mean:.4f}best ★{low}\u2013{high}"] * 6
    assert cells[6:] == ["1.0 s", "3", "1,234"]


def test_seeds_are_averaged_and_their_spread_is_shown(result, page):
    seeds = [result("mf", level, seed) for seed, level in enumerate((0.3, 0.4))]
    means = [run.evaluation.metrics["ndcg@5"] for run in seeds]
    cell = rows_of(page(*seeds))["mf"][5]
    assert cell.startswith(f"{np.mean(means):.4f}best ★± {np.std(means, ddof=1):.4f}")


def test_p_values_are_of_paired_tests_with_holms_correction(result, page):
    runs = [result(m, x) for m, x in {"lightfm": 0.3, "a": 0.31, "b": 0.29}.items()]
    values = [run.evaluation.per_user["ndcg@5"] for run in runs]
    draws = num_draws(len(values[0]))
    tests = [paired_test(x, values[0], seed=0, num_resamples=draws) for x in values[1:]]
    adjusted = holm([test.p_value for test in tests])
    rows = rows_of(page(*runs))
    for model, test, p in zip("ab", tests, adjusted, strict=True):
        assert rows[model][6].startswith(f"{test.difference:+.4f} ")
        assert rows[model][6].endswith(f"p = {p:.3f}" if p >= 0.001 else "p < 0.001")
    assert rows["lightfm"][6] == ""


def test_micro_averages_come_first_if_training_items_are_ranked(problem, result, page):
    micro = {
        f"micro_{name}@{k}": k / 10 for k in (3, 5) for name in ("precision", "recall")
    }
    open_problem = replace(problem, exclude_seen=False)
    found = page(result("mf", 0.5, more_metrics=micro), problem=open_problem)
    heads = [th.text for th in section_of(found, "models").all("th")]
    assert heads[1:4] == ["micro P@3", "micro R@3", "P@3"]
    cells = rows_of(found)["mf"]
    assert cells[0] == "0.3000best ★"  # one number for all users has no interval
    assert cells[5] == "0.5000best ★"


def test_only_competitors_are_starred_and_compared(whole):
    rows = rows_of(whole)
    oracle = "oracleknows the true scores"
    assert next(iter(rows)) == oracle
    assert "★" not in "".join(rows[oracle])
    assert rows[oracle][6] == ""
    assert sum("★" in cell for cell in rows["mf"]) == 6
    assert "higher ▲" in rows["mf"][6]
    assert "lower ▼" in rows["popularity"][6]
    assert rows["tfrs"] == ["skipped: <b>not</b> installed"]
    assert rows["neumf"] == ["failed: ValueError: no & never"]


def test_an_oracle_as_good_as_the_best_has_no_star(result, page):
    best = result("mf", 0.5)
    rows = rows_of(page(best, replace(best, model="oracle")))
    assert sum("★" in cell for cell in rows["mf"]) == 6
    assert "★" not in "".join(rows["oracleknows the true scores"])


def test_a_training_that_ran_out_of_time_is_marked(problem, result, page):
    early = result("mf", 0.5, stopped_early="stopped after 1.4 of 8 epochs")
    ended = result("popularity", 0.4)
    rows = rows_of(page(early, ended))
    assert rows["mf"][8] == "3out of time: stopped after 1.4 of 8 epochs"
    assert rows["popularity"][8] == "3"
    table, lines = ranking_table(problem, summarize([early, ended]))
    assert lines[-1] == "† out of time: mf stopped after 1.4 of 8 epochs"
    assert list(table.columns[-2].cells) == ["3†", "3"]


# The answer


def test_the_answer_names_the_best_the_gain_and_the_fastest(whole):
    answer = answer_of(whole)
    assert answer.startswith("mf is highest: NDCG@5 is 0.5")
    assert re.search(r"\+0\.2\d+ \(\+\d\d%\) over LightFM\.", answer)
    alone = "its 95% interval, for this comparison alone, is +0."
    assert f"That difference is significant: {alone}" in answer
    assert "Holm's correction for 3 comparisons" in answer  # the oracle is none
    assert "--seeds 3 --models mf,ease,lightfm to the command" in answer


@pytest.mark.parametrize(
    ("levels", "texts"),
    [
        (
            {"mf": 0.5, "popularity": 0.1},
            ["LightFM has no numbers to compare with.", "NDCG@5 to popularity"],
        ),
        ({"mf": 0.5, "gmf": 0.4}, ["Neither LightFM nor popularity has numbers"]),
        (
            {"mf": 0.2, "lightfm": 0.5},
            [
                "lightfm itself is best",
                "No other model is above LightFM.",
                "Every other model is significantly below it.",
                "--seeds 3 --models lightfm,mf to the command",
            ],
        ),
        (
            {"mf": 0.5, "lightfm": 0.1},
            [
                "mf is best: ",
                "Every other model is significantly below it.",
                "its 95% interval is +0.",  # no correction of one comparison
            ],
        ),
        (
            {"oracle": 0.9, "lightfm": 0.5},
            ["lightfm is the only model with numbers", "no other model to compare"],
        ),
        ({"oracle": 0.9}, ["Only the oracle ran, which knows the true scores."]),
        ({}, ["No model ran."]),
    ],
)
def test_the_answer_depends_on_the_models(result, page, levels, texts):
    found = page(*(result(model, x) for model, x in levels.items()))
    shown = answer_of(found) + section_of(found, "models").text
    assert all(text in shown for text in texts), shown


def test_an_only_model_has_no_others(result, page):
    found = page(result("mf", 0.5))
    assert "others" not in finding(found, "intervals")
    assert found.all("fieldset") == []


def test_a_failure_of_all_seeds_is_named_once(page):
    failed = [Result(m, seed, "failed: x") for m in "abcde" for seed in range(2)]
    found = page(*failed)
    assert answer_of(found).startswith(
        "No model has numbers. a: failed: x; b: failed: x; c: failed: x; and 2 more."
    )
    assert rows_of(found)["aseeds 0 and 1"] == ["failed: x"]
    assert found.all("figure") == []


def test_a_model_that_is_level_and_faster_is_named(result, page):
    runs = (result("lightfm", 0.1), result("mf", 0.5), result("ease", 0.5, spread=0.06))
    slow, fast = sorted(runs[1:], key=lambda run: -run.metrics["ndcg@5"])
    answer = answer_of(page(runs[0], slow, replace(fast, fit_seconds=0.5)))
    assert f"between {slow.model} and {fast.model} is not significant" in answer
    assert f"The fastest of them to train is {fast.model}, in 0.5 s." in answer
    assert f"--models {slow.model},{fast.model}" in answer


def few(result, users):
    """The result with the first users alone."""
    of = result.evaluation
    evaluation = replace(
        of,
        per_user={name: x[:users] for name, x in of.per_user.items()},
        user_ids=of.user_ids[:users],
        num_left_out=of.num_left_out + len(of.user_ids) - users,
    )
    return replace(result, evaluation=evaluation)


def test_one_user_is_not_tested(result, page):
    one = few(result("mf", 0.5), 1)
    found = page(one, few(result("lightfm", 0.1), 1))
    assert "There are too few users to test the difference." in answer_of(found)
    assert "One user was tested, which is no evidence about" in answer_of(found)
    assert "interval" not in section_of(found, "models").text
    value = f"{one.evaluation.per_user['ndcg@5'][0]:.4f}"
    assert rows_of(found)["mf"][5] == f"{value}best ★"
    figure = section_of(found, "figures").all("figure")[0]
    assert not re.search(r"\(|others", figure.all("figcaption")[0].text)
    assert "who has no interval" in figure.text


def test_the_small_print_describes_the_tests(result, page):
    runs = result("mf", 0.5), result("lightfm", 0.1)
    many = section_of(page(*runs), "meaning").text
    assert "P values are of 4,000 random exchanges of two models' values. " in many
    five = page(*(few(run, 5) for run in runs))
    assert "P values count all exchanges" in section_of(five, "meaning").text
    assert "random exchanges" not in section_of(five, "meaning").text
    assert "Only 5 users were tested: with so few, intervals" in answer_of(five)


def test_models_that_are_equal_are_not_ranked(result, page):
    one = result("mf", 0.5)
    answer = answer_of(page(one, replace(one, model="popularity"), result("ease", 0.1)))
    assert answer.startswith("mf and popularity are highest together: NDCG@5 is 0.5")
    assert "That difference" not in answer


def test_only_published_data_lead_to_own_data(problem, result, page):
    assert "--train FILE" not in answer_of(page(result("mf", 0.5)))
    known = replace(problem, dataset=replace(problem.dataset, name="ml-100k"))
    assert "--train FILE" in answer_of(page(result("mf", 0.5), problem=known))


def finding(page, key):
    [found] = [f for f in page.all("figure") if f.attributes["id"] == key]
    return found.all("figcaption")[0].all("p")[0].text


def test_findings_of_figures_name_competitors_and_ties(result, page):
    shape = {"ndcg@1": 0.2, "ndcg@3": 0.3, "coverage@3": 0.5}
    other = {"ndcg@1": 0.2, "ndcg@3": 0.4, "coverage@3": 0.5}
    small = {"ndcg@1": 0.1, "ndcg@3": 0.5, "coverage@3": 0.1}
    found = page(
        result("oracle", 0.9, shape={**shape, "coverage@3": 1.0}),
        result("mf", 0.5, shape=shape, curve={10: 0.3, 20: 0.1}),
        result("ease", 0.2, shape=other, curve={10: 0.3, 20: 0.1}),
        result("gmf", 0.1, shape=small),
    )
    assert finding(found, "intervals").startswith("mf is highest with 0.5")
    assert finding(found, "intervals").endswith("of 0 of 2 others overlap it.")
    answer = "Best NDCG: mf and ease at k = 1; gmf at k = 3."
    assert finding(found, "by-k") == answer
    assert finding(found, "coverage") == (
        "mf and ease recommend the most of the catalogue, 50% of it; the most "
        "accurate, gmf, 10%."  # by the metric of the figure
    )
    assert finding(found, "activity").startswith("mf has 0.")
    assert finding(found, "curves") == "Best after 10 epochs for mf and ease."
    shape = {f"{m}@{k}": k / 100 for k in (1, 10, 20) for m in ("ndcg", "coverage")}
    assert finding(page(result("mf", 0.5, shape=shape)), "coverage") == (
        "mf recommends the most of the catalogue, 10% of it."
    )


def test_the_report_says_whether_seconds_include_compiling(result, page):
    given = page(result("mf", 0.5, selection_seconds=1e-5))
    assert given.text.count("and of compiling for a model's first seed") == 2
    assert "to choose epochs" not in section_of(given, "run").text
    chosen = page(result("mf", 0.5, selection_seconds=2.0, curve={1: 0.1}))
    assert chosen.text.count("without compiling, choosing the number") == 2
    assert "2.0 s of it to choose epochs" in section_of(chosen, "run").text


def test_a_right_to_left_name_changes_no_other_text(problem, result, page):
    named = replace(problem, dataset=replace(problem.dataset, name="שלום.csv"))
    found = page(result("mf", 0.5), problem=named)
    heading, protocol = found.all("h1")[0], found.all("header")[0].all("p")[0]
    assert heading.text == "שלום.csv: which recommender is best?"
    assert protocol.text.startswith("שלום.csv, stratified split")
    for element in (heading, protocol):
        assert "dir" not in element.attributes
        assert [bdi.text for bdi in element.all("bdi")] == ["שלום.csv"]


def test_failed_seeds_are_listed(result, page):
    failed = [Result("gmf", seed, "failed: no memory") for seed in range(3)]
    found = page(
        *(result("mf", 0.5), Result("mf", 1, "failed: x"), result("mf", 0.4, 2)),
        *failed,
    )
    rows = rows_of(found)
    assert "mf2 of 3 seeds" in rows
    assert rows["mfseed 1"] == ["failed: x"]
    assert rows["gmfseeds 0, 1 and 2"] == ["failed: no memory"]


def test_test_items_are_unseen_only_if_seen_items_are_excluded(problem, result, page):
    open_problem = replace(problem, exclude_seen=False)
    micro = {f"micro_{m}@{k}": 0.1 for k in (3, 5) for m in ("precision", "recall")}
    for its, blind in ((problem, True), (open_problem, False)):
        found = page(result("mf", 0.5, more_metrics=micro), problem=its)
        answer = section_of(found, "people").text
        assert ("which no model has seen" in answer) == blind


# Missing parts


def test_only_figures_with_numbers_are_shown(whole, result, page):
    keys = [figure.attributes["id"] for figure in whole.all("figure")]
    assert keys == ["intervals", "by-seconds", "by-k", "activity", "coverage", "curves"]
    bare = page(result("mf", 0.5, fit_seconds=0.0), result("gmf", 0.4, fit_seconds=0.0))
    keys = [figure.attributes["id"] for figure in bare.all("figure")]
    assert keys == ["intervals", "activity"]
    assert "There are no lists" in section_of(bare, "people").text


def test_items_of_the_same_title_have_their_ids(problem, result, page):
    titles = [f"Film {item}" for item in range(problem.train.num_items)]
    titles[1], titles[2], titles[4] = "Same", "Same", None
    train = replace(problem.train, item_features=pd.DataFrame({"title": titles}))
    [user, *_] = problem.example_users
    found = page(
        result("mf", 0.5, lists={user: (1, 2, 3, 4)}),
        problem=replace(problem, train=train),
    )
    [shown] = section_of(found, "people").all("ol")
    ids = train.items.ids
    names = [li.text.removesuffix(" ✓ held out") for li in shown.all("li")]
    assert names == [f"Same [{ids[1]}]", f"Same [{ids[2]}]", "Film 3", f"{ids[4]}"]


# Figures


def test_each_figure_has_a_text_and_its_numbers(whole):
    for figure in whole.all("figure"):
        [svg] = figure.all("svg")
        assert svg.attributes["role"] == "img"
        text = figure.all("figcaption")[0].all("p")[0].text
        assert svg.attributes["aria-label"] == text
        assert len(figure.all("details")[0].all("tr")) > 1
    [curves] = [f for f in whole.all("figure") if f.attributes["id"] == "curves"]
    assert [td.text for td in curves.all("td")] == ["20", "0.4000"]


def test_all_marks_of_a_model_have_its_class_and_name(whole):
    [button] = [label for label in whole.all("label") if label.text == "mf"]
    place = button.all("input")[0].attributes["id"].removeprefix("pick-")
    marked = whole.all("g", f"m{place}")
    assert {g.all("title")[0].text for g in marked} == {"mf"}
    assert len(marked) >= 8
    for marker in (path for defs in whole.all("defs") for path in defs.all("path")):
        assert set(marker.attributes) == {"id", "d"}  # its attributes are at its uses
    [style] = whole.all("style")
    assert f"body:has(#pick-{place}:checked)" in style.text


def test_few_curves_all_have_names(result, page):
    run = {name: result(name, level) for level, name in enumerate("abcdef")}
    run["a"] = replace(run["a"], curve={1: 0.1, 2: 0.2})
    found = page(*run.values(), result("lightfm", 9))
    [curves] = [f for f in found.all("figure") if f.attributes["id"] == "curves"]
    assert [t.text for t in curves.all("text") if t.text == "a"] == ["a"]


# Lists


def test_lists_mark_what_was_held_out(problem, whole):
    people = section_of(whole, "people").all("article")
    assert len(people) == len(problem.example_users) == 3
    for user, person in zip(problem.example_users, people, strict=True):
        held_out = set(problem.test.item_ids[problem.test.user_ids == user])
        for listed in person.all("ol"):
            marks = ["✓" in entry.text for entry in listed.all("li")]
            assert marks == [item in held_out for item in (7, 1, 2)]
        heads = [card.all("h4")[0].text.split() for card in person.all("section")]
        assert [name for name, *_ in heads] == ["mf", "ease", "lightfm"]
        assert heads[0][1] == f"{len(held_out & {7, 1, 2})}"


def test_items_of_training_with_the_best_ratings_and_latest_times_come_first(
    problem, result, page
):
    [user, *_] = problem.example_users
    times = np.random.default_rng(0).permutation(len(problem.train)).astype(np.float64)
    timed = replace(problem, train=replace(problem.train, timestamps=times))
    rows = np.flatnonzero(problem.train.user_ids == user)
    rows = sorted(rows, key=lambda row: (-problem.train.ratings[row], -times[row]))
    best = problem.train.item_ids[rows]
    found = page(result("mf", 0.5, lists={user: (1,)}), problem=timed)
    known = section_of(found, "people").all("ul")[0].all("bdi")
    titles = problem.train.item_features["title"]
    shown = [title.text.replace("\ufffd", "\x07") for title in known]
    assert shown == titles[best[:8]].tolist()


def test_hostile_titles_are_shown_as_they_are(whole):
    shown = section_of(whole, "people").all("ol")[0].all("bdi")[0]
    assert shown.inside == [HOSTILE.replace("\x07", "\ufffd")]
    assert whole.all("script") == whole.all("img") == []


def test_hostile_commands_and_models_are_text(result, page):
    found = page(result("<i>", 0.5), result("a", 0.4), command="x '<b>' & y")
    assert "<i>" in rows_of(found)
    assert found.all("code")[-1].text == "x '<b>' & y"
    assert found.all("i") == found.all("b") == []


# The page itself


def test_ids_are_unique_and_references_exist(whole):
    ids = [e.attributes["id"] for e in whole.below if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    values = [f"{value}" for e in whole.below for name, value in e.attributes.items()]
    asked = {v[1:] for v in values if re.fullmatch(r"#[a-z][a-z-]+.*", v)}
    asked -= {v[1:] for v in values if re.fullmatch("#[0-9a-f]{6}", v)}
    asked |= {m for v in values for m in re.findall(r"url\(#(.+?)\)", v)}
    asked |= {
        e.attributes["aria-labelledby"]
        for e in whole.below
        if "aria-labelledby" in e.attributes
    }
    assert len(asked) > 20
    assert asked <= set(ids)


def test_the_page_loads_and_runs_nothing(whole):
    for element in whole.below:
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "src")
            assert "://" not in (value or "")
            if name == "href":
                assert value.startswith("#")
    [style] = whole.all("style")
    assert "@import" not in style.text
    assert "url(" not in style.text


def test_headings_descend_by_one_and_landmarks_exist(whole):
    levels = [int(e.tag[1]) for e in whole.below if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(np.diff(levels)) == 1
    for landmark in ("header", "nav", "main", "footer"):
        assert len(whole.all(landmark)) == 1
    assert {th.attributes.get("scope") for th in whole.all("th")} == {"row", "col"}


def test_scrolling_regions_have_focus_and_names(whole):
    regions = whole.all("div", "scroll")
    assert len(regions) >= 1 + 2 * 6 + 3
    for region in regions:
        assert region.attributes["tabindex"] == "0"
        assert region.attributes["role"] == "region"
    names = [region.attributes["aria-label"] for region in regions]
    assert len(set(names)) == len(names)


def test_the_same_run_gives_the_same_page(problem, result, tmp_path):
    texts = []
    for name in ("one", "two"):
        path = tmp_path / name
        runs = [result("mf", 0.5), result("lightfm", 0.4, shape={"ndcg@3": 0.1})]
        write_report(path, problem, runs, command="x", seconds=1)
        texts.append(re.sub("<dt>finished.*?</dd>", "", path.read_text("utf-8")))
    assert texts[0] == texts[1]


def test_a_failure_leaves_the_old_page(problem, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(AttributeError):
        write_report(path, problem, [None], command="x", seconds=1)
    assert path.read_text(encoding="utf-8") == "old"


def test_draws_are_bounded_for_many_users():
    assert [num_draws(users) for users in (10, 50_000, 10**6)] == [4000, 2000, 1000]


def test_the_best_is_among_the_highlighted(problem, result):
    runs = [result("b", 0.2), result("a", 0.9), result("lightfm", 0.1)]
    assert find(problem, runs).highlighted == ["a", "lightfm", "b"]
    more = [result("c", 0.3), result("oracle", 0.95)]
    assert find(problem, [*runs, *more]).highlighted == ["a", "lightfm"]
