"""Lists in LightGCN's format, small ones and the real ones."""

import pytest

from tfrecs.data.datasets import load_dataset
from tfrecs.data.datasets.ultragcn_ml_1m import load_ultragcn_ml_1m


@pytest.mark.parametrize("end", ["", ".gz"])
def test_train_and_test_lists_are_one_data_set(put, end):
    put(
        "ultragcn-ml-1m",
        {f"train.txt{end}": "0 5 1 \r\n1 2\r\n2\r\n", "test.txt": "1 1\n0 2"},
    )
    dataset = load_dataset("ultragcn-ml-1m")
    data = dataset.interactions
    assert data.users.ids.tolist() == [0, 1]
    assert data.items.ids.tolist() == [1, 2, 5]
    assert data.items.ids[data.item_ids].tolist() == [5, 1, 2, 1, 2]
    assert data.user_ids.tolist() == [0, 0, 1, 1, 0]
    assert dataset.test_rows.tolist() == [False, False, False, True, True]
    assert (dataset.name, dataset.split_name) == ("ultragcn-ml-1m", "m1")
    assert dataset.negatives is None


def test_a_repeated_pair_raises(put):
    folder = put("ultragcn-ml-1m", {"train.txt": "0 5 1\n", "test.txt": "0 1 2\n"})
    with pytest.raises(ValueError, match=f"^{folder}: .*Received: 1 repeated"):
        load_ultragcn_ml_1m()


def test_a_malformed_line_raises(put):
    folder = put("ultragcn-ml-1m", {"train.txt": "0 5 1\n", "test.txt": "0 2\n1 x\n"})
    with pytest.raises(ValueError, match=f"{folder}/test.txt: .*line 2: must be whole"):
        load_ultragcn_ml_1m()


def test_the_real_files_have_the_published_numbers(real):
    real("ultragcn-ml-1m")
    dataset = load_ultragcn_ml_1m()
    data = dataset.interactions
    assert (data.num_users, data.num_items) == (6022, 3043)
    assert (~dataset.test_rows).sum() == 796_244
    assert dataset.test_rows.sum() == 99_455
