"""What a reader gives: a table, where its rows stand, and the rows that are wrong."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class MalformedRows:
    """The rows of a file that cannot be right; its text is one line.

    Args:
        path: the file.
        places: where each of them is, in order; not empty.
        unit: what places count: "line", from 1, or "row", from 0, where there are none.
        reason: what is wrong with the first.

    Example:
        >>> print(MalformedRows(Path("a.csv"), (3, 9), "line", "the rating is 'x'"))
        a.csv: 2 malformed rows, the first in line 3: the rating is 'x'
    """

    path: Path
    places: tuple[int, ...]
    unit: Literal["line", "row"]
    reason: str

    @classmethod
    def of(
        cls, path: Path, unit: Literal["line", "row"], faults: Sequence[tuple[int, str]]
    ) -> "MalformedRows | None":
        """Makes them of places and reasons, in order; None of none."""
        if not faults:
            return None
        return cls(path, tuple(place for place, _ in faults), unit, faults[0][1])

    def __len__(self) -> int:
        """Gives the number of malformed rows."""
        return len(self.places)

    def __str__(self) -> str:
        """Tells the file, how many there are, and what is wrong with the first."""
        rows = "1 malformed row" if len(self) == 1 else f"{len(self)} malformed rows"
        where = "in" if len(self) == 1 else "the first in"
        reason = " ".join(self.reason.split())
        return f"{self.path}: {rows}, {where} {self.unit} {self.places[0]}: {reason}"

    def joined(self, other: "MalformedRows | None") -> "MalformedRows":
        """Gives these and others of the same file."""
        if other is None:
            return self
        first = self if self.places[0] <= other.places[0] else other
        places = tuple(sorted({*self.places, *other.places}))
        return MalformedRows(self.path, places, self.unit, first.reason)


@dataclass(frozen=True)
class Table:
    """The rows of a file that have the right form.

    Args:
        frame: the rows, numbered from 0.
        places: gives the place in the file of each row of `frame`; slow, so it is
            called only where there is something to tell.
        malformed: the rows that are not in `frame`; None if there are none.
        unit: what places count.
    """

    frame: "pd.DataFrame"
    places: Callable[[], Sequence[int]]
    malformed: MalformedRows | None = None
    unit: Literal["line", "row"] = "line"


def as_text(frame: "pd.DataFrame", columns: Iterable[str]) -> "pd.DataFrame":
    """The frame with those of its columns as text."""
    return frame.astype(dict.fromkeys(set(columns) & set(frame.columns), str))
