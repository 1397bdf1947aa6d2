"""A vocabulary that is learned from a stream of ids."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tfrecs._base.types import IntArray


class GrowingVocabulary:
    """Numbers raw ids in the order in which they first appear.

    Holds the ids once, as a pyarrow array: text takes its bytes and 8 more.

    Args:
        name: of the ids, for messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: Any = None

    def __len__(self) -> int:
        """Returns the number of ids."""
        return 0 if self.ids is None else len(self.ids)

    def add(self, ids: Any) -> None:
        """Appends distinct new ids.

        Raises:
            ValueError: if they are numbers and the others are text, or the reverse.
        """
        if self.ids is not None and ids.type != self.ids.type:
            raise ValueError(
                f"all files must have {self.name} of one kind. Received: {ids.type} "
                f"after {self.ids.type}. Name the column in `text` if text files have "
                "ids that look like numbers."
            )
        if self.ids is None:
            self.ids = ids
        elif len(ids):
            self.ids = pa.concat_arrays([self.ids, ids])

    def encode(self, raw: Any) -> tuple[IntArray, Any]:
        """Returns the index of each raw id, and the new ids, which it adds.

        The time grows with the known ids as well: encode many ids at a time.

        Raises:
            ValueError: as `add`.
        """
        self.add(raw.slice(0, 0))  # checks the kind
        found = pc.index_in(raw, value_set=self.ids).fill_null(-1)
        indices: IntArray = found.to_numpy(zero_copy_only=False).copy()
        unknown = indices < 0
        coded = raw.filter(pa.array(unknown)).dictionary_encode()
        indices[unknown] = len(self.ids) + coded.indices.to_numpy()
        self.add(coded.dictionary)
        return indices, coded.dictionary
