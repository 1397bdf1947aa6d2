"""The NCF paper's files, small ones in their format, and the real ones."""

import numpy as np
import pytest

from tfrecs.data.datasets.ncf_ml_1m import load_ncf_ml_1m

TRAIN = "0\t7\t5\t978300760\n0\t1\t3\t978302109\n2\t3705\t4\t978301968\n"
TEST = "0\t25\t5\t978824351\n2\t133\t3\t978300174\n"
NEGATIVES = "".join(
    "\t".join([pair, *map(str, range(first, first + 99))]) + "\n"
    for pair, first in (("(0,25)", 1000), ("(2,133)", 100))
)
FILES = {
    "ml-1m.train.rating": TRAIN,
    "ml-1m.test.rating": TEST,
    "ml-1m.test.negative": NEGATIVES,
}


def check_content(dataset) -> None:
    data = dataset.interactions
    assert (data.num_users, data.num_items) == (6040, 3706)
    assert data.users.ids.tolist() == list(range(6040))
    assert data.items.ids.tolist() == list(range(3706))
    assert data.user_ids.tolist() == [0, 0, 2, 0, 2]
    assert data.item_ids.tolist() == [7, 1, 3705, 25, 133]
    assert data.ratings.tolist() == [5, 3, 4, 5, 3]
    assert data.timestamps.tolist() == [
        *(978300760, 978302109, 978301968, 978824351, 978300174)
    ]
    assert dataset.test_rows.tolist() == [False, False, False, True, True]
    users, items = dataset.negatives
    assert users.tolist() == [0, 2]
    assert items.tolist() == [list(range(1000, 1099)), list(range(100, 199))]
    assert (dataset.name, dataset.split_name) == ("ncf-ml-1m", "ncf")
    assert dataset.min_rating is None


@pytest.mark.parametrize("zipped", [(), ("ml-1m.train.rating",), tuple(FILES)])
def test_plain_and_gzipped_files_are_read(put, zipped):
    put("ncf-ml-1m", {n + ".gz" * (n in zipped): FILES[n] for n in FILES})
    check_content(load_ncf_ml_1m())


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("ml-1m.train.rating", "978302109", "soon", "line 2: `timestamp` .*'soon'"),
        ("ml-1m.test.negative", "\t198", "", "in line 2: must have 100 fields"),
        ("ml-1m.train.rating", "3705", "3706", "`items` must be known.* first 3706"),
        ("ml-1m.train.rating", "2\t3705", "-1\t3705", "`users` must be kno.* first -1"),
        ("ml-1m.train.rating", "0\t1\t", "0\t25\t", "must be unique. Received: 1 rep"),
        ("ml-1m.test.negative", "(2,133)", "(2,134)", r"the \(user,item\) of test.neg"),
        ("ml-1m.test.negative", "(2,133)", "(3,133)", r"the \(user,item\) of test.neg"),
        ("ml-1m.test.rating", TEST[-19:], "", r"Received: 2 and 1 rows that differ"),
        ("ml-1m.test.negative", "\t1001\t", "\t9999\t", "`items` must be .* first 999"),
        ("ml-1m.train.rating", "\t5\t", "\t-5\t", "`ratings` must be finite and at l"),
    ],
)
def test_a_bad_file_raises_with_its_line_or_the_folder(put, name, old, new, reason):
    folder = put("ncf-ml-1m", {**FILES, name: FILES[name].replace(old, new)})
    place = folder / name if "line" in reason else folder
    with pytest.raises(ValueError, match=f"^{place}: .*{reason}"):
        load_ncf_ml_1m()


def test_the_real_files_have_the_published_numbers(real):
    real("ncf-ml-1m")
    dataset = load_ncf_ml_1m()
    data, test_rows = dataset.interactions, dataset.test_rows
    assert (~test_rows).sum() == 994_169
    assert np.array_equal(data.user_ids[test_rows], np.arange(6040))
    users, items = dataset.negatives
    assert np.array_equal(users, np.arange(6040))
    assert items.shape == (6040, 99)
    among = (items == data.item_ids[test_rows][:, None]).any(axis=1)
    assert among.sum() == 156
