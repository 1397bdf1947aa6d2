"""Rows of a run in a store of MLflow, where it is installed."""

import json
from pathlib import Path

import pytest

# MLflow calls what SQLAlchemy and others are to remove.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def store(tmp_path):
    """A URI of its own: MLflow keeps a store that it has opened."""
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def client(store):
    """Returns a client of the store."""
    mlflow = pytest.importorskip("mlflow")
    return lambda: mlflow.MlflowClient(tracking_uri=store)


@pytest.fixture
def run(bench, good_csv, store, client):
    """Runs two rows; returns the status, the lines and the folder."""

    def rows():
        columns = "--user-col person --item-col film --rating-col stars".split()
        asked = ("--models", "popularity,mf", "--epochs", 1, "--mlflow", store)
        status, out, _ = bench("--train", good_csv, *columns, *asked)
        [folder] = Path("logs").iterdir()
        return status, out.splitlines(), folder

    return rows


def runs_in(client):
    """All runs of the store's experiment of the file, the oldest first."""
    experiment = client.get_experiment_by_name("good.csv").experiment_id
    return client.search_runs([experiment], order_by=["attributes.start_time ASC"])


def test_a_missing_mlflow_is_one_line_before_anything_is_read(refused, monkeypatch):
    monkeypatch.setattr("tfrecs._base.command_line.find_spec", lambda name: None)
    monkeypatch.setattr("tfrecs.bench.cli.check_installed", lambda *a, **b: None)
    line = refused("--train", "none.csv", "--mlflow", "sqlite:///mlflow.db")
    assert "mlflow-skinny is not installed: pip install 'tfrecs[mlflow]'" in line


def test_tuning_is_not_logged(refused):
    line = refused("--tune", 1, "--mlflow", "sqlite:///mlflow.db")
    assert "--mlflow does not go with --tune" in line


def test_each_row_is_a_run_once_with_settings_metrics_and_bundle(run, bench, client):
    status, lines, folder = run()
    assert status == 0
    assert "MLflow: 2 rows in the experiment good.csv" in lines
    logged = {each.info.run_name: each for each in runs_in(client())}
    assert set(logged) == {"popularity, seed 0", "mf, seed 0"}
    for row in json.loads((folder / "results.json").read_text())["results"]:
        found = logged[f"{row['model']}, seed 0"]
        for name, value in row["metrics"].items():
            metric = found.data.metrics[name.replace("@", "_at_")]
            assert metric == pytest.approx(value)
        assert found.data.metrics["fit_seconds"] == pytest.approx(row["fit_seconds"])
        settings = {name: str(value) for name, value in row["hparams"].items()}
        split = "stratified split (a fifth of each user's)"
        about = {"model": row["model"], "seed": "0", "split": split}
        assert found.data.params == {**settings, **about}
        assert found.data.tags["tfrecs.folder"] == str(folder)
        assert found.info.status == "FINISHED"
    ids = {name: each.info.run_id for name, each in logged.items()}
    assert client().list_artifacts(ids["popularity, seed 0"]) == []
    files = client().list_artifacts(ids["mf, seed 0"], "bundle")
    assert {"bundle/MODEL_CARD.md", "bundle/model.keras"} <= {x.path for x in files}

    known = folder / "mlflow.json"
    assert json.loads(known.read_text()) == ids
    known.write_text(json.dumps({"mf, seed 0": ids["mf, seed 0"]}))
    assert bench("--resume", folder)[0] == 0
    names = [each.info.run_name for each in runs_in(client())]
    assert sorted(names) == ["mf, seed 0", *["popularity, seed 0"] * 2]


def test_a_store_that_fails_keeps_the_run(run, client, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("no space\nleft")

    monkeypatch.setattr(type(client()), "log_batch", fail)
    status, lines, folder = run()
    line = "MLflow: 0 rows in the experiment good.csv; the others failed: no space left"
    assert line in lines
    assert status == 0
    assert (folder / "report.html").exists()


@pytest.mark.usefixtures("client")
def test_a_uri_of_no_store_is_one_line(refused):
    line = refused("--train", "none.csv", "--mlflow", "nothing://x")
    assert "--mlflow must be the URI of a tracking server or store" in line
    assert "Received: 'nothing://x': " in line
