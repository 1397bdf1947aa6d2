"""Data sets by name. To add one, write a function and a line in `DATASETS`.

`fetch.py` finds or downloads the files.
"""

from collections.abc import Callable
from functools import partial

from tfrecs._base.checks import check_choice
from tfrecs.data.datasets.dataset import Dataset as Dataset
from tfrecs.data.datasets.movielens import CHECKSUMS, load_ml_1m, load_movielens
from tfrecs.data.datasets.movielens_100k import load_ml_100k
from tfrecs.data.datasets.ncf_ml_1m import load_ncf_ml_1m
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.datasets.trivago import load_trivago
from tfrecs.data.datasets.ultragcn_ml_1m import load_ultragcn_ml_1m
from tfrecs.data.datasets.yoochoose import load_yoochoose

DATASETS: dict[str, Callable[[], Dataset]] = {
    "ml-100k": load_ml_100k,
    "ml-1m": load_ml_1m,
    **{name: partial(load_movielens, name) for name in CHECKSUMS},
    "ncf-ml-1m": load_ncf_ml_1m,
    "ultragcn-ml-1m": load_ultragcn_ml_1m,
    "yoochoose": load_yoochoose,
    "trivago": load_trivago,
    "synthetic": make_synthetic,
}


def load_dataset(name: str) -> Dataset:
    """Loads a data set by name, and downloads it if it is not on this machine.

    Raises:
        ValueError: if there is no such data set, or a file is malformed; names the file
            and the line.
        FileNotFoundError: if its files are not here and cannot be fetched.
    """
    check_choice("dataset", name, DATASETS)
    return DATASETS[name]()
