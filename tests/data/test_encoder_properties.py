"""Laws of the feature encoder, and scikit-learn's encoders as its oracle."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, StandardScaler

from tfrecs import FeatureEncoder

LABELS = st.sampled_from(["a", "b", "c d", "é"])
ROWS = st.fixed_dictionaries(
    {
        "kind": st.none() | LABELS,
        "tags": st.none() | st.lists(LABELS, max_size=3),
        "price": st.none() | st.floats(-1e6, 1e6, width=32),
        "plot": st.none() | st.text(alphabet="ab C.", max_size=8),
    }
)
FRAMES = st.lists(ROWS, min_size=1, max_size=8).map(pd.DataFrame)
COLUMNS = {
    "categorical": ["kind"],
    "multi_hot": ["tags"],
    "numeric": ["price"],
    "text": ["plot"],
}


@settings(deadline=None, max_examples=60)
@given(FRAMES, st.integers(1, 3), st.randoms(use_true_random=False))
def test_rows_are_encoded_one_by_one(frame, min_count, random):
    encoder = FeatureEncoder(**COLUMNS, min_count=min_count)
    fitted = encoder.fit_transform(frame)
    assert np.isfinite(fitted.data).all()
    again = FeatureEncoder.from_json(encoder.to_json())
    for same in (encoder.transform(frame), again.transform(frame)):
        assert (same != fitted).nnz == 0
    order = random.sample(range(len(frame)), len(frame))
    assert (encoder.transform(frame.iloc[order]) != fitted[order]).nnz == 0
    for row in range(len(frame)):
        assert (encoder.transform(frame[row : row + 1]) != fitted[[row]]).nnz == 0


@settings(deadline=None, max_examples=60)
@given(FRAMES)
def test_lists_and_joined_text_are_encoded_the_same(frame):
    joined = frame["tags"].map(lambda tags: "|".join(tags) if tags else "")
    found = [
        FeatureEncoder(multi_hot=["tags"], numeric=["price"]).fit_transform(data)
        for data in (frame, frame.assign(tags=joined))
    ]
    assert (found[0] != found[1]).nnz == 0


FRAME = pd.DataFrame(
    {
        "kind": ["b", "a", "c", "a", "b"],
        "tags": [["x", "z"], [], ["y"], ["z", "y", "x"], ["z"]],
        "price": [1.5, -2.0, 8.0, 0.25, 100.0],
        "plot": ["a war", "The war, the WAR", "a dog", "", "Dog dog the a"],
    }
)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"categorical": ["kind"]}, OneHotEncoder().fit_transform(FRAME[["kind"]])),
        ({"multi_hot": ["tags"]}, MultiLabelBinarizer().fit_transform(FRAME["tags"])),
        ({"numeric": ["price"]}, StandardScaler().fit_transform(FRAME[["price"]])),
        (
            {"text": ["plot"]},
            TfidfVectorizer(token_pattern=r"\w+").fit_transform(FRAME["plot"]),
        ),
    ],
)
def test_each_kind_is_as_in_scikit_learn(columns, expected):
    found = FeatureEncoder(**columns).fit_transform(FRAME).toarray()
    dense = expected.toarray() if sp.issparse(expected) else expected
    np.testing.assert_allclose(found, dense, rtol=1e-6)
