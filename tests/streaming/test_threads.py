"""One recommender in several threads: answers and checkpoints are of whole events."""

import threading
import time

import numpy as np
import pytest

from tfrecs.streaming import IncrementalRecommender, ItemItem, Popular, Ridge
from tfrecs.streaming.state_file import load, save

SECONDS = 1.5


@pytest.mark.parametrize("learner", [Popular(), ItemItem(), Ridge(4)])
def test_readers_and_a_checkpoint_beside_a_writer(learner, tmp_path):
    made = IncrementalRecommender(learner)
    made.partial_fit(0, 0)
    end, failures = time.monotonic() + SECONDS, []
    learned = [0]

    def during(act):
        def run():
            try:
                while time.monotonic() < end:
                    act()
            except Exception as error:
                failures.append(error)

        return threading.Thread(target=run)

    def learn():
        number = learned[0] = learned[0] + 1  # a new user and a new item at each event
        made.partial_fit(number, number)

    def answer():
        for item, _ in made.recommend(learned[0], 5):
            assert made.rank(-1, item) >= 1

    def check_point():
        save(made, tmp_path / "state.npz")
        back = load(tmp_path / "state.npz")
        assert back.users == back.items == [*range(len(back.users))]
        assert back.log.num_events == len(back.users) == len(back.log.item_counts)
        assert np.array_equal(back.log.item_counts, np.ones(len(back.users)))

    threads = [during(learn), during(answer), during(answer), during(check_point)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert made.log.num_events == learned[0] + 1


def test_an_event_that_is_refused_changes_nothing(monkeypatch):
    made = IncrementalRecommender(ItemItem())
    made.partial_fit("ann", "Heat")
    before = {name: array.copy() for name, array in made.state().items()}

    def no_memory(*_):
        raise MemoryError

    for call in (
        lambda: made.partial_fit("bob", None),
        lambda: made.partial_fit("bob", "Alien", rating=-1),
        lambda: made.partial_fit("bob", "Alien", time=np.inf),
    ):
        with pytest.raises(ValueError, match="Received"):
            call()
    with monkeypatch.context() as patched, pytest.raises(MemoryError):
        patched.setattr(made.log, "grow", no_memory)
        made.partial_fit("bob", "Alien")
    assert (made.users, made.items) == (["ann"], ["Heat"])
    for name, array in made.state().items():
        np.testing.assert_array_equal(array, before[name])
    made.partial_fit("bob", "Alien")
    assert made.had("bob", "Alien")
