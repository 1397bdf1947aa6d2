"""Runs that are killed and resumed, and folders that must not be trusted."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tfrecs.bench.bundles import Bundles
from tfrecs.bench.cli import main
from tfrecs.bench.problem import load_problem
from tfrecs.bench.result import summarize
from tfrecs.bench.resume import read_finished, write_finished
from tfrecs.bench.rows import rows_of
from tfrecs.bench.run import run

COLUMNS = ("--user-col", "person", "--item-col", "film", "--rating-col", "stars")
MODELS = ("popularity", "mf", "gmf")
ASKED = (*COLUMNS, "--models", ",".join(MODELS), "--epochs", "30", "--logdir", "runs")


def rows_in(folder):
    path = folder / "results.json"
    return json.loads(path.read_text())["results"] if path.exists() else []


@pytest.fixture(scope="module")
def killed(tmp_path_factory, good_csv):
    """A run that was killed after its second row; the folder that it was started in."""
    start = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tfrecs.bench", "--train", str(good_csv), *ASKED]
    nothing = subprocess.DEVNULL
    found = []
    with subprocess.Popen(command, cwd=start, stdout=nothing, stderr=nothing) as run:
        while len(found) < 2 and run.poll() is None:
            time.sleep(0.02)
            found = [row for path in start.glob("runs/*") for row in rows_in(path)]
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    return start


@pytest.fixture
def resume(killed, tmp_path, monkeypatch, capsys):
    """Resumes a copy of the killed run; returns status, output, errors and folder."""
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    [folder] = Path("runs").iterdir()

    def resume(*more):
        status = main(["--resume", str(folder), *more])
        printed = capsys.readouterr()
        return status, printed.out, printed.err, folder

    return resume


def test_a_killed_run_is_completed_with_the_numbers_of_one_that_was_not(
    killed, resume, good_csv, capsys
):
    [earlier] = killed.glob("runs/*")
    before = rows_in(earlier)
    assert [row["model"] for row in before] == ["popularity", "mf"]
    status, out, _, folder = resume("--json", "r.json")
    assert status == 0
    rows = rows_in(folder)
    assert [row["model"] for row in rows] == list(MODELS)
    assert rows[:2] == before  # with their seconds: they were not run again
    for name in MODELS:
        assert any(line.strip().startswith(name) for line in out.splitlines())
        assert f">{name}<" in (folder / "report.html").read_text()
    assert (folder / "results.json").read_text() == Path("r.json").read_text()
    assert sorted(p.name for p in (folder / "bundles").iterdir()) == ["gmf", "mf"]
    shutil.rmtree("runs")
    assert main(["--train", str(good_csv), *ASKED]) == 0
    capsys.readouterr()
    [whole] = Path("runs").iterdir()
    at_once = json.loads((whole / "results.json").read_text())
    resumed = json.loads(Path("r.json").read_text())
    assert resumed["summary"] == at_once["summary"]
    for row, other in zip(resumed["results"], at_once["results"], strict=True):
        assert row["metrics"] == other["metrics"]
        assert row["hparams"] == other["hparams"]
    command = resumed["environment"]["command"]
    assert command == at_once["environment"]["command"]  # so that it resumes again


def test_a_finished_run_is_shown_again(resume):
    resume()
    status, out, _, folder = resume()
    assert status == 0
    assert "gmf" in out
    assert len(rows_in(folder)) == 3


def test_a_run_without_a_finished_row_runs_them_all(resume):
    [folder] = Path("runs").iterdir()
    path = folder / "results.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "results": [], "summary": []}))
    status, _, _, folder = resume()
    assert (status, len(rows_in(folder))) == (0, 3)


def test_an_interruption_says_how_to_go_on(resume, monkeypatch):
    def interrupt(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfrecs.bench.run.run", interrupt)
    status, out, err, folder = resume()
    assert status == 130
    assert err.endswith(f"the rest was not run; --resume {folder} continues it\n")
    assert "popularity" in out


# The values of a row


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_a_row_is_read_as_it_was_written(good_csv, tmp_path, exclude_seen):
    columns = {"user_col": "person", "item_col": "film", "rating_col": "stars"}
    settings = {"k": (3, 5), "exclude_seen": exclude_seen}
    problem = load_problem(train=good_csv, **columns, **settings)
    rows = rows_of(problem, ("popularity", "mf"), 2, limited=False)
    shown = {"folder": tmp_path, "progress": print}
    results = list(run(problem, rows, epochs=None, **shown))
    about = {**problem.as_json(), "environment": {"packages": {}}}
    content = {**about, "results": [result.as_json() for result in results]}
    titles = {(row.name, row.seed): row.title for row in rows}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tfrecs.bench.resume.environment", lambda: {"packages": {}})
        (tmp_path / "results.json").write_text(json.dumps(content))
        again = read_finished(tmp_path, problem, titles)
    for one, other in zip(results, again, strict=True):
        for field in fields(one):
            if field.name != "evaluation":
                assert getattr(other, field.name) == getattr(one, field.name)
        assert other.metrics == one.metrics
        assert other.evaluation.protocol == one.evaluation.protocol
        for name, values in one.evaluation.per_user.items():
            assert np.array_equal(other.evaluation.per_user[name], values)
    assert [s.as_json() for s in summarize(again)] == [
        s.as_json() for s in summarize(results)
    ]
    bundles = Bundles(tmp_path / "bundles", problem)
    bundles.restore(again)
    assert list(bundles._kept) == ["mf"]
    assert bundles._kept["mf"] == results[2].validation["val_ndcg@5"]


def test_a_row_that_did_not_run_leaves_no_file(tmp_path):
    from tfrecs.bench.result import Result

    write_finished(tmp_path / "mf", Result("mf", 0, "failed: no"))
    assert not (tmp_path / "mf").exists()


# What is refused


def changed(*keys, to):
    """Returns a function that changes a value in the JSON file."""

    def change(folder):
        path = folder / "results.json"
        content = json.loads(path.read_text())
        place = content
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to
        path.write_text(json.dumps(content))

    return change


def written(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def without_a_user(folder):
    path = folder / "mf" / "evaluation.npz"
    with np.load(path) as stored:
        arrays = {name: x[1:] if x.ndim else x for name, x in stored.items()}
    np.savez(path, **arrays)


def with_other_values(folder):
    path = folder / "mf" / "evaluation.npz"
    with np.load(path) as stored:
        arrays = {name: x / 2 for name, x in stored.items()}
    np.savez(path, **arrays)


def pickled(folder):
    path = folder / "mf" / "evaluation.npz"
    np.savez(path, **{"users/mrr": np.array([{}], object)})


COMMAND = ("environment", "command")
ROW = ("results", 1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: os.remove(folder / "results.json"), "no such file"),
        (written("results.json", b"{"), "results.json: must be whole"),
        (written("results.json", b"[]"), "Received: no dataset"),
        (changed("results", to={}), "Received: no results"),
        (changed(*COMMAND, to="rm -r x"), "Received: the command 'rm -r x'"),
        (changed(*COMMAND, to=7), "Received: the command 7"),
        (changed(*COMMAND, to="python -m tfrecs.bench --k x"), "argument --k"),
        (
            changed(*COMMAND, to="python -m tfrecs.bench --tune 3"),
            "--resume is not for a run with --tune: repeat its command",
        ),
        (changed("dataset", "sha256", to="0"), "must be of the same dataset: sha256"),
        (changed("protocol", "k", to=[5]), "the same protocol: k [5, 10]. Received:"),
        (
            changed("environment", "packages", to={"keras": "2.0"}),
            "Received: {'keras': '2.0'}. Start a new run, without --resume.",
        ),
        (changed(*ROW, to=3), "a row without a model: 3"),
        (changed(*ROW, "seed", to="0"), "a row without a seed"),
        (changed(*ROW, "seed", to=1), "Received: the row ('mf', 1)"),
        (changed(*ROW, "model", to="../mf"), "Received: the row ('../mf', 0)"),
        (changed(*ROW, "metrics", "mrr", to="x"), "mf with other values"),
        (changed(*ROW, "hparams", "x", to=[]), "mf with other values"),
        (changed(*ROW, "metrics", to={}), "other metrics than in results.json"),
        (written("mf/evaluation.npz", b"PK\x03\x04"), "evaluation.npz: must be whole"),
        (lambda f: os.remove(f / "mf/evaluation.npz"), "evaluation.npz: must be whole"),
        (pickled, "evaluation.npz: must be whole"),
        (without_a_user, "not the metrics of 60 users"),
        (with_other_values, "other metrics than in results.json"),
    ],
)
def test_other_data_and_damaged_files_are_refused(resume, spoil, message, one_line):
    [folder] = Path("runs").iterdir()
    spoil(folder)
    status, out, err, _ = resume()
    assert (status, out) == (2, "")
    assert message in one_line(err)


@pytest.mark.parametrize("more", [("--k", "3"), ("--include-seen",), ("--list",)])
def test_the_options_are_those_of_the_run(resume, more):
    status, _, err, _ = resume(*more)
    assert status == 2
    assert "beside it only --minutes and --json" in err


def test_a_file_of_the_run_is_not_written_unless_asked_again(resume):
    command = f"python -m tfrecs.bench --json x.json {' '.join(ASKED)}"
    [folder] = Path("runs").iterdir()
    old = json.loads((folder / "results.json").read_text())["environment"]["command"]
    train = old.partition("--train ")[2].split()[0]
    changed(*COMMAND, to=f"{command} --train {train}")(folder)
    assert resume("--minutes", "5")[0] == 0
    assert not Path("x.json").exists()
