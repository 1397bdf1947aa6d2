"""The bytes of a file of text as pyarrow parses them."""

import codecs
import re
from typing import Any

FIELD_END = "\x1f"
"""Replaces "::" and spaces, since pyarrow takes only one character."""

LAST_ROW = "\0last row"
"""Appended: a quote that is never closed swallows it."""

codecs.register_error("tfrecs.nul", lambda error: ("\0", getattr(error, "end", 0)))


def is_plain(separator: str) -> bool:
    """Returns whether pyarrow takes a separator as it is."""
    return len(separator) == 1 and separator != " "


class Recoder:
    """Recodes the bytes of a file for pyarrow, with NUL for bytes that are no text.

    Args:
        separator: a character, "::", or " " for any spaces and tabs.
        width: the number of fields of a row.

    Attributes:
        has_nul: whether there was a NUL, or bytes that are no text.
        line_ends: the number of line ends.
    """

    def __init__(self, separator: str, width: int) -> None:
        self.has_nul, self.line_ends = False, 0
        self._separator, self._at_start, self._rest = separator, True, ""
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("tfrecs.nul").decode
        field_end = separator if is_plain(separator) else FIELD_END
        self._end = f"\n{LAST_ROW}" + field_end * (width == 1)

    def __call__(self, data: Any) -> bytes:
        """Recodes some bytes. No bytes are the end of the file."""
        text = self._decode(bytes(data), not len(data))
        if self._separator == " ":
            text = self._without_spaces(text, is_last=not len(data))
        elif len(self._separator) > 1:
            text = self._rest + text.replace(FIELD_END, "\0")
            text = text.replace(self._separator, FIELD_END)
            cut = len(data) and text.endswith(self._separator[0])
            self._rest = self._separator[0] if cut else ""
            text = text.removesuffix(self._rest)
        self.has_nul |= "\0" in text
        self.line_ends += text.count("\n")
        if not len(data):
            text, self._end = text + self._end, ""
        return text.encode()

    def _without_spaces(self, text: str, is_last: bool) -> str:
        """Returns text with one separator for spaces, and none around lines."""
        text = self._rest + text.replace(FIELD_END, "\0")
        kept = text if is_last else text.rstrip()
        self._rest = text[len(kept) :]
        kept = re.sub(r"[ \t]*([\r\n])[ \t]*", r"\1", kept)
        if self._at_start or is_last:
            kept = kept.strip(" \t")
        self._at_start &= not kept
        return re.sub(r"[ \t]+", FIELD_END, kept)
