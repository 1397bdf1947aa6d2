"""The problem of a ranking run: data, split and protocol."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from tfrecs._base.checks import check_choice, check_cutoffs
from tfrecs._base.types import AnyArray
from tfrecs.bench.facts import facts_of_test, file_name
from tfrecs.bench.source import (
    Source,
    check_size,
    columns_of,
    load_data,
)
from tfrecs.data.datasets import Dataset
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.feedback import is_positive
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_test
from tfrecs.data.splits import (
    SPLITS,
    Split,
    leave_k_out,
    leave_last_out,
    random_split,
)
from tfrecs.evaluation.segments import SEGMENTS, activity

BY_TIME = ("leave-last-out", "temporal")
"""Splits whose test part is later than train, for each user or for all."""

SPLIT_SEED = 0
"""Seed of every split, so that all models and seeds share one."""


@dataclass(frozen=True)
class Problem:
    """Training and test data, and the protocol of evaluation.

    Args:
        dataset: source of the data.
        train: training data.
        test: test data.
        fitting: part of `train` to fit on while the number of epochs is chosen.
        validation: rest of `train`, on which the number of epochs is chosen.
        split: how the test data were held out.
        min_rating: lowest rating of a positive; None if every pair is one.
        cutoffs: k of the metrics.
        exclude_seen: whether the ranking excludes items of `train`.
        notes: remarks that a reader of the numbers needs.
        facts: what was read from files, by subject.
        held_out: how `validation` was held out of `train`.
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
    facts: Mapping[str, str] = field(default_factory=dict)
    held_out: str = "a random tenth of train"

    @property
    def is_by_time(self) -> bool:
        """True if the split put later interactions into test."""
        return self.split.removesuffix(" split") in BY_TIME

    @property
    def has_features(self) -> bool:
        """True if the data have features for a tower."""
        return bool(self.dataset.item_kinds.used or self.dataset.user_kinds.used)

    @cached_property
    def encoders(self) -> dict[str, FeatureEncoder]:
        """The fitted encoder of the features of "user" and "item", if there are any."""
        encoders = {}
        for side in ("user", "item"):
            frame = getattr(self.train, f"{side}_features")
            columns: dict[str, Any] = getattr(self.dataset, f"{side}_kinds").used
            if frame is not None and columns:
                encoders[side] = FeatureEncoder(**columns).fit(frame)
        return encoders

    @property
    def item_buckets(self) -> AnyArray | None:
        """Returns a bucket for each item by the first column of categories, if any.

        Items of the same categories share a bucket, and so do items without any.
        """
        frame, kinds = self.train.item_features, self.dataset.item_kinds
        columns = (*kinds.multi_hot, *kinds.categorical)
        if frame is None or not columns:
            return None
        categories = frame[columns[0]].astype("string")
        return categories.factorize(sort=True, use_na_sentinel=False)[0]

    @cached_property
    def example_users(self) -> tuple[int, ...]:
        """Three users with test items: light, medium and heavy in `train`."""
        rng = np.random.default_rng(SPLIT_SEED)
        tested = np.unique(self.test.user_ids)
        kind = activity(self.train)[tested]
        groups = (tested[kind == name] for name in SEGMENTS[1:])
        return tuple(int(rng.choice(users)) for users in groups if len(users))

    @property
    def in_one_line(self) -> str:
        """Returns the protocol, as printed above the table."""
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

    @property
    def _digest(self) -> str:
        """The SHA-256 of the pairs of train and test, by which data are recognized."""
        digest = hashlib.sha256()
        for part in (self.train, self.test):
            for ids in (part.user_ids, part.item_ids):
                digest.update(np.ascontiguousarray(ids, dtype="<i4").tobytes())
        return digest.hexdigest()

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Returns `dataset` and `protocol` of the JSON file."""
        return {
            "dataset": {
                "name": self.dataset.name,
                "num_users": self.train.num_users,
                "num_items": self.train.num_items,
                "num_interactions": len(self.dataset.interactions),
                "num_train": len(self.train),
                "num_test": len(self.test),
                "sha256": self._digest,
                "read": dict(self.facts),
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
                "validation": f"{self.held_out}, for the number of epochs",
                "ci95": "mean +- 1.96 standard errors over users",
            },
        }


def load_problem(
    dataset: str = "ml-100k",
    *,
    train: str | Path | None = None,
    test: str | Path | None = None,
    split: str | None = None,
    min_rating: float | None = None,
    k: int | Sequence[int] = (5, 10),
    exclude_seen: bool = True,
    **source: Unpack[Source],
) -> Problem:
    """Reads a data set or files, and splits them.

    Args:
        dataset: name of the data set, unless `train` is given.
        train: file of interactions.
        test: file of test interactions; None to split `train`.
        split: name of a split; by default the data set's own.
        min_rating: lowest rating of a positive; by default the data set's own.
        k: cut-offs of the metrics.
        exclude_seen: whether the ranking excludes items of `train`.
        **source: columns, metadata and more; see `Source`.

    Raises:
        ValueError: if an argument or the data are invalid.
        FileNotFoundError: if a file or a data set is missing.
    """
    data, notes, facts = load_data(dataset, train, min_rating=min_rating, **source)
    check_size(data.interactions)
    min_rating = data.min_rating if min_rating is None else min_rating
    if test is None:
        parts, title = _split(data, split, is_file=train is not None)
    else:
        _check_test(train, split)
        held, dropped = read_test(test, data.interactions, **columns_of(source))
        parts, title = Split(data.interactions, held), f"test from {file_name(test)}"
        facts |= facts_of_test(test, held)
        if dropped:
            notes.append(f"{dropped} test rows of unknown ids: left out")
    parts = Split(*(_positives(part, min_rating) for part in parts))
    if exclude_seen:
        parts, repeated = _without_repeated(parts)
        if repeated:
            notes.append(f"{repeated} test interactions are in train too: left out")
    cutoffs = check_cutoffs(k, parts.train.num_items)
    (fitting, validation), held_out = _validation(parts.train, split)
    return Problem(
        data,
        *(parts.train, parts.test, fitting, validation, title),
        held_out=held_out,
        min_rating=min_rating,
        cutoffs=cutoffs,
        exclude_seen=exclude_seen,
        notes=(*notes, *_minimum(data, min_rating), *_cold(parts)),
        facts=facts,
    )


def _check_test(train: str | Path | None, split: str | None) -> None:
    if train is None:
        raise ValueError("`test` needs `train`, the file to learn from.")
    if split is not None:
        raise ValueError("`split` divides `train`; leave it out when `test` is given")


def _split(data: Dataset, name: str | None, *, is_file: bool) -> tuple[Split, str]:
    """Returns the parts, and the title of the split."""
    own, everything = data.split_name, data.interactions
    if name in (None, own) and data.test_rows is not None:
        rows = data.test_rows
        return Split(everything.take(~rows), everything.take(rows)), f"{own} split"
    if name is not None:
        check_choice("split", name, (*SPLITS, *((own,) if own else ())))
        return SPLITS[name](everything, seed=SPLIT_SEED), f"{name} split"
    if is_file:
        title = "stratified split (a fifth of each user's)"
        return SPLITS["stratified"](everything, seed=SPLIT_SEED), title
    title = "ten random interactions of each user held out"
    return leave_k_out(everything, seed=SPLIT_SEED, k=10), title


def _validation(train: Interactions, split: str | None) -> tuple[Split, str]:
    """Returns the part to fit on and the validation part, and how they were made.

    They are like train and test where these are before and after a moment of each user.
    """
    if split == "leave-last-out":
        held_out = "the last interaction of each user in train"
        return leave_last_out(train, seed=SPLIT_SEED), held_out
    tenth = random_split(train, seed=SPLIT_SEED, test_fraction=0.1)
    return tenth, Problem.held_out


def _minimum(data: Dataset, min_rating: float | None) -> list[str]:
    """Returns a note if a minimum rating is missing and could make a difference."""
    ratings = data.interactions.ratings
    if min_rating is not None or ratings is None or np.ptp(ratings) == 0:
        return []
    return ["no minimum rating: all ratings above 0 count as positives"]


def _positives(part: Interactions, min_rating: float | None) -> Interactions:
    """Returns the interactions of at least the minimum, or rated above 0 without it."""
    if min_rating is None:
        if part.ratings is None:
            return part
        high = part.ratings[is_positive(part.ratings, None)]
        min_rating = float(high.min(initial=np.inf))
    return part.at_least(min_rating)


def _cold(parts: Split) -> list[str]:
    """Returns a note about test users and items without training data, if any."""
    users, items = len(parts.cold_users), len(parts.cold_items)
    if not users and not items:
        return []
    cold = f"{users} users and {items} items of test"
    return [f"{cold} are not in train: most models can only guess there"]


def _without_repeated(parts: Split) -> tuple[Split, int]:
    """Excludes test interactions that are in train; returns their number as well."""
    repeated = parts.train.contains(parts.test)
    if repeated.all():
        raise ValueError(
            "Every test interaction is in train too, and the ranking excludes training "
            "items. Pass exclude_seen=False, or another test file."
        )
    return Split(parts.train, parts.test.take(~repeated)), int(repeated.sum())
