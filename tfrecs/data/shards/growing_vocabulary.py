"""A vocabulary that is learned from a stream of ids."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tfrecs._base.types import IntArray


class GrowingVocabulary:
    """Numbers raw ids in the order in which they first appear.

    Holds the ids once, as a pyarrow array: text takes its bytes and 8 more. Ids from
    text files are integers until one is not, and then all of them are text.

    Args:
        name: of the ids, for messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: Any = None
        self._is_typed = False

    def __len__(self) -> int:
        """Returns the number of ids."""
        return 0 if self.ids is None else len(self.ids)

    def add(self, ids: Any, typed: bool = True) -> Any:
        """Appends distinct new ids; returns them in the type of the vocabulary.

        Args:
            ids: pyarrow int64 or large_string.
            typed: whether integers may not become text, such as in Parquet.

        Raises:
            ValueError: if they are numbers and the others are text, or the reverse, and
                the numbers have that type in their file.
        """
        if self.ids is not None and ids.type != self.ids.type:
            integers_are_typed = typed if ids.type == pa.int64() else self._is_typed
            if integers_are_typed:
                raise ValueError(
                    f"all files must have {self.name} of one kind. Received: {ids.type}"
                    f' after {self.ids.type}. Pass id_type="text" if they are the same '
                    "ids."
                )
            # Canonical integers, so that the text is as it was in the file.
            self.ids = self.ids.cast(pa.large_string())
            ids = ids.cast(pa.large_string())
        self._is_typed |= typed
        if self.ids is None:
            self.ids = ids
        elif len(ids):
            self.ids = pa.concat_arrays([self.ids, ids])
        return ids

    def encode(self, raw: Any, typed: bool = True) -> tuple[IntArray, Any]:
        """Returns the index of each raw id, and the new ids, which it adds.

        The time grows with the known ids as well: encode many ids at a time.

        Args:
            raw: pyarrow int64 or large_string.
            typed: as in `add`.

        Raises:
            ValueError: as `add`.
        """
        self.add(raw.slice(0, 0), typed)  # makes both of one type
        raw = raw.cast(self.ids.type)
        found = pc.index_in(raw, value_set=self.ids).fill_null(-1)
        indices: IntArray = found.to_numpy(zero_copy_only=False).copy()
        unknown = indices < 0
        coded = raw.filter(pa.array(unknown)).dictionary_encode()
        indices[unknown] = len(self.ids) + coded.indices.to_numpy()
        self.add(coded.dictionary, typed)
        return indices, coded.dictionary
