"""What every data set comes as."""

from dataclasses import dataclass

from tfrecs._base.types import BoolArray, IntArray, Scorer
from tfrecs.data.interactions import Interactions


@dataclass(frozen=True)
class Dataset:
    """Interactions, and what their publisher says about using them.

    Args:
        name: the data set's name in `DATASETS`, or a file's name.
        interactions: all of them, with features where there are any.
        test_rows: `[interactions]`, True where the publisher's split has test data;
            None if there is no such split.
        split_name: what the publisher calls that split.
        note: what a reader of results must know, such as a missing part.
        min_rating: the rating from which the usual protocol counts a positive.
        categorical: feature columns that hold one category.
        multi_hot: feature columns that hold any number of categories, joined by "|".
        numeric: feature columns that hold a number.
        oracle: the true scores, where the data were generated.
        negatives: user ids `[users]` and item ids `[users, n]`, where the publisher's
            protocol ranks a user's test items among n others that are fixed.
    """

    name: str
    interactions: Interactions
    test_rows: BoolArray | None = None
    split_name: str | None = None
    note: str = ""
    min_rating: float | None = None
    categorical: tuple[str, ...] = ()
    multi_hot: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    oracle: Scorer | None = None
    negatives: tuple[IntArray, IntArray] | None = None
