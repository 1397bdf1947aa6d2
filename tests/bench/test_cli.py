import json
import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

import tfrecs
from tfrecs.bench import cli as cli_module
from tfrecs.bench import rows as rows_module
from tfrecs.bench import run as run_module
from tfrecs.bench.baselines import BASELINES, BaselineError
from tfrecs.bench.recipes import recipes
from tfrecs.models import MODELS, build_mf
from tfrecs.training.recipe import Recipe

COLUMNS = ("--user-col", "person", "--item-col", "film", "--rating-col", "stars")
POPULARITY = ("--models", "popularity")


@pytest.fixture
def good(bench, good_csv):
    """Runs the command line on the file."""
    return lambda *arguments: bench("--train", good_csv, *COLUMNS, *arguments)


def rows():
    return json.loads(Path("r.json").read_text())["results"]


def raising(error):
    def fail(*arguments, **options):
        raise error

    return fail


@pytest.fixture(scope="module")
def report(tmp_path_factory, good_csv, in_process):
    """The JSON of a run of a baseline and a model with two seeds, and its folder."""
    folder = tmp_path_factory.mktemp("run")
    asked = ("--models", "popularity,mf", "--seeds", 2, "--epochs", 4, "--k", "3,10")
    found, out = in_process(folder, "--train", good_csv, *COLUMNS, *asked)
    return found, folder, out


def test_the_table_has_protocol_rows_star_and_where_the_logs_are(report):
    _, _, out = report
    first = out.splitlines()[0]
    assert first.startswith("good.csv, stratified split")
    assert "training items excluded" in first
    assert "60 users x 40 items" in first
    for name in ("popularity", "mf"):
        assert any(line.strip().startswith(name) for line in out.splitlines())
    assert "*" in out
    assert "±" in out
    assert "All metrics: out/report.json" in out


def test_json_has_what_other_tools_read(report):
    found, _, _ = report
    assert set(found) == {"dataset", "protocol", "environment", "results", "summary"}
    assert [(row["model"], row["seed"]) for row in found["results"]] == [
        (model, seed) for model in ("popularity", "mf") for seed in (0, 1)
    ]
    for row in found["results"]:
        assert row["status"] == "ok"
        names = {"precision@3", "recall@3", "ndcg@3", "mrr", "auc"}
        assert names <= set(row["metrics"])
        assert row["evaluate_seconds"] > 0
        assert row["parameters"] > 0
    assert found["results"][-1]["epochs"] == 4
    assert found["results"][-1]["fit_seconds"] > 0
    assert found["dataset"]["name"] == "good.csv"
    assert found["protocol"]["k"] == [3, 10]


def test_summary_is_mean_and_deviation_of_the_seeds(report):
    found, _, _ = report
    values = [r["metrics"]["ndcg@10"] for r in found["results"] if r["model"] == "mf"]
    ndcg = found["summary"][1]["metrics"]["ndcg@10"]
    assert ndcg["mean"] == pytest.approx(sum(values) / 2)
    assert ndcg["std"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert ndcg["ci95"][0] < ndcg["mean"] < ndcg["ci95"][1]


def test_a_run_is_one_folder_with_one_for_each_row(report):
    _, folder, _ = report
    [run] = (folder / "runs").iterdir()
    assert run.name.startswith("good.csv-")
    names = ["mf-seed0", "mf-seed1", "popularity-seed0", "popularity-seed1"]
    assert sorted(path.name for path in run.glob("*-seed*")) == names
    for name in names:
        assert list((run / name).glob("events.out.tfevents.*"))
    assert list((run / "mf-seed1/fit").glob("**/events.out.tfevents.*"))
    written = (run / "results.json").read_text()
    assert written == (folder / "out/report.json").read_text()


def test_the_last_lines_are_commands_for_the_next_steps(report):
    _, folder, out = report
    [run] = (folder / "runs").iterdir()
    python = shlex.quote(sys.executable)
    bundles = f"runs/{run.name}/bundles"
    assert out.splitlines()[-3:] == [
        f"  report       runs/{run.name}/report.html, in any browser",
        f"  TensorBoard  {python} -m tensorboard.main --logdir runs",
        f"  app          {python} -m tfrecs.app --bundle {bundles}",
    ]


def test_models_are_kept_as_bundles_with_settings_and_metrics(report):
    found, folder, _ = report
    [bundle] = folder.glob("runs/*/bundles/*")
    assert bundle.name == "mf"
    recommender = tfrecs.load(bundle)
    assert len(recommender.recommend(["u1"], k=3)) == 3
    row = found["results"][2]  # of seed 0
    assert recommender.settings == row["hparams"]
    assert recommender.metrics["test_ndcg@10"] == row["metrics"]["ndcg@10"]
    card = json.loads((bundle / "model_card.json").read_text())
    low, high = card["metrics"]["test_ndcg@10"]["interval"]
    assert low < row["metrics"]["ndcg@10"] < high
    assert card["protocol"]["split"] == found["protocol"]["split"]
    assert card["protocol"]["dataset"]["sha256"] == found["dataset"]["sha256"]
    assert "## Metrics" in (bundle / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_epochs_are_chosen_on_validation_data(good):
    status, out, _ = good("--models", "mf", "--json", "r.json")
    assert status == 0
    assert "Epochs were chosen on a random tenth of train" in out
    [row] = rows()
    assert row["epochs"] >= 1
    assert row["selection_seconds"] > 0
    assert 0 < row["validation"]["val_ndcg@10"] <= 1


def test_including_seen_items_shows_micro_averages(good):
    status, out, _ = good(*POPULARITY, "--include-seen")
    assert status == 0
    assert "training items ranked" in out
    assert "micro P@5" in out
    assert "Epochs were chosen" not in out


# Rows


@pytest.mark.parametrize(
    ("model", "missing"),
    [("hybrid", "no user or item features"), ("bucketed_mf", "no categories of items")],
)
def test_models_of_metadata_need_metadata(good, monkeypatch, model, missing):
    status, out, _ = good("--models", model)
    assert status == 1
    assert f"{model}, seed 0: failed: the data have {missing}" in out
    monkeypatch.setattr(rows_module, "model_names", lambda problem: [model])
    status, out, _ = good()  # not asked for
    assert status == 0
    assert f"{model}, seed 0: skipped: the data have {missing}" in out


def test_a_model_without_a_recipe_has_a_row_with_the_defaults_of_fit(good, monkeypatch):
    monkeypatch.setitem(MODELS, "new", build_mf)
    assert recipes()["new"] == Recipe("new")
    status, out, _ = good("--models", "new", "--epochs", 2, "--json", "r.json")
    assert status == 0, out
    assert rows()[0]["model"] == "new"


def test_list_names_everything_and_reads_nothing(bench):
    status, out, _ = bench("--list")
    assert status == 0
    for name in ("ml-100k", "synthetic", "mf-bias-optimizer", *MODELS, *BASELINES):
        assert name in out


# What goes wrong


def test_a_baseline_that_fails_keeps_its_row(good, monkeypatch):
    crash = raising(BaselineError("crashed: SIGSEGV"))
    monkeypatch.setitem(BASELINES, "lightfm", crash)
    monkeypatch.setitem(BASELINES, "ease", raising(MemoryError()))
    names = "lightfm,popularity,ease"
    status, out, _ = good("--models", names, "--json", "r.json")
    assert status == 1
    assert "lightfm, seed 0: crashed: SIGSEGV\n" in out
    assert "ease, seed 0: failed: MemoryError\n" in out
    statuses = [row["status"] for row in rows()]
    assert statuses == ["crashed: SIGSEGV", "ok", "failed: MemoryError"]


def test_rows_without_time_are_reported(good, monkeypatch):
    status, out, _ = good("--models", "popularity,mf", "--minutes", 1e-6)
    assert status == 1  # they were asked for
    expected = "out of time before it began (--minutes 1e-06)"
    assert f"popularity, seed 0: {expected}\n" in out
    assert f"mf, seed 0: {expected}\n" in out
    monkeypatch.setattr(rows_module, "model_names", lambda problem: ["popularity"])
    status, out, _ = good("--minutes", 1e-6)
    assert status == 0
    assert expected in out


def test_large_data_have_ten_minutes(good, monkeypatch):
    limits = []

    def run(*given, minutes, **options):
        limits.append(minutes)
        return iter(())

    monkeypatch.setattr(run_module, "run", run)
    good()
    monkeypatch.setattr("tfrecs.bench.recipes.FEW", 100)
    for minutes in ((), ("--minutes", 3), ("--minutes", "inf")):
        good(*minutes)
    assert limits == [None, 10, 3, None]


def test_an_interrupted_run_keeps_what_was_finished(good, monkeypatch):
    monkeypatch.setitem(BASELINES, "ease", raising(KeyboardInterrupt()))
    status, out, err = good("--models", "popularity,ease", "--json", "r.json")
    assert status == 130
    assert "popularity" in out
    assert "Note: stopped before all models were run\n" in out
    assert "interrupted" in err
    assert [row["model"] for row in rows()] == ["popularity"]
    [page] = Path("logs").glob("*/report.html")
    assert "Note: stopped before all models were run" in page.read_text()


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("load_problem", "nothing was run"),
        ("run", "the rest was not run"),
        ("write_report", "the report was not written"),
    ],
)
def test_an_interrupt_is_one_line(good, monkeypatch, name, rest, one_line):
    monkeypatch.setattr(run_module, name, raising(KeyboardInterrupt()))
    status, out, err = good(*POPULARITY)
    assert status == 130
    assert f"interrupted; {rest}" in one_line(err)
    if name == "write_report":
        assert "popularity" in out
        assert list(Path("logs").glob("*/results.json"))
    elif name == "load_problem":
        assert out == ""
    else:  # the title and what was read are printed at once
        title, *read = out.splitlines()
        assert title.startswith("good.csv, ")
        notes = [line for line in read if not line.startswith("Read ")]
        note = "Note: no minimum rating: all ratings above 0 count as positives"
        assert notes == [note]


@pytest.mark.parametrize(
    ("module", "name"), [(run_module, "write_report"), (cli_module, "write_json")]
)
def test_a_full_disk_is_one_line(good, monkeypatch, module, name, one_line):
    monkeypatch.setattr(module, name, raising(OSError("No space left on device")))
    status, out, err = good(*POPULARITY)
    assert status == 1
    assert "popularity" in out
    assert "No space left on device" in one_line(err)


def test_a_folder_that_cannot_be_written_is_one_line(refused, good_csv, monkeypatch):
    monkeypatch.setattr(run_module, "new_folder", raising(PermissionError("logs: no")))
    err = refused("--train", good_csv, *COLUMNS, *POPULARITY)
    assert err == "tfrecs.bench: logs: no\n"


# Files


@pytest.mark.parametrize(
    "name", ["a" * 251 + ".csv", "é" * 125 + ".csv", "\x1b[31m a\nb.csv", "\udcff.csv"]
)
def test_any_name_of_a_file_can_be_shown(bench, good_csv, name):
    Path(name).write_bytes(good_csv.read_bytes())
    status, out, err = bench("--train", name, *COLUMNS, *POPULARITY)
    assert status == 0
    assert re.search(r"(?m)^\d+ s: popularity, seed 0: ndcg@10 0\.\d+, .*$", err)
    assert "\x1b" not in err
    assert "\x1b" not in out
    assert list(Path("logs").glob("*/report.html"))


@pytest.mark.parametrize("repeated", [0, 50])
def test_a_test_file_is_ranked_against_the_train_file(bench, good_csv, repeated):
    frame = pd.read_csv(good_csv)
    frame[:100].to_csv("test.csv", index=False)
    frame[100 - repeated :].to_csv("train.csv", index=False)
    asked = ("--train", "train.csv", "--test", "test.csv", *COLUMNS, *POPULARITY)
    status, out, _ = bench(*asked)
    assert status == 0
    assert out.startswith("train.csv, test from test.csv: ")
    note = f"Note: {repeated} test interactions are in train too: left out"
    assert (note in out) == bool(repeated)


GOOD = f"--train GOOD {' '.join(COLUMNS)} "


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--train missing.csv", "missing.csv: no such file"),
        ("--train GOOD --user-col who", "the column 'who', named in --user-col"),
        (GOOD + "--weight-col w", "the column 'w', named in --weight-col"),
        ("--weight-col w", "--weight-col needs --train"),
        ("--train empty.csv", "empty.csv: must not be empty"),
        ("--train one_user.csv", "at least 2 users and 2 items. Received: 1 and"),
        ("--train nan.csv", "the column 'user_id' must hold an id"),
        (GOOD + "--k 41", "--k must be at most num_items=4"),
        (GOOD + "--models x", "--models must be one of"),
        (
            GOOD + "--test strangers.csv",
            "whose user and item are in training. Received",
        ),
        (GOOD + "--test GOOD", "Pass --include-seen, or"),
        (GOOD + "--min-rating 6", "at most 5"),
        (GOOD + "--split x", "--split must be one of ran"),
        (GOOD + "--split temporal", "needs timestamps"),
        (GOOD + "--test GOOD --split random", "--split divides --train; leave it out"),
        ("--dataset x", "one of ml-100k, "),
        ("--test x.csv", "--test needs --train"),
        ("--k five", "expected a whole number of at least 1, not 'five'"),
        ("--seeds 0", "not '0'"),
        ("--minutes 0", "expected minutes above 0, not '0'"),
        ("--minutes soon", "expected minutes above 0, not 'soon'"),
        ("--models mf,,mlp", "expected names joined by commas"),
        ("--nonsense", "unrecognized arguments: --nonsense"),
        ("--json .", "--json must be a file that can be written"),
        ("--logdir empty.csv", "empty.csv"),
    ],
)
def test_bad_usage_and_bad_data_are_one_line_and_status_2(
    refused, good_csv, arguments, message
):
    for name, text in {
        "empty.csv": "",
        "one_user.csv": "user_id,item_id\na,1\na,2\na,3\n",
        "nan.csv": "user_id,item_id\na,1\n,2\nb,3\n",
        "strangers.csv": "person,film,stars\nx,1,1\ny,2,2\n",
    }.items():
        Path(name).write_text(text)
    given = arguments.replace("GOOD", f"{good_csv}").split()
    assert message in refused(*given)
