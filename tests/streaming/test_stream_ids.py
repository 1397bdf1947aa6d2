"""Ids of streams: each is another one, and can be written and read back."""

import pytest

from tfrecs.data.id_arrays import is_exact
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.streaming import IncrementalRecommender, Popular, load, save


@pytest.mark.parametrize(
    "id_", [0, -7, 2**53 + 1, 10**299, 1.5, 2.0**52, "", "\U0001f600", ("a", (1, 2.5))]
)
def test_exact_ids_are_learned_and_read_back(id_, tmp_path):
    assert is_exact(id_)
    made = IncrementalRecommender(Popular())
    made.partial_fit(id_, id_)
    save(made, tmp_path / "a.npz")
    assert load(tmp_path / "a.npz").users == [id_]


@pytest.mark.parametrize(
    "id_",
    [True, False, 2.0**53, -1e300, 10**300, "\ud83d", "a\ude00", ("a", (1, True))],
)
def test_other_ids_are_refused_and_change_nothing(id_):
    assert not is_exact(id_)
    made = IncrementalRecommender(Popular())
    for known in (1, 0, 2**53):
        made.partial_fit(known, known)
    for pair in ((id_, 1), (1, id_)):
        with pytest.raises(ValueError, match="must equal no other id"):
            made.partial_fit(*pair)
    assert made.users == made.items == [1, 0, 2**53]
    assert made.log.num_events == 3


@pytest.mark.parametrize("ids", [[True, 1], [0, "a", False], [1.0, "a", True]])
def test_a_bool_and_its_number_are_not_one_id(ids):
    with pytest.raises(ValueError, match="must not hold both"):
        Vocabulary.learn(ids, "users")
    assert len(Vocabulary.learn([True, 2, "a"], "users")[0]) == 3
