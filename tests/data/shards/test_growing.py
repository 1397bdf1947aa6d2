"""A growing vocabulary numbers ids as a dict would, whatever the pieces."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.shards.growing_vocabulary import GrowingVocabulary

NUMBERS, TEXTS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), st.text()
PIECES = st.one_of(
    *(
        st.tuples(st.just(kind), st.lists(st.lists(ids, max_size=20), max_size=5))
        for kind, ids in ((pa.int64(), NUMBERS), (pa.large_string(), TEXTS))
    )
)


@given(PIECES)
def test_ids_are_numbered_in_the_order_of_first_appearance(pieces):
    kind, pieces = pieces
    vocabulary, known = GrowingVocabulary("users"), {}
    for piece in pieces:
        new = [id_ for id_ in dict.fromkeys(piece) if id_ not in known]
        expected = [known.setdefault(id_, len(known)) for id_ in piece]
        indices, found = vocabulary.encode(pa.array(piece, kind))
        assert indices.tolist() == expected
        assert indices.dtype == np.int32
        assert found.to_pylist() == new
    assert len(vocabulary) == len(known)
    assert not pieces or vocabulary.ids.to_pylist() == list(known)


def test_a_vocabulary_goes_on_from_ids_that_were_added():
    vocabulary = GrowingVocabulary("users")
    vocabulary.add(pa.array(["b", "a"], pa.large_string()))
    indices, new = vocabulary.encode(pa.array(["c", "a", "c", "b"], pa.large_string()))
    assert (indices.tolist(), new.to_pylist()) == ([2, 1, 2, 0], ["c"])


@pytest.mark.parametrize("use", [GrowingVocabulary.add, GrowingVocabulary.encode])
def test_ids_of_two_kinds_are_refused(use):
    vocabulary = GrowingVocabulary("items")
    vocabulary.encode(pa.array([7]))
    with pytest.raises(
        ValueError, match=r"items of one kind.*large_string after int64"
    ):
        use(vocabulary, pa.array(["7"], pa.large_string()))
    assert vocabulary.ids.to_pylist() == [7]


@pytest.mark.parametrize("pieces", [[["7", "8"], ["007", "7"]], [["007"], ["7", "8"]]])
def test_integers_of_text_files_become_text_again(pieces):
    vocabulary, known = GrowingVocabulary("users"), []
    for piece in pieces:
        is_number = "007" not in piece
        raw = pa.array(piece, pa.large_string()).cast(
            pa.int64() if is_number else pa.large_string()
        )
        indices, _ = vocabulary.encode(raw, typed=False)
        known += [id_ for id_ in piece if id_ not in known]
        assert indices.tolist() == [known.index(id_) for id_ in piece]
    assert vocabulary.ids.to_pylist() == known
    with pytest.raises(ValueError, match=r'int64 after large_string.*id_type="text"'):
        vocabulary.add(pa.array([7]), typed=True)
