"""The result of a reader: a table, and the malformed rows that are not in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from tfrecs.data.readers._form import Form

if TYPE_CHECKING:
    import pandas as pd

Unit: TypeAlias = Literal["line", "row"]
Fault: TypeAlias = tuple[int, str]
"""The place of a malformed row in its file, and the reason."""


def by_reason(faults: Iterable[Fault]) -> dict[str, int]:
    """Returns the number of faults by reason, without the values."""
    reasons = Counter(reason.partition(". Received")[0] for _, reason in faults)
    return dict(reasons.most_common())


@dataclass(frozen=True)
class MalformedRows:
    """The malformed rows of a file; its text is one line.

    Args:
        path: the file.
        places: the place of each of them, in order; not empty.
        unit: what places count: "line", from 1, or "row", from 0, in Parquet.
        reason: what is wrong with the first.

    Example:
        >>> print(MalformedRows(Path("a.csv"), (3, 9), "line", "the rating is 'x'"))
        a.csv: 2 malformed rows, the first in line 3: the rating is 'x'
    """

    path: Path
    places: tuple[int, ...]
    unit: Unit
    reason: str

    @classmethod
    def of(
        cls, path: Path, unit: Unit, faults: Iterable[Fault]
    ) -> "MalformedRows | None":
        """Collects faults; returns None if there are no faults."""
        ordered = sorted(faults)
        if not ordered:
            return None
        places = tuple(dict.fromkeys(place for place, _ in ordered))
        return cls(path, places, unit, ordered[0][1])

    def __len__(self) -> int:
        """Returns the number of malformed rows."""
        return len(self.places)

    def refused(self) -> ValueError:
        """Returns the error of a reader that leaves no rows out."""
        remedy = 'Pass malformed="skip" to leave such rows out.'
        return ValueError(f"{str(self).removesuffix('.')}. {remedy}")

    def __str__(self) -> str:
        """Returns the file, the number of rows, and the reason for the first."""
        rows = "1 malformed row" if len(self) == 1 else f"{len(self)} malformed rows"
        where = "in" if len(self) == 1 else "the first in"
        reason = " ".join(self.reason.split())
        return f"{self.path}: {rows}, {where} {self.unit} {self.places[0]}: {reason}"


@dataclass(frozen=True)
class Table:
    """The rows of a file that have the right form.

    Args:
        frame: the rows, indexed by their place in the file.
        faults: the rows that are not in `frame`.
        unit: what places count.
        untyped: whether the columns are text whose type is to be inferred.
        form: how the file is written.
    """

    frame: "pd.DataFrame"
    faults: list[Fault] = field(default_factory=list)
    unit: Unit = "line"
    untyped: bool = False
    form: Form = field(default_factory=Form)

    def malformed(self, path: Path) -> MalformedRows | None:
        """Returns the malformed rows, if any."""
        return MalformedRows.of(path, self.unit, self.faults)
