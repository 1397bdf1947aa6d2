"""Recommenders of streams in files, and runs that stop and go on."""

import json

import numpy as np
import pytest

from tfrecs.streaming import (
    LEARNERS,
    Event,
    Forgetting,
    IncrementalRecommender,
    Isgd,
    ItemItem,
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
