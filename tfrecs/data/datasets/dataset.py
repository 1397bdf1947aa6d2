"""The form of every data set."""

from dataclasses import dataclass

from tfrecs._base.types import BoolArray, IntArray, Scorer
from tfrecs.data.column_kinds import NO_KINDS, ColumnKinds
from tfrecs.data.interactions import Interactions


@dataclass(frozen=True)
class Dataset:
    """Interactions, and the publisher's protocol for them.

    Args:
        name: the data set's name in `DATASETS`, or the name of a file.
        interactions: all of them, with features if there are any.
        test_rows: `[interactions]`, True for the test part of the publisher's split;
            None if there is no such split.
        split_name: the publisher's name of that split.
        note: what a reader of results must know, such as a missing part.
        min_rating: the rating from which the usual protocol counts a positive.
        item_kinds: the columns of item features that can be encoded, by kind.
        user_kinds: the columns of user features that can be encoded, by kind.
        oracle: the true scores, if the data were generated.
        negatives: user ids `[users]` and item ids `[users, n]`, if the publisher's
            protocol ranks a user's test items among n fixed candidates.
    """

    name: str
    interactions: Interactions
    test_rows: BoolArray | None = None
    split_name: str | None = None
    note: str = ""
    min_rating: float | None = None
    item_kinds: ColumnKinds = NO_KINDS
    user_kinds: ColumnKinds = NO_KINDS
    oracle: Scorer | None = None
    negatives: tuple[IntArray, IntArray] | None = None
