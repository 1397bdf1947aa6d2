"""Recommenders of streams in files, and runs that stop and go on."""

import json
import zipfile

import numpy as np
import pytest

from tfrecs.models import build_mf
from tfrecs.streaming import (
    LEARNERS,
    Event,
    Forgetting,
    IncrementalRecommender,
    Isgd,
    ItemItem,
    OneStep,
    Popular,
    Ridge,
    load,
    prequential,
    save,
)

SETTINGS = {
    "ridge": {"embedding_dim": 5, "l2": 2.0},
    "ranking-sgd": {"objective": "bpr", "num_negatives": 3, "seed": 4},
    "isgd": {"embedding_dim": 3, "learning_rate": 0.02},
    "item-item": {"most": 3, "decay": 0.9},
    "popular": {"window": 20},
}


CONFIGS = ("model_config", "optimizer_config")


def events(size, seed=0):
    rng = np.random.default_rng(seed)
    users = rng.integers(0, 1 + np.arange(size) // 4, size)  # ever more of them
    items = rng.zipf(1.5, size) % 40
    return [
        Event(f"u{user}", int(item), rating=float(1 + item % 5), time=float(at))
        for at, (user, item) in enumerate(zip(users, items, strict=True))
    ]


@pytest.fixture(params=SETTINGS)
def make(request):
    def made():
        return IncrementalRecommender(
            LEARNERS[request.param](**SETTINGS[request.param]),
            confidence="log",
            forgetting=Forgetting(by="time", half_life=50),
        )

    return made


def test_a_saved_recommender_goes_on_to_the_bit(make, tmp_path):
    stream = events(300)
    unbroken = prequential(make(), stream)
    first = make()
    before = prequential(first, stream[:170])
    save(first, tmp_path / "first.npz")
    second = load(tmp_path / "first.npz")
    assert type(second.learner) is type(first.learner)
    assert second.recommend("u3") == first.recommend("u3")
    after = prequential(second, stream[170:])
    ranks = np.concatenate([before.ranks, after.ranks])
    np.testing.assert_array_equal(ranks, unbroken.ranks)
    assert [path.name for path in tmp_path.iterdir()] == ["first.npz"]


def test_settings_and_ids_come_back(tmp_path):
    made = IncrementalRecommender(
        ItemItem(most=7, decay=0.5),
        confidence="rating",
        forgetting=Forgetting(window=9),
    )
    for user, item in [(1, "1"), (2, ("a", 3)), (1, "two")]:
        made.partial_fit(user, item)
    save(made, tmp_path / "deep" / "stream.npz")
    found = load(tmp_path / "deep" / "stream.npz")
    assert found.learner.most == 7
    assert found.learner.decay == 0.5
    assert found.confidence == "rating"
    assert found.log.forgetting == Forgetting(window=9)
    assert found.users == [1, 2]
    assert found.items == ["1", ("a", 3), "two"]


def test_a_run_goes_on_from_its_checkpoint(make, tmp_path):
    stream = events(300)
    unbroken = prequential(make(), stream)
    done = []

    def stop(number):
        done.append(number)
        if number == 130:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        prequential(make(), stream, checkpoint=checkpoint, every=50, progress=stop)
    found = prequential(
        make(), stream, checkpoint=checkpoint, every=50, progress=done.append
    )
    assert done == [*range(1, 131), *range(101, 301)]
    np.testing.assert_array_equal(found.ranks, unbroken.ranks)
    np.testing.assert_array_equal(found.is_known, unbroken.is_known)


# What cannot be read


@pytest.fixture
def saved(tmp_path):
    made = IncrementalRecommender(Isgd(4))
    prequential(made, events(60))
    save(made, tmp_path / "stream.npz")
    return tmp_path / "stream.npz"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npz: no such file"):
        load(tmp_path / "none.npz")


@pytest.mark.parametrize("kept", [0, 10, 400, 0.5, 0.99])
def test_a_file_that_was_cut_short(saved, kept):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: kept if kept > 1 else int(kept * len(whole))])
    with pytest.raises(ValueError, match=r"stream\.npz: must be a whole tfrecs stream"):
        load(saved)


def changed(saved, about, **parts):
    """Changes keys of `about` and arrays of the file; None removes an array."""
    with np.load(saved) as stored:
        arrays = {**dict(stored), **parts}
    text = json.dumps({**json.loads(str(arrays["about"])), **about})
    arrays["about"] = np.array(text)
    np.savez(saved, **{name: part for name, part in arrays.items() if part is not None})


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"version": 3}, "version 2. Received: 'tfrecs stream' of version 3"),
        ({"kind": "cake"}, "must be a tfrecs stream.*Received: 'cake'"),
        ({"learner": "eval"}, "must be a whole tfrecs stream file.*'eval'"),
        (
            {"learner": "one-step", "settings": dict.fromkeys(CONFIGS, "{}")},
            "must be a whole tfrecs stream file",
        ),
        ({"settings": {"embedding_dim": 0}}, "whole tfrecs stream file.*dim=0"),
        ({"settings": {"depth": 3}}, "must be a whole tfrecs stream file.*depth"),
        ({"users": "{}"}, "must be a whole tfrecs stream file.*dtype"),
    ],
)
def test_a_file_that_says_something_else(saved, parts, message):
    changed(saved, parts)
    with pytest.raises(ValueError, match=message):
        load(saved)


@pytest.mark.parametrize(
    ("users", "message"), [(None, "users"), (np.array([{}], dtype=object), "pickle")]
)
def test_a_file_without_a_part_or_with_a_pickle(saved, users, message):
    changed(saved, {}, **{"learner/users": users})
    with pytest.raises(ValueError, match=f"must be a whole tfrecs stream.*{message}"):
        load(saved)


def test_a_checkpoint_of_other_settings(saved):
    for learner in (Isgd(5), Popular(), Ridge()):
        with pytest.raises(
            ValueError, match=r"must be of the same settings: (sett|lea)"
        ):
            prequential(IncrementalRecommender(learner), [], checkpoint=saved)


def test_what_cannot_be_saved(tmp_path):
    class Own(Popular):
        pass

    with pytest.raises(TypeError, match=r"must be one of ridge,.*Received: Own"):
        save(IncrementalRecommender(Own()), tmp_path / "own.npz")
    made = IncrementalRecommender(Popular())
    made.partial_fit(b"ann", 1)
    with pytest.raises(TypeError, match="`users` must be int,"):
        save(made, tmp_path / "bytes.npz")
    assert not list(tmp_path.iterdir())


# Numbers of edited files


def edits(array):
    """Every kind of edit of an array, where it has any effect."""
    if array.dtype.kind == "f" and array.size:
        for value in (np.nan, np.inf, -np.inf):
            yield with_first(array, value)
    if array.dtype.kind == "i" and array.size:
        for value in (-2, 10**6, np.iinfo(array.dtype).max, np.iinfo(array.dtype).min):
            yield with_first(array, value)
    for name in array.dtype.names or ():
        for value in edits(array[name]):
            edited = array.copy()
            if value.shape == array.shape and value.dtype == array[name].dtype:
                edited[name] = value
                yield edited
    if array.dtype.names and len(array) > 1:
        yield with_first(array, array[1])
    if array.ndim:
        yield array[:-1]
        yield np.concatenate([array, array])
        yield array[None]
    yield np.zeros(array.shape, "S9")


def with_first(array, value):
    edited = array.copy()
    edited.flat[0] = value
    return edited


def test_an_edited_number_is_refused_or_does_no_harm(make, tmp_path):
    made, harmless = make(), set()
    prequential(made, events(60))
    save(made, tmp_path / "stream.npz")
    whole = (tmp_path / "stream.npz").read_bytes()
    with np.load(tmp_path / "stream.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name != "about"}
    for name, array in arrays.items():
        for edited in edits(array):
            (tmp_path / "stream.npz").write_bytes(whole)
            changed(tmp_path / "stream.npz", {}, **{name: edited})
            try:
                found = load(tmp_path / "stream.npz")
            except ValueError as error:
                assert "stream.npz: must be a whole tfrecs stream" in str(error)
                continue
            harmless.add(name)
            for user in ("u0", "u1", "new"):
                found.recommend(user)
            found.partial_fit("u0", 39)
            save(found, tmp_path / "again.npz")
    # A counter and counts may be others; what an event weighs, and when it was, too.
    assert harmless <= {"learner/near", "learner/counts", "learner/num_events",
                        "learner/latest", "log/progress", "learner/ids"}  # fmt: skip


def test_what_an_array_declares_must_be_there(saved):
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "learner/users.npy"
    for old, new in ((b"'<f4'", b"'<f8'"), (b"'<f4'", b"'|O'"), (b", 4)", b", 9)")):
        assert old in members[name]
        with zipfile.ZipFile(saved, "w") as archive:
            for other, content in members.items():
                edited = content.replace(old, new.rjust(len(old)))
                archive.writestr(other, edited if other == name else content)
        with pytest.raises(
            ValueError, match=r"stream\.npz: must be a whole.*(an array of|pickled)"
        ):
            load(saved)


def test_a_checkpoint_of_wrong_ranks_or_counts(tmp_path):
    path = tmp_path / "run.npz"
    prequential(IncrementalRecommender(Popular()), events(9), checkpoint=path, every=3)
    for ranks in (None, np.array([1.5]), np.array([[1]], np.int32)):
        changed(path, {}, **{"more/ranks": ranks})
        with pytest.raises(
            ValueError, match=r"run\.npz: must be a whole.*`ranks` must"
        ):
            prequential(IncrementalRecommender(Popular()), [], checkpoint=path)


def test_what_diverged_does_not_replace_a_file(tmp_path):
    made = IncrementalRecommender(Isgd(4))
    prequential(made, events(30))
    save(made, tmp_path / "stream.npz")
    before = (tmp_path / "stream.npz").read_bytes()
    made.learner._items.values[0, 0] = np.inf
    with pytest.raises(ValueError, match="learning has diverged"):
        save(made, tmp_path / "stream.npz")
    assert (tmp_path / "stream.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["stream.npz"]


def test_a_model_of_a_file_is_no_larger_than_its_arrays(tmp_path):
    learner = OneStep.of(build_mf(3, 4, embedding_dim=2))
    made = IncrementalRecommender(learner)
    made.partial_fit("ann", "Heat")
    save(made, tmp_path / "stream.npz")
    assert load(tmp_path / "stream.npz").users == ["ann"]
    config = learner.model_config.replace('"input_dim": 3', '"input_dim": 3000000000')
    assert config != learner.model_config
    settings = {"model_config": config, "optimizer_config": learner.optimizer_config}
    changed(tmp_path / "stream.npz", {"settings": settings})
    with pytest.raises(ValueError, match="as many weights as its file holds"):
        load(tmp_path / "stream.npz")
