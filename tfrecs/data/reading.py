"""A summary of what was read from a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_SEPARATORS = {"\t": "tab", " ": "spaces"}
_LISTED = 12
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


@dataclass(frozen=True)
class Reading:
    """The summary of what was read from a file; its text is at most ten lines.

    Args:
        path: the file.
        format: the format, such as "csv" or "lists".
        separator: of the fields of text; None for other formats.
        encoding: of text; None for other formats.
        header: whether the first line names the columns; None for other formats.
        columns: the column of each role, such as "user" and "rating".
        unused: the other columns.
        rows: the number of rows that are not empty.
        dropped: the number of rows that were left out, by reason.
        dropped_metadata: the same of files of metadata, under "users" and "items".
        merged: the number of rows that repeat the pair of another row.
        id_types: "integer", "text" or "mixed" by role.
        ratings: the lowest and the highest rating.
        times: the earliest and the latest time.
        notes: what else a reader should know, such as columns that cannot be read.
    """

    path: Path
    format: str
    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    rows: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    dropped_metadata: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    merged: int = 0
    id_types: Mapping[str, str] = field(default_factory=dict)
    ratings: tuple[float, float] | None = None
    times: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Returns the block: the file, and a line for each fact."""
        lines = [f"  {subject}: {fact}" for subject, fact in self.facts().items()]
        return "\n".join([f"{self.path.name}:", *lines])

    def facts(self) -> dict[str, str]:
        """Returns what was read, by subject."""
        kept = self.rows - sum(self.dropped.values())
        merged = f", {self.merged:,} of them repeated" if self.merged else ""
        more = len(self.unused) - _LISTED
        end = f" and {more} more" if more > 0 else ""
        facts = {
            "format": self._form(),
            "columns": ", ".join(f"{n} ({role})" for role, n in self.columns.items()),
            "unused columns": ", ".join(self.unused[:_LISTED]) + end,
            "ids": ", ".join(f"{role} {kind}" for role, kind in self.id_types.items()),
            "rows": f"{self.rows:,}, {kept:,} read{merged}",
            "dropped rows": "; ".join(self._dropped()),
            "ratings": "{:g} to {:g}".format(*self.ratings) if self.ratings else "",
            "times": _period(*self.times) if self.times else "",
            "notes": "; ".join(self.notes),
        }
        return {subject: fact for subject, fact in facts.items() if fact}

    def _dropped(self) -> Iterator[str]:
        for why, number in self.dropped.items():
            yield f"{number:,}: {why}"
        for name, reasons in self.dropped_metadata.items():
            for why, number in reasons.items():
                yield f"{number:,} of {name}: {why}"

    def _form(self) -> str:
        parts = [self.format]
        if self.separator:
            shown = _SEPARATORS.get(self.separator, repr(self.separator))
            parts.append(f"separator {shown}")
        if self.encoding:
            parts.append(self.encoding)
        if self.header is False:
            parts.append("no header")
        return ", ".join(parts)


def _period(first: float, last: float) -> str:
    """Returns two times as dates if they are seconds since 1970 or a part of these."""
    for unit, scale in _UNITS.items():
        if 1e8 <= first / scale and last / scale < 5e9:
            days = (
                datetime.fromtimestamp(t / scale, UTC).date() for t in (first, last)
            )
            return "{} to {} (in {} since 1970)".format(*days, unit)
    return f"{first:g} to {last:g}"
