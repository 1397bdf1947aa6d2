"""What a bench run is about: data, split and protocol."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from tfrecs._base.checks import check_choice, check_cutoffs
from tfrecs._base.types import AnyArray
from tfrecs.bench.options import Options
from tfrecs.data.datasets import Dataset, load_dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_interactions, read_test
from tfrecs.data.splits import SPLITS, Split, leave_k_out, random_split
from tfrecs.evaluation.segments import SEGMENTS, activity
from tfrecs.reporting.text import clean

SPLIT_SEED = 0
"""Of every split, so that all models and seeds see the same one."""


@dataclass(frozen=True)
class Problem:
    """Train and test data, and how to measure.

    Args:
        dataset: where they are from.
        train: what models learn from.
        test: what they are measured on.
        fitting: the part of `train` that models learn from to choose their epochs.
        validation: the rest of `train`, on which the epochs are chosen.
        split: how test was held out.
        min_rating: the rating from which a pair is a positive; None for all pairs.
        cutoffs: k of the metrics.
        exclude_seen: whether items of `train` are left out of the ranking.
        notes: what a reader of the numbers must know.
    """

    dataset: Dataset
    train: Interactions
    test: Interactions
    fitting: Interactions
    validation: Interactions
    split: str
    min_rating: float | None
    cutoffs: tuple[int, ...]
    exclude_seen: bool
    notes: tuple[str, ...]

    @property
    def has_features(self) -> bool:
        """Whether the data have features that a tower can read."""
        data = self.dataset
        return bool(data.categorical or data.multi_hot or data.numeric)

    @property
    def item_buckets(self) -> AnyArray | None:
        """A bucket of each item, by the first column of their categories, if any.

        Items that have the same categories, or none, share one.
        """
        frame = self.train.item_features
        named = (*self.dataset.multi_hot, *self.dataset.categorical)
        columns = [] if frame is None else [c for c in named if c in frame.columns]
        if frame is None or not columns:
            return None
        categories = frame[columns[0]].astype("string")
        return categories.factorize(sort=True, use_na_sentinel=False)[0]

    @cached_property
    def example_users(self) -> tuple[int, ...]:
        """Users with test items: one light, one medium and one heavy in `train`."""
        rng = np.random.default_rng(SPLIT_SEED)
        tested = np.unique(self.test.user_ids)
        kind = activity(self.train)[tested]
        groups = (tested[kind == name] for name in SEGMENTS[1:])
        return tuple(int(rng.choice(users)) for users in groups if len(users))

    @property
    def in_one_line(self) -> str:
        """The protocol, as printed above the table."""
        rating = "" if self.min_rating is None else f", rating >= {self.min_rating:g}"
        seen = (
            "training items excluded" if self.exclude_seen else "training items ranked"
        )
        return (
            f"{self.dataset.name}, {self.split}{rating}: {len(self.train):,} train and "
            f"{len(self.test):,} test interactions, {self.train.num_users:,} users x "
            f"{self.train.num_items:,} items; full ranking, {seen}, means over "
            f"{len(np.unique(self.test.user_ids)):,} users with test items; "
            "precision = hits/k, recall = hits/test items, ties against the model"
        )

    def as_json(self) -> dict[str, dict[str, Any]]:
        """The `dataset` and `protocol` of the JSON file."""
        return {
            "dataset": {
                "name": self.dataset.name,
                "num_users": self.train.num_users,
                "num_items": self.train.num_items,
                "num_interactions": len(self.dataset.interactions),
                "num_train": len(self.train),
                "num_test": len(self.test),
                "notes": list(self.notes),
            },
            "protocol": {
                "split": self.split,
                "split_seed": SPLIT_SEED,
                "min_rating": self.min_rating,
                "k": list(self.cutoffs),
                "exclude_seen": self.exclude_seen,
                "ranking": "full",
                "ties": "against the model",
                "validation": "a random tenth of train, for the number of epochs",
                "ci95": "mean +- 1.96 standard errors over users",
            },
        }


def load_problem(options: Options) -> Problem:
    """Reads and splits the data that the options name.

    Raises:
        ValueError: if the data or the options cannot be right.
        FileNotFoundError: if a file or a data set is not to be had.
    """
    if options.train is not None:
        dataset, train, test, split, notes = _from_files(options)
    else:
        dataset = load_dataset(options.dataset)
        check_size(dataset.interactions)
        train, test, split = _split(dataset, options)
        notes = (dataset.note,) if dataset.note else ()
    min_rating = _min_rating(dataset, options)
    if min_rating is not None:
        train, test = train.at_least(min_rating), test.at_least(min_rating)
    if not options.include_seen:
        repeated = train.contains(test)
        if repeated.all():
            raise ValueError(
                "Every test interaction is in train too, and training items are left "
                "out of the ranking. Use --include-seen, or another test file."
            )
        if repeated.any():
            notes += (f"{repeated.sum()} test interactions are in train too: left out",)
            test = test.take(~repeated)
    parts = Split(train, test)
    if len(parts.cold_users) or len(parts.cold_items):
        notes += (
            f"{len(parts.cold_users)} users and {len(parts.cold_items)} items of test "
            "are not in train: most models can only guess there",
        )
    cutoffs = check_cutoffs(options.k, train.num_items)
    fitting, validation = random_split(train, seed=SPLIT_SEED, test_fraction=0.1)
    return Problem(
        dataset=dataset,
        train=train,
        test=test,
        fitting=fitting,
        validation=validation,
        split=split,
        min_rating=min_rating,
        cutoffs=cutoffs,
        exclude_seen=not options.include_seen,
        notes=notes,
    )


def check_size(interactions: Interactions) -> None:
    """Raises ValueError if there is nothing to choose between."""
    if interactions.num_users < 2 or interactions.num_items < 2:
        raise ValueError(
            "A bench needs at least 2 users and 2 items. Received: "
            f"{interactions.num_users} and {interactions.num_items}"
        )


class _Columns(TypedDict):
    """The columns that `--user-col` and its like name."""

    user_col: str | None
    item_col: str | None
    rating_col: str | None
    time_col: str | None


def _from_files(
    options: Options,
) -> tuple[Dataset, Interactions, Interactions, str, tuple[str, ...]]:
    """The user's own data: one file to split, or two."""
    columns: _Columns = {
        "user_col": options.user_col,
        "item_col": options.item_col,
        "rating_col": options.rating_col,
        "time_col": options.time_col,
    }
    path = Path(str(options.train))
    interactions = read_interactions(path, **columns)
    check_size(interactions)
    dataset = Dataset(clean(path.name), interactions)
    if options.test is None:
        train, test, split = _split(dataset, options)
        return dataset, train, test, split, ()
    if options.split is not None:
        raise ValueError("--split divides --train; leave it out when --test is given")
    test, dropped = read_test(options.test, interactions, **columns)
    notes = () if not dropped else (f"{dropped} test rows of unknown ids: left out",)
    return (
        dataset,
        interactions,
        test,
        f"test from {clean(Path(options.test).name)}",
        notes,
    )


def _split(
    dataset: Dataset, options: Options
) -> tuple[Interactions, Interactions, str]:
    """Train, test, and what the split is called."""
    given, everything = dataset.split_name, dataset.interactions
    if options.split in (None, given) and dataset.test_rows is not None:
        rows = dataset.test_rows
        return everything.take(~rows), everything.take(rows), f"{given} split"
    if options.split is not None:
        known = (*SPLITS, *((given,) if given else ()))
        check_choice("--split", options.split, known)
        train, test = SPLITS[options.split](everything, seed=SPLIT_SEED)
        return train, test, f"{options.split} split"
    if options.train is not None:
        train, test = SPLITS["stratified"](everything, seed=SPLIT_SEED)
        return train, test, "stratified split (a fifth of each user's)"
    train, test = leave_k_out(everything, seed=SPLIT_SEED, k=10)
    return train, test, "ten random interactions of each user held out"


def _min_rating(dataset: Dataset, options: Options) -> float | None:
    return dataset.min_rating if options.min_rating is None else options.min_rating
