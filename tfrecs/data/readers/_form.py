"""The form of a file, where a caller states it."""

from dataclasses import dataclass

from tfrecs._base.limits import LIMITS, Limits


@dataclass(frozen=True)
class Form:
    """The form of a file; a field without a value is found from the content.

    Args:
        format: the format, as its suffix names it, such as "csv", or "lists".
        separator: of the fields: a character, "::", or " " for any spaces.
        encoding: of the text, such as "latin-1".
        header: whether the first line names the columns.
        limits: sizes from which a file is refused.
    """

    format: str | None = None
    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    limits: Limits = LIMITS

    def __post_init__(self) -> None:
        """Checks the separator, which a command line may spell."""
        if self.separator is None:
            return
        spelled = {"\\t": "\t", "tab": "\t", "space": " ", "spaces": " "}
        separator = spelled.get(self.separator, self.separator)
        if separator != "::" and (len(separator) != 1 or separator in '"\r\n\0'):
            raise ValueError(
                '`separator` must be one character, "::" or "tab". Received: '
                f"{self.separator!r}"
            )
        object.__setattr__(self, "separator", separator)
