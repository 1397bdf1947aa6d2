"""Edited bundles and checkpoints, hostile configurations, and bombs of every format.

Each is opened in a fork of its own, with a limit of memory. It holds if it is refused
in one line, or if it loads and recommends finite scores of known items. Modules of the
names that a file could make Keras import lie in the working folder: importing one is a
failure.

    python benchmarks/faults/hostile_files.py --json benchmarks/results/faults.json
"""

import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from _bombs import BOMBS, CONFIG
from _processes import Table, choose, forked, parser, tried

import tfrecs
from tfrecs._base.manifest import MANIFEST, read_manifest, write_manifest
from tfrecs.callbacks import Checkpoint
from tfrecs.inference.bundle import BUNDLE
from tfrecs.models.model_file import read_model
from tfrecs.streaming import LEARNERS, IncrementalRecommender, load, prequential, save
from tfrecs.streaming.events import Event
from tfrecs.training.checkpoints.checkpoint import KIND, STATE

MEGABYTES = 1000
TRAPS = ("keras_nlp", "keras_hub", "hostile_module")
VALUES: list[Any] = [
    *(None, True, -1, 0, 2**31, 2**63, 10**400, 0.5, float("nan"), float("inf")),
    *("", "x", "\ud800", "../x", "os", "keras_nlp", "keras_hub.layers", "__class__"),
    *([], {}, [[1]], {"class_name": "system", "module": "os", "config": {}}),
    {"class_name": "Dense", "module": "keras_nlp", "config": {}},
    {"class_name": "__lambda__", "config": {"value": "gASVAA=="}},
    *("<f8", "S2000000000", "float16", 10**9, "9" * 5000),
]
LEAVES = [name for name in LEARNERS if name not in ("one-step", "history")]


def with_one_edit(value: Any, rng: Random) -> Any:
    """A JSON value of which one part is replaced, removed or doubled."""
    value = json.loads(json.dumps(value))
    places = list(_places(value))
    if not places:
        return rng.choice(VALUES)
    owner, key = rng.choice(places)
    act = rng.randrange(4)
    if act == 0:
        del owner[key]
    elif act == 1 and isinstance(owner, list):
        owner.append(owner[key])
    else:
        owner[key] = rng.choice(VALUES)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in pairs:
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


def edited_array(array: np.ndarray, rng: Random) -> np.ndarray:
    """An array with another value, shape or dtype."""
    array, act = array.copy(), rng.randrange(8)
    if array.dtype.names:
        name = rng.choice(array.dtype.names)
        if act < 5 and array.size:
            number = edited_array(array[name], rng).ravel()[:1]
            array[name] = 0 if number.dtype.kind == "S" else float(number.sum())
            return array
    elif act < 5 and array.size and array.dtype.kind in "iuf":
        numbers = [0, -1, -2, 10**6, 2**31 - 1, -(2**31)]
        if array.dtype.kind == "f":
            numbers += [np.nan, np.inf, -np.inf, 1e30]
        array.flat[rng.randrange(array.size)] = rng.choice(numbers)
        return array
    if act == 5:
        return array[:-1] if array.ndim else array[None]
    if act == 6:
        return np.concatenate([array, array]) if array.ndim else array[None]
    return np.zeros(array.shape, rng.choice(["S9", "f2", "i1", "?"]))


# What is edited


def make(work: Path) -> None:
    """Writes a bundle, a stream's checkpoint of each learner, and a training's."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    films = pd.DataFrame({"film": range(12), "genre": list("abcabcabcabc")})
    train = tfrecs.Interactions.from_arrays(
        [f"u{n // 5}" for n in range(50)],
        np.concatenate([rng.permutation(12)[:5] for _ in range(10)]),
        ratings=rng.integers(1, 6, 50),
        timestamps=np.arange(50),
        item_features=films.set_index("film"),
    )
    encoder = tfrecs.FeatureEncoder(categorical=["genre"])
    features = encoder.fit_transform(train.item_features)
    model = tfrecs.build_hybrid(10, 12, embedding_dim=4, item_features=features)
    first = tfrecs.Recommender(
        model, train, item_encoder=encoder, settings={"epochs": 3}, metrics={"x": 0.5}
    )
    first.save(work / "bundle", durable=False)
    # Its columns: 3 genres, the user's and the item's interactions, score and rank.
    ranker = keras.Sequential([keras.Input([7]), keras.layers.Dense(1)])
    tfrecs.Reranked(first, ranker, 5).save(work / "two-stages", durable=False)
    events = [Event(f"u{n % 9}", n * n % 13, time=float(n)) for n in range(80)]
    for name in LEAVES:
        made = IncrementalRecommender(LEARNERS[name]())
        prequential(made, events)
        save(made, work / f"{name}.npz")
    train_on(work / "training", epochs=2)


def train_on(folder: Path, epochs: int) -> None:
    """Trains a small model with a checkpoint."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=True)
    stop = keras.callbacks.EarlyStopping("loss", restore_best_weights=True)
    saved = Checkpoint(folder, {}, callbacks=[stop])
    if saved.finished:
        saved.finished = False
    history = model.fit(
        np.ones((4, 2), np.float32),
        np.zeros((4, 3)),
        epochs=epochs,
        initial_epoch=saved.epochs_done,
        callbacks=[stop, saved],
        verbose=0,
    )
    if not np.isfinite(model.get_weights()[0]).all() or not history.epoch:
        raise ArithmeticError("weights are not finite")


# Trials


def bundle(work: Path, folder: Path, rng: Random) -> Callable[[], str]:
    """Edits a bundle; the trial loads it and recommends."""
    shutil.copytree(work / "bundle", folder / "bundle")
    edit_bundle(folder / "bundle", rng)
    return lambda: use_bundle(folder / "bundle")


def two_stages(work: Path, folder: Path, rng: Random) -> Callable[[], str]:
    """Edits a bundle with a second stage; the trial recommends by both stages."""
    shutil.copytree(work / "two-stages", folder / "bundle")
    edit_bundle(folder / "bundle", rng)
    return lambda: use_bundle(folder / "bundle", tfrecs.Reranked.load)


def edit_bundle(folder: Path, rng: Random) -> None:
    path = rng.choice(sorted(folder.iterdir()))
    if path.name == MANIFEST:
        sealed = json.loads(path.read_text())
        path.write_text(json.dumps(with_one_edit(sealed, rng)))
        return
    if rng.random() < 0.2:  # damage, without the seal
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content[: rng.choice([len(content), len(content) // 2])])
        return
    if path.suffix == ".json":
        path.write_text(json.dumps(with_one_edit(json.loads(path.read_text()), rng)))
    elif path.suffix == ".parquet":
        edit_table(path, rng)
    elif path.suffix == ".keras":
        edit_model(path, rng)
    else:  # text
        path.write_bytes(rng.randbytes(rng.choice([0, 100])))
    write_manifest(folder, BUNDLE, {})


def edit_table(path: Path, rng: Random) -> None:
    table = pq.read_table(path)
    name = rng.choice(table.column_names)
    place, act = table.column_names.index(name), rng.randrange(4)
    values = table[name].to_pylist()
    if act == 0:
        table = table.remove_column(place)
    elif act == 1:
        table = table.slice(0, len(table) // 2)
    else:
        values[rng.randrange(len(values))] = rng.choice([None, -1, 10**6, 2**31, 0])
        numbers = [v if isinstance(v, int | float | None) else 0 for v in values]
        kind = rng.choice([pa.float64(), pa.int64()])
        column = pa.array([None if v is None else int(v) for v in numbers]).cast(kind)
        if act == 3:
            column = pa.array([float("nan"), *column.to_pylist()[1:]], pa.float64())
        table = table.set_column(place, name, column)
    pq.write_table(table, path)


def edit_model(path: Path, rng: Random) -> None:
    if rng.random() < 0.5:
        rewrite(path, lambda config: with_one_edit(config, rng))
        return
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    content = bytearray(members[name])
    for _ in range(rng.choice([1, 8, 64])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.2:
        del members[name]
    else:
        members[name] = bytes(content)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def rewrite(path: Path, edit: Callable[[Any], Any]) -> None:
    """Edits the configuration of a model's file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(
        edit(json.loads(members["config.json"]))
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def use_bundle(folder: Path, load_bundle: Callable[[Path], Any] = tfrecs.load) -> str:
    found = load_bundle(folder)
    check_no_trap()
    train = getattr(found, "recommender", found).train
    table = found.recommend(train.users.ids[:3], 2)
    if not np.isfinite(table["score"]).all():
        raise ArithmeticError("scores are not finite")
    return f"{len(table)} recommendations"


def checkpoint(work: Path, folder: Path, rng: Random) -> Callable[[], str]:
    """Edits the checkpoint of a stream or of a training; the trial goes on from it."""
    if rng.random() < 0.3:
        return training_checkpoint(work, folder, rng)
    name = rng.choice(LEAVES)
    path = folder / f"{name}.npz"
    with np.load(work / path.name) as stored:
        arrays = dict(stored)
    part = rng.choice(sorted(arrays))
    if part == "about":
        about = json.loads(str(arrays[part]))
        for side in ("users", "items"):
            about[side] = json.loads(about[side])
        about = with_one_edit(about, rng)
        for side in ("users", "items"):
            if side in about:
                about[side] = json.dumps(about[side])
        arrays[part] = np.array(json.dumps(about))
    else:
        arrays[part] = edited_array(arrays[part], rng)
    np.savez(path, **arrays)
    return lambda: use_stream(path)


def use_stream(path: Path) -> str:
    found = load(path)
    for user in (*found.users[:3], "new"):
        if not np.isfinite([score for _, score in found.recommend(user)]).all():
            raise ArithmeticError("scores are not finite")
    found.partial_fit(found.users[0], found.items[-1])
    found.partial_fit("new", "new")
    save(found, path.with_name("again.npz"))
    load(path.with_name("again.npz"))
    return f"{found.log.num_events} events"


def training_checkpoint(work: Path, folder: Path, rng: Random) -> Callable[[], str]:
    shutil.copytree(work / "training", folder / "training")
    (folder / "training" / "finished").rename(folder / "training" / "epoch-000002")
    found = folder / "training" / "epoch-000002"
    content = read_manifest(found, KIND)
    if rng.random() < 0.5:
        content = with_one_edit(content, rng)
    else:
        with np.load(found / STATE) as stored:
            arrays = dict(stored)
        part = rng.choice(sorted(arrays))
        arrays[part] = edited_array(arrays[part], rng)
        np.savez(found / STATE, **arrays)
    if isinstance(content, dict):
        kept = {n: v for n, v in content.items() if n not in ("files", "kind")}
        write_manifest(found, KIND, kept)

    def resume() -> str:
        train_on(folder / "training", epochs=4)
        return "resumed"

    return resume


def configuration(work: Path, folder: Path, rng: Random) -> Callable[[], str]:
    """Replaces one value of a model's configuration, often by a class of others."""
    path = folder / "model.keras"
    shutil.copy(work / "bundle" / "model.keras", path)
    rewrite(path, lambda config: with_one_edit(config, rng))

    def use() -> str:
        model = read_model(path)
        check_no_trap()
        if not hasattr(model, "score_users"):
            return "another model"
        if not np.isfinite(model.score_users(np.array([0, 1]))).all():
            raise ArithmeticError("scores are not finite")
        return "scores"

    return use


def check_no_trap() -> None:
    if trapped := {*TRAPS} & {*sys.modules}:
        raise RuntimeError(f"{trapped} was imported")


TRIALS = {
    "edited bundles": bundle,
    "edited second stages": two_stages,
    "edited checkpoints": checkpoint,
    "hostile configurations": configuration,
}


def main(arguments: list[str] | None = None) -> int:
    made = parser(__doc__, [*TRIALS, "bombs"])
    made.add_argument("--count", type=int, default=20, help="of each (%(default)s)")
    made.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    options = made.parse_args(arguments)
    table = Table.of("hostile_files.py", options.json)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        os.chdir(work)
        sys.path.insert(0, str(work))
        for name in TRAPS:
            (work / f"{name}.py").write_text("class Dense: pass\n")
        if forked(make, work).end():
            raise RuntimeError("what is edited could not be written")
        with zipfile.ZipFile(work / "bundle" / "model.keras") as archive:
            CONFIG.update(json.loads(archive.read("config.json")))
        for kind in choose(TRIALS, options.kinds):
            for number in range(options.count):
                rng = Random(f"{kind} {options.seed} {number}")
                folder = work / f"{kind} {number}"
                folder.mkdir()
                attempt(table, kind, number, TRIALS[kind](work, folder, rng))
                shutil.rmtree(folder)
        if choose(["bombs"], options.kinds):
            for number, (name, bomb) in enumerate(BOMBS.items()):
                attempt(table, "bombs", name, bomb(work / f"bomb-{number}", work))
        return table.finish()


def attempt(table: Table, kind: str, name: Any, run: Callable[[], str]) -> None:
    found = tried(run, MEGABYTES)
    held = found.kind != "failed"
    table.add(kind, held, f"{name}: {found.kind}: {found.reason}", mb=found.megabytes)
    table.count(kind, found.kind)


if __name__ == "__main__":
    sys.exit(main())
