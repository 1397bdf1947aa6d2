"""Sizes from which a file is refused, in place of filling the memory."""

from dataclasses import asdict, dataclass
from typing import Any

from tfrecs._base.checks import check_positive
from tfrecs._base.parquet_texts import text_bytes


@dataclass(frozen=True)
class Limits:
    """Largest sizes of files that other people made; beyond them is a ValueError.

    What is not compressed may be as large as its file. Readers and `tfrecs.load` take
    `limits=`: raise one for a file that you trust.

    Args:
        unpacked: times that compressed content may be larger than its file, or than
            1 MB if the file is smaller; tables of interactions reach 20.
        row_bytes: bytes of a row or line of text.
        columns: columns of a table.

    Raises:
        ValueError: if a limit is below 1.

    Example:
        >>> Limits(columns=10**6)
        Limits(unpacked=200, row_bytes=4194304, columns=1000000)
    """

    unpacked: int = 200
    row_bytes: int = 2**22
    columns: int = 10_000

    def __post_init__(self) -> None:
        """Checks the limits."""
        check_positive(**asdict(self))

    def check_unpacked(self, size: int, packed: int) -> None:
        """Raises ValueError for content of `size` bytes from a file of `packed`."""
        most = self._most(packed)
        if size > most:
            raise ValueError(
                f"must unpack to at most {most:,} bytes, {self.unpacked} times its "
                "size. Received: more. Unpack it if you trust it, or pass a larger "
                "tfrecs.Limits(unpacked=...) as `limits`."
            )

    def check_columns(self, number: int) -> None:
        """Raises ValueError for a table of too many columns."""
        if number > self.columns:
            raise ValueError(
                f"must have at most {self.columns:,} columns. Received: {number:,}. "
                "Pass a larger tfrecs.Limits(columns=...) as `limits` if you trust it."
            )

    def check_parquet(self, source: Any, packed: int) -> None:
        """Raises ValueError for a Parquet file whose values would take too much.

        Args:
            source: the path or the bytes, as pyarrow takes them.
            packed: number of bytes.
        """
        import pyarrow.parquet as pq

        described = pq.read_metadata(source)
        self.check_columns(described.num_columns)
        parts = map(described.row_group, range(described.num_row_groups))
        widths = [
            max(8, described.schema.column(column).length or 0)
            for column in range(described.num_columns)
        ]
        size = sum(
            width * part.column(column).num_values
            for part in parts
            for column, width in enumerate(widths)
        )
        self.check_unpacked(size, packed)
        for added in text_bytes(source, self._most(packed) - size):
            size += added
            self.check_unpacked(size, packed)

    def _most(self, packed: int) -> int:
        return self.unpacked * max(packed, 2**20)

    def long_row(self) -> str:
        """Returns the message for a row that is too long."""
        return (
            f"each row must have at most {self.row_bytes:,} bytes. Received: a longer "
            "one. Is a quote never closed? Pass a larger tfrecs.Limits(row_bytes=...) "
            "as `limits` if you trust it."
        )


LIMITS = Limits()
"""The default limits."""
