"""A vocabulary that is learned while ids stream by."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tfrecs._base.types import IntArray


class GrowingVocabulary:
    """Numbers raw ids in the order in which they first appear.

    Ids are held once, as pyarrow holds them: text takes its bytes and 8 more.

    Args:
        name: what the ids are of, for messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: Any = None

    def __len__(self) -> int:
        """Gives the number of ids."""
        return 0 if self.ids is None else len(self.ids)

    def add(self, ids: Any) -> None:
        """Appends distinct ids that are not there yet.

        Raises:
            ValueError: if they are numbers and the others are text, or the reverse.
        """
        self._check_kind(ids)
        self.ids = ids if self.ids is None else pa.concat_arrays([self.ids, ids])

    def encode(self, raw: Any) -> tuple[IntArray, Any]:
        """Gives the index of each raw id, and the ids that are new, now added.

        It takes time for the known ids as well as for those given: give many at a time.

        Raises:
            ValueError: as `add`.
        """
        if self.ids is None:
            self.add(raw.slice(0, 0))
        self._check_kind(raw)
        found = pc.index_in(raw, value_set=self.ids).fill_null(-1)
        indices: IntArray = found.to_numpy(zero_copy_only=False).copy()
        unknown = indices < 0
        coded = raw.filter(pa.array(unknown)).dictionary_encode()
        indices[unknown] = len(self.ids) + coded.indices.to_numpy()
        self.add(coded.dictionary)
        return indices, coded.dictionary

    def _check_kind(self, ids: Any) -> None:
        if self.ids is not None and ids.type != self.ids.type:
            raise ValueError(
                f"all files must have {self.name} of one kind. Received: {ids.type} "
                f"after {self.ids.type}. Name the column in `text` if text files have "
                "ids that look like numbers."
            )
