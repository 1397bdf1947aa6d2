"""The command line of streams: tables, files, interruptions and bad input."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfrecs.bench.stream import run as run_module
from tfrecs.bench.stream.problem import load_stream
from tfrecs.bench.stream.rows import ROWS, Row, train_mf
from tfrecs.streaming import IncrementalRecommender, Popular

COLUMNS = (
    *("--user-col", "who", "--item-col", "film"),
    *("--rating-col", "stars", "--time-col", "at"),
)
TIMELESS, UNRATED = COLUMNS[:6], (*COLUMNS[:4], *COLUMNS[6:])


def make_log(path, size):
    """Writes events in which what follows a film is mostly near it; ever more users."""
    rng = np.random.default_rng(0)
    rows, last = [], {}
    for place in range(size):
        user = int(rng.integers(0, 20 + place // 15))
        film = (last.get(user, user) + 1 + int(rng.integers(0, 3))) % 40
        last[user] = film
        rows.append((f"u{user}", f"film {film}", int(rng.integers(3, 6)), place))
    frame = pd.DataFrame(rows, columns=["who", "film", "stars", "at"])
    frame = frame.drop_duplicates(["who", "film"])
    frame.sample(frac=1, random_state=0).to_csv(path, index=False)


@pytest.fixture(scope="session")
def log_csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("stream") / "log.csv"
    make_log(path, 1500)
    return path


@pytest.fixture
def stream(bench, log_csv):
    """Runs the command line on the file, unless another one is given."""
    return lambda *asked: bench("stream", "--train", log_csv, *COLUMNS, *asked)


def command(csv, *arguments):
    return [
        *(sys.executable, "-m", "tfrecs.bench", "stream", "--train", str(csv)),
        *COLUMNS,
        *arguments,
    ]


def results(path):
    """Results without times, which differ from run to run."""
    rows = json.loads(Path(path).read_text())["results"]
    timed = ("fit_seconds", "stream_seconds", "events_per_second", "resumed_at")
    return [{name: row[name] for name in row if name not in timed} for row in rows]


# A run


@pytest.fixture(scope="module")
def report(tmp_path_factory, log_csv, in_process):
    """The JSON of a run, its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("run")
    asked = ("--models", "popularity,item-item", "--window", "100", "--k", "5")
    asked += ("--min-rating", 4)
    found, out = in_process(folder, "stream", "--train", log_csv, *COLUMNS, *asked)
    return found, folder, out


def test_the_table_has_protocol_rows_star_and_where_everything_is(report):
    _, folder, out = report
    assert out.startswith("log.csv, rating >= 4: ")
    assert "before it is learned; past items excluded" in out
    for name in ("popularity", "item-item"):
        assert any(line.strip().startswith(name) for line in out.splitlines())
    assert "known R@5" in out
    assert re.search(r"item-item +0\.\d{4}\* ", out)  # the best recall of all events
    assert not re.search(r"popularity +0\.\d{4}\*", out)
    assert "out/report.json" in out
    assert "-m tensorboard.main --logdir runs" in out
    [plot] = folder.glob("runs/stream-log.csv-*/recall@5.png")
    assert f"Moving averages: {plot.relative_to(folder)}" in out
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_json_has_every_metric_and_number(report, log_csv):
    found, _, _ = report
    assert set(found) == {"dataset", "protocol", "environment", "results"}
    assert found["protocol"]["window"] == 100
    assert found["protocol"]["min_rating"] == 4
    frame = pd.read_csv(log_csv)
    kept = int((frame["stars"] >= 4).sum())
    assert found["dataset"]["num_batch"] == int(0.2 * kept)
    for row in found["results"]:
        assert row["status"] == "ok"
        means = ("recall@5", "dcg@5", "mrr")
        assert set(row["metrics"]) == {
            f"{part}{mean}" for part in ("", "known/", "new/") for mean in means
        }
        assert row["events"] == kept - int(0.2 * kept)
        assert row["repeated"] == 0
        assert row["unknown_items"] > 0
        assert row["events_per_second"] > 0
    popular, near = found["results"]
    assert near["metrics"]["recall@5"] > popular["metrics"]["recall@5"]
    assert near["settings"]["most"] == 10


def test_the_first_events_are_the_batch_and_the_rest_the_stream(report, log_csv):
    """Against the protocol written out: sort, cut, and go."""
    frame = pd.read_csv(log_csv)
    frame = frame[frame["stars"] >= 4].sort_values("at")
    first = int(0.2 * len(frame))
    made = IncrementalRecommender(Popular())
    ranks = []
    for place, row in enumerate(frame.itertuples()):
        if place >= first:
            ranks.append(made.rank(row.who, row.film))
        made.partial_fit(row.who, row.film)
    recall = np.mean([1 <= rank <= 5 for rank in ranks])
    metrics = report[0]["results"][0]["metrics"]
    assert metrics["recall@5"] == pytest.approx(recall)


def test_only_users_and_items_of_the_batch_are_known(log_csv):
    problem = load_stream(
        train=log_csv,
        user_col="who",
        item_col="film",
        rating_col="stars",
        time_col="at",
    )
    assert problem.batch.num_users == len(np.unique(problem.batch.user_ids))
    assert problem.batch.num_items == len(np.unique(problem.batch.item_ids))
    assert problem.batch.timestamps.max() <= problem.stream.timestamps.min()
    assert problem.min_rating == 5
    assert problem.stream.ratings.min() == 5


def test_scalars_are_moving_averages_by_the_number_of_the_event(report):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found, folder, _ = report
    [run] = folder.glob("runs/stream-*/item-item")
    read = EventAccumulator(str(run)).Reload()
    tags = {"moving/recall@5", "moving/dcg@5", "moving/mrr"}
    row = found["results"][1]
    for tag in tags:
        tensors = read.Scalars(tag)
        assert [point.step for point in tensors] == list(range(1, row["events"] + 1))
    with np.load(run / "ranks.npz") as stored:
        ranks = stored["ranks"]
    last = ((ranks > 0) & (ranks <= 5))[-100:].mean()
    assert read.Scalars("moving/recall@5")[-1].value == pytest.approx(last)
    assert sorted(path.name for path in run.iterdir()) == [
        *("events.out.tfevents.0.stream", "fit.json", "ranks.npz", "result.json")
    ]


def test_seen_items_may_be_ranked(stream):
    asked = ("--models", "popularity")
    assert stream(*asked, "--json", "excluded.json")[0] == 0
    status, out, _ = stream(*asked, "--include-seen", "--json", "ranked.json")
    assert status == 0
    assert "past items ranked" in out
    [excluded], [ranked] = results("excluded.json"), results("ranked.json")
    assert ranked["metrics"]["mrr"] < excluded["metrics"]["mrr"]


def test_a_model_that_fails_keeps_its_row(stream, monkeypatch):
    broken = Row(lambda problem: Popular(), train_mf)
    monkeypatch.setitem(ROWS, "isgd", broken)
    status, out, _ = stream("--models", "isgd,ridge", "--json", "r.json")
    assert status == 1
    assert "isgd: failed: ValueError: Popular cannot start from a model" in out
    failed, ran = results("r.json")
    assert failed["status"].startswith("failed: ValueError")
    assert ran["status"] == "ok"
    assert ran["settings"]["from_model"]


def test_list_names_everything_and_reads_nothing(bench):
    status, out, _ = bench("stream", "--list")
    assert status == 0
    for name in ("ml-1m", *ROWS):
        assert name in out


# Interruptions


def test_an_interrupted_run_goes_on_where_it_stopped(stream, monkeypatch):
    asked = ("--models", "popularity,item-item")
    assert stream(*asked, "--json", "whole.json", "--logdir", "whole")[0] == 0
    tick, ticks = run_module._Clock.tick, []

    def interrupt(clock, number):
        tick(clock, number)
        ticks.append(clock.name)
        if ticks.count("item-item") == 130:
            raise KeyboardInterrupt

    monkeypatch.setattr(run_module._Clock, "tick", interrupt)
    status, out, err = stream(*asked, "--every", "50")
    assert status == 130
    assert "popularity" in out
    assert err.endswith("tfrecs.bench stream: interrupted; --resume continues it\n")
    monkeypatch.setattr(run_module._Clock, "tick", tick)
    [kept] = Path("logs").glob("*/results.json")
    finished = json.loads(kept.read_text())["results"]
    assert stream(*asked, "--resume", "--json", "resumed.json")[0] == 0
    assert results("resumed.json") == results("whole.json")
    rows = json.loads(Path("resumed.json").read_text())["results"]
    assert [row["resumed_at"] for row in rows] == [0, 100]
    assert rows[:1] == finished  # its times as well: it did not run again
    assert len(list(Path("logs").iterdir())) == 1


def test_a_run_on_other_events_or_other_terms_begins_anew(stream, log_csv):
    asked = ("--models", "popularity", "--resume")
    for other in ((), ("--k", "3"), ("--min-rating", "4"), ("--seed", "1"), ()):
        assert stream(*asked, *other)[0] == 0
    assert len(list(Path("logs").iterdir())) == 4
    for number, change in enumerate((shifted, swapped)):
        change(pd.read_csv(log_csv)).to_csv("log.csv", index=False)
        assert stream(*asked, "--train", "log.csv")[0] == 0
        assert len(list(Path("logs").iterdir())) == 5 + number
    assert stream("--models", "popularity")[0] == 0  # without --resume
    assert len(list(Path("logs").iterdir())) == 7


def shifted(frame):
    """The same order at other times."""
    return frame.assign(at=frame["at"] + 1)


def swapped(frame):
    """The same times, the last two events the other way round."""
    last = frame[frame["stars"] == 5]["at"].nlargest(2).index
    frame.loc[last, "at"] = frame.loc[last[::-1], "at"].to_numpy()
    return frame


def test_a_damaged_run_is_refused(stream):
    asked = ("--models", "popularity")
    assert stream(*asked)[0] == 0
    [ranks] = Path("logs").glob("*/popularity/ranks.npz")
    ranks.write_bytes(ranks.read_bytes()[:-30])
    status, out, err = stream(*asked, "--resume")
    assert (status, out) == (2, "")
    assert "ranks.npz: must be whole. Start a new run, without --resume" in err


KILLED = ("--models", "popularity,isgd,item-item", "--min-rating", "3")


def killed_until_done(csv, folder, kills, longest):
    """Kills runs at random moments; returns the results of the last one."""
    asked = (*KILLED, "--every", "20", "--resume", "--json", "killed.json")
    run, rng = command(csv, *asked), np.random.default_rng(3)
    killed = 0
    for _ in range(kills):
        child = subprocess.Popen(run, cwd=folder, stdout=subprocess.DEVNULL)
        while child.poll() is None and not list(folder.rglob("checkpoint.npz")):
            time.sleep(0.01)  # until the first checkpoint of all
        time.sleep(rng.uniform(0, longest))
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
    assert killed == kills, "the run was done too soon: make the log longer"
    subprocess.run(run, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return results(folder / "killed.json")


def unbroken(csv, folder):
    run = command(csv, *KILLED, "--json", "whole.json", "--logdir", "whole")
    subprocess.run(run, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return results(folder / "whole.json")


def test_a_killed_run_gives_the_same_numbers(log_csv, tmp_path):
    assert killed_until_done(log_csv, tmp_path, 1, 0.3) == unbroken(log_csv, tmp_path)
    assert not list(tmp_path.rglob("checkpoint.npz"))
    assert len(list((tmp_path / "logs").iterdir())) == 1


@pytest.mark.slow
def test_a_run_killed_twenty_times_gives_the_same_numbers(tmp_path):
    make_log(tmp_path / "log.csv", 12_000)
    killed = killed_until_done(tmp_path / "log.csv", tmp_path, 20, 1.2)
    assert killed == unbroken(tmp_path / "log.csv", tmp_path)


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--train missing.csv", "missing.csv: no such file"),
        ("--train timeless.csv", "timeless.csv: a stream needs the times of"),
        ("--train GOOD --min-rating 6", "at most 5"),
        ("--train unrated.csv --min-rating 5", "needs ratings"),
        ("--train GOOD --warm-up 0", "--warm-up must be a share of at least one of"),
        ("--train GOOD --warm-up 1", "--warm-up must be at least 0 and"),
        ("--train GOOD --warm-up half", "invalid float value: 'half'"),
        ("--train GOOD --warm-up 0.003", "at least 2 users and 2 items"),
        ("--train GOOD --models x", "must be one of popularity,"),
        ("--dataset x", "one of ml-100k, "),
        ("--window 0", "not '0'"),
        ("--k 5,10", "not '5,10'"),
        ("--every 0", "not '0'"),
        ("--seed -1", "--seed must be a whole number of at least 0. Received: seed=-1"),
        ("--nonsense", "unrecognized arguments: --nonsense"),
        ("--json .", "--json must be a file that can be written"),
        ("--logdir timeless.csv", "timeless.csv"),
    ],
)
def test_bad_usage_and_bad_data_are_one_line_and_status_2(
    refused, log_csv, arguments, message
):
    for name, text in {
        "timeless.csv": "who,film,stars\na,1,5\nb,2,5\n",
        "unrated.csv": "who,film,at\na,1,1\nb,2,2\n",
    }.items():
        Path(name).write_text(text)
    given = arguments.replace("GOOD", f"{log_csv}").split()
    if given[0] == "--train":
        columns = {"timeless.csv": TIMELESS, "unrated.csv": UNRATED}
        given += columns.get(given[1], COLUMNS)
    err = refused("stream", *given)
    assert err.startswith("tfrecs.bench stream: ")
    assert message in err


def test_events_without_ratings_all_count(bench, log_csv):
    pd.read_csv(log_csv).drop(columns="stars").to_csv("unrated.csv", index=False)
    asked = ("--train", "unrated.csv", *UNRATED, "--models", "popularity")
    status, out, _ = bench("stream", *asked)
    assert status == 0
    assert out.startswith("unrated.csv: ")
