"""Raw ids in a TensorFlow graph."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfrecs._base.types import AnyArray
from tfrecs.data.vocabulary import Vocabulary


class RawIds(tf.Module):
    """The raw ids of users or items, `int64` or `string`, by index and back.

    Raises:
        TypeError: if the ids are neither integers of 64 bits nor str.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        ids = _plain(vocabulary)
        self._ids = tf.Variable(ids, trainable=False)
        places = tf.range(len(ids), dtype=tf.int64)
        keys = tf.lookup.KeyValueTensorInitializer(tf.constant(ids), places)
        self._places = tf.lookup.StaticHashTable(keys, default_value=-1)

    @property
    def dtype(self) -> Any:
        """The type of the ids."""
        return self._ids.dtype

    def index(self, raw: Any) -> Any:
        """Returns the index of each raw id, -1 if unknown: int64."""
        return self._places.lookup(raw)

    def at(self, indices: Any) -> Any:
        """Returns raw ids by index; of -1 an empty text, or -1."""
        missing = "" if self.dtype == tf.string else -1
        found = tf.gather(self._ids, tf.maximum(indices, 0))
        return tf.where(indices >= 0, found, tf.constant(missing, self.dtype))


def _plain(vocabulary: Vocabulary) -> AnyArray:
    """Returns the ids as an array of int64 or of text."""
    ids = vocabulary.ids
    of_int64 = ids.dtype.kind in "iu" and int(ids.max(initial=0)) < 2**63
    if of_int64:
        return ids.astype(np.int64)
    if ids.dtype == object and all(isinstance(id_, str) for id_ in ids.tolist()):
        return ids
    raise TypeError(
        f"`{vocabulary.name}` must be integers of 64 bits or str, to be looked up by "
        f"TensorFlow. Received: {ids.tolist()[0]!r:.60}, {ids.dtype}. Make them str."
    )
