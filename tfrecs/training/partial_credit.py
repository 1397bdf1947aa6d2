"""Partial credit: soft labels for negatives that are similar to the positive.

The label of a positive is 1, and that of another item its credit, in [0, 1). Losses of
pairs ask for a gap of 1 - credit between the two scores: less for similar items.

Example:
    >>> import numpy as np
    >>> genres = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])  # of 3 items
    >>> decades = np.array([0, 0, -1])  # missing for item 2
    >>> credit = partial_credit(
    ...     {"genres": genres, "decade": decades}, {"genres": 0.4, "decade": 0.2}
    ... )
    >>> labels = credit.function(3)
    >>> labels(np.array([0]), np.array([1, 2])).numpy().tolist()  # .4 * 1/2 + .2; 0
    [[0.4000000059604645, 0.0]]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray
from tfrecs.data.features import FeatureEncoder

if TYPE_CHECKING:
    import pandas as pd
    import tensorflow as tf

HIGHEST = 1 - 2**-8
"""The most credit: the highest number below 1, where a positive is, in bfloat16."""

MOST_LABELS = 256
"""Labels up to which two items are compared by a product of rows of flags."""

MOST_FLAGS = 2**26
"""Flags that are held for that, a byte each: 64 MiB."""

CreditFunction: TypeAlias = "Callable[[tf.Tensor, tf.Tensor], tf.Tensor]"
"""Takes items `[batch]` and others, `[batch, n]` or the same `[n]` for each; returns
credit `[batch, n]` float32."""


@dataclass(frozen=True, eq=False)
class PartialCredit:
    """The credit of an item for its similarity to another one.

    Formula:
        credit(p, n) = min(sum over k of w_k sim_k(p, n), 1 - 2^-8)
        sim_k(p, n) = |L_k(p) & L_k(n)| / |L_k(p) | L_k(n)|, of the labels L_k that two
        items have in the metadata k (Jaccard); 0 if neither has one. With one label
        each it is 1 if the two are equal and 0 if not.

    The credit is 0 where n is p, and for items with missing metadata.

    Args:
        labels: of each metadata, `[num_items, labels]`, zeros and ones.
        weights: w of each metadata.

    References:
        Collie's partial credit, for items of one label; here a missing label equals
        nothing. The gap 1 - credit is its "ideal difference".
    """

    labels: Mapping[str, sp.csr_array]
    weights: Mapping[str, float]

    @property
    def num_items(self) -> int:
        """The catalogue's size."""
        return next(iter(self.labels.values())).shape[0]

    def function(self, num_items: int) -> CreditFunction:
        """Returns the credit function of TensorFlow, for a catalogue of `num_items`.

        Its cost grows with the pairs of a batch, not with the catalogue.

        Raises:
            ValueError: if the metadata have another number of items.
        """
        import tensorflow as tf

        if num_items != self.num_items:
            raise ValueError(
                f"`credit` must have metadata of {num_items} items, as `train` has. "
                f"Received: of {self.num_items}"
            )
        kinds = [
            (weight, _similarity(self.labels[name]))
            for name, weight in self.weights.items()
            if weight
        ]

        def credit_of(item_id: "tf.Tensor", other_id: "tf.Tensor") -> "tf.Tensor":
            another = tf.cast(item_id[:, None] != other_id, tf.float32)
            credit = tf.zeros_like(another)
            for weight, similarity in kinds:
                credit += weight * similarity(item_id, other_id)
            return another * tf.minimum(credit, HIGHEST)

        return credit_of


def partial_credit(
    metadata: Mapping[str, Any], weights: Mapping[str, float]
) -> PartialCredit:
    """Builds partial credit from the metadata of items.

    Args:
        metadata: by name, categories `[num_items]` int, from 0, or -1 if missing; or
            `[num_items, labels]`, zeros and ones, dense or scipy sparse, for items with
            several labels.
        weights: by name, at least 0 and at most 1 together. A weight is the credit of
            an item with the same labels: with 0.5 such a pair needs half the gap.

    Returns:
        The `credit` of `tfrecs.training.plan.Negatives` and of the pipelines.

    Raises:
        ValueError: if the names differ or are missing, lengths differ, a value is not a
            category or a flag, or weights are out of range.
    """
    if not metadata or set(metadata) != set(weights):
        raise ValueError(
            "`weights` must have a weight for each of `metadata`, at least one. "
            f"Received: weights of {sorted(weights)}, metadata {sorted(metadata)}"
        )
    values = np.array(list(weights.values()), dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError(f"`weights` must be at least 0. Received: {dict(weights)}")
    if values.sum() > 1 + 1e-6:  # ten times .1 is a bit more than 1
        raise ValueError(
            f"`weights` must be at most 1 together. Received: {dict(weights)}, their "
            f"sum is {values.sum():g}. Divide each by it."
        )
    labels = {name: _as_labels(name, table) for name, table in metadata.items()}
    lengths = {name: table.shape[0] for name, table in labels.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"`metadata` must have a row for each item. Received: rows {lengths}"
        )
    return PartialCredit(labels, {name: float(weights[name]) for name in metadata})


def credit_from_frame(
    frame: "pd.DataFrame",
    *,
    categorical: Mapping[str, float] | None = None,
    multi_hot: Mapping[str, float] | None = None,
    separator: str | None = None,
) -> PartialCredit:
    """Builds partial credit from columns, such as `Interactions.item_features`.

    A missing value has no credit, and no more has an empty list or text: two items
    without genres have no credit for each other.

    Args:
        frame: a row for each item.
        categorical: columns of one category, with their weights.
        multi_hot: columns of several categories, with their weights.
        separator: between the categories of a cell, as of `FeatureEncoder`.

    Raises:
        ValueError: as `FeatureEncoder` and `partial_credit`.

    Example:
        >>> import pandas as pd
        >>> films = pd.DataFrame({"genres": ["Drama|War", "Drama"]})
        >>> credit = credit_from_frame(films, multi_hot={"genres": 0.5})
        >>> labels = credit.function(2)
        >>> labels(np.array([0]), np.array([1])).numpy().tolist()  # .5 * 1/2
        [[0.25]]
    """
    categorical, multi_hot = categorical or {}, multi_hot or {}
    encoders = {
        **{name: FeatureEncoder(categorical=[name]) for name in categorical},
        **{
            name: FeatureEncoder(multi_hot=[name], separator=separator)
            for name in multi_hot
        },
    }
    metadata = {name: coder.fit_transform(frame) for name, coder in encoders.items()}
    return partial_credit(metadata, {**categorical, **multi_hot})


def _as_labels(name: str, table: Any) -> sp.csr_array:
    """Returns categories or flags as zeros and ones, `[num_items, labels]`."""
    if not sp.issparse(table):
        table = np.asarray(table)
        if table.ndim == 1:
            return _one_hot(name, table)
    if table.ndim != 2:
        raise ValueError(
            f"`metadata` {name!r} must be categories [num_items] or zeros and ones "
            f"[num_items, labels]. Received: shape {list(table.shape)}"
        )
    labels = sp.csr_array(table, copy=True)  # changed in place below
    labels.sum_duplicates()
    labels.eliminate_zeros()
    wrong = labels.data != 1
    if wrong.any():
        raise ValueError(
            f"`metadata` {name!r} must be zeros and ones. Received: values such as "
            f"{labels.data[wrong][:3].tolist()}"
        )
    return labels.astype(np.int8)


def _one_hot(name: str, categories: AnyArray) -> sp.csr_array:
    """Returns categories `[num_items]`, -1 if missing, as zeros and ones."""
    whole = categories.dtype.kind in "iu"
    wrong = categories[categories < -1] if whole else categories
    if len(wrong):
        raise ValueError(
            f"`metadata` {name!r} must be whole numbers from 0, or -1 if missing. "
            f"Received: {wrong.dtype}, such as {wrong[:3].tolist()}"
        )
    rows = np.flatnonzero(categories >= 0)
    codes = np.unique(categories[rows], return_inverse=True)[1]
    ones = np.ones(len(rows), dtype=np.int8)
    shape = (len(categories), codes.max(initial=0) + 1)
    return sp.csr_array((ones, (rows, codes)), shape=shape)


def _similarity(labels: sp.csr_array) -> CreditFunction:
    """Returns Jaccard's similarity, by flags for few labels and by lists for many."""
    import tensorflow as tf

    num_items, num_labels = labels.shape
    few = num_labels <= MOST_LABELS and num_items * num_labels <= MOST_FLAGS
    shared = _shared_by_flags(labels) if few else _shared_by_lists(labels)
    counts = tf.constant(np.diff(labels.indptr).astype(np.float32))

    def similarity(item_id: "tf.Tensor", other_id: "tf.Tensor") -> "tf.Tensor":
        both = shared(item_id, other_id)
        either = (
            tf.gather(counts, item_id)[:, None] + tf.gather(counts, other_id) - both
        )
        return tf.math.divide_no_nan(both, either)

    return similarity


def _shared_by_flags(labels: sp.csr_array) -> CreditFunction:
    """Returns the number of shared labels, a product of rows of zeros and ones."""
    import tensorflow as tf

    flags = tf.constant(labels.toarray())

    def shared(item_id: "tf.Tensor", other_id: "tf.Tensor") -> "tf.Tensor":
        item = tf.cast(tf.gather(flags, item_id), tf.float32)
        other = tf.cast(tf.gather(flags, other_id), tf.float32)
        if other.shape.rank == 2:  # the same others for each row
            return tf.matmul(item, other, transpose_b=True)
        return tf.linalg.matvec(other, item)

    return shared


def _shared_by_lists(labels: sp.csr_array) -> CreditFunction:
    """Returns the number of shared labels, by a search among the labels of the others.

    Memory is one number for each label that a pair shares.
    """
    import tensorflow as tf

    lists = tf.RaggedTensor.from_row_splits(
        labels.indices.astype(np.int64), labels.indptr.astype(np.int64)
    )

    def shared(item_id: "tf.Tensor", other_id: "tf.Tensor") -> "tf.Tensor":
        batch, n = (tf.shape(ids, tf.int64)[-1] for ids in (item_id, other_id))
        item = tf.gather(lists, item_id)
        other = tf.gather(lists, tf.reshape(other_id, [-1]))
        row, place = item.value_rowids(), other.value_rowids()
        wanted, there = item.values, other.values
        if len(other_id.shape) == 2:  # others of its own for each row
            wanted += labels.shape[1] * row
            there += labels.shape[1] * (place // n)
        order = tf.argsort(there)
        there = tf.gather(there, order)
        found = tf.ragged.range(
            tf.searchsorted(there, wanted, side="left"),
            tf.searchsorted(there, wanted, side="right"),
        )
        column = tf.gather(place % n, tf.gather(order, found.values))
        pairs = tf.gather(row, found.value_rowids()) * n + column
        counts = tf.math.unsorted_segment_sum(tf.ones_like(pairs), pairs, batch * n)
        return tf.cast(tf.reshape(counts, [batch, n]), tf.float32)

    return shared
