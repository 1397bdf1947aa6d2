"""Events of lines that anyone may have written: as JSON, or with separators.

What is no event raises MalformedError, with a reason of `FAULTS`. Nothing else is
raised, whatever the bytes.
"""

import csv
import json
import sys
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfrecs.streaming.prequential import Event
from tfrecs.streaming.sources.position import Parse, Position, Positioned

FAULTS = {
    "too long": "A line must be no longer than `max_bytes`.",
    "empty": "A message must have a value.",
    "not UTF-8": "A line must be text in UTF-8.",
    "not JSON": "A line must be an object in JSON.",
    "not CSV": "A line must have as many fields as there are columns.",
    "missing key": "A line must have a user and an item.",
    "bad id": "An id must be a whole number, or a text that is not empty.",
    "bad rating": "A rating must be a number from 0 to `largest`.",
    "bad weight": "A weight must be a number from 0 to `largest`.",
    "bad time": "A time must be a finite number, at most `latest`.",
}
"""Why a line is no event, and what it should have been."""


class MalformedError(ValueError):
    """A line or a message is no event.

    Args:
        fault: why, of `FAULTS`.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"{fault}. {FAULTS[fault]}")
        self.fault = fault


@dataclass(frozen=True)
class JsonEvents:
    """Makes an event of a line such as {"user": "ann", "item": 7, "rating": 4}.

    An id is a whole number or a text; 7 and "7" are two ids. A rating, a weight or a
    time is a number; one that is null or not there is as in `Event`. Other keys are
    passed over.

    Args:
        user: key of the user's id.
        item: key of the item's id.
        rating: key of the rating, or None to pass ratings over.
        weight: key of the weight, or None.
        time: key of the time, or None.
        largest: rating or weight above which a line is malformed, so that one line
            cannot outweigh all that was learned.
        latest: time above which a line is malformed, such as 4102444800 for seconds
            before 2100, so that one line cannot make all be forgotten by time.

    Example:
        >>> from tfrecs.streaming.sources import JsonEvents
        >>> JsonEvents(time="at")(b'{"user": "ann", "item": 7, "at": 12}')
        Event(user='ann', item=7, rating=None, weight=None, time=12.0)
    """

    user: str = "user"
    item: str = "item"
    rating: str | None = "rating"
    weight: str | None = "weight"
    time: str | None = "time"
    largest: float = 1e6
    latest: float = sys.float_info.max

    def __call__(self, line: bytes) -> Event:
        """Makes an event of a line.

        Raises:
            MalformedError: if it is none.
        """
        found = _object(line)
        if self.user not in found or self.item not in found:
            raise MalformedError("missing key")
        own = {
            name: found.get(getattr(self, name))
            for name in ("user", "item", "rating", "weight", "time")
        }
        return _event(own, self.largest, self.latest)


JSON: Parse = JsonEvents()


@dataclass(frozen=True)
class CsvEvents:
    """Makes an event of a line such as ann,Heat,4,12.

    All ids are texts. A field of a number that is empty is as in `Event`. A field may
    be quoted, but not hold a newline. A line of headings is malformed, and counted so,
    if there is a column of numbers; else it is an event.

    Args:
        columns: what the fields are, in their order: "user", "item", "rating",
            "weight", "time", or None for one to pass over.
        separator: one character.
        largest: as of `JsonEvents`.
        latest: as of `JsonEvents`.

    Raises:
        ValueError: if a column is unknown or stands twice, there is none of users or
            items, or the separator is not one character.
    """

    columns: Sequence[str | None] = ("user", "item", "rating", "time")
    separator: str = ","
    largest: float = 1e6
    latest: float = sys.float_info.max

    def __post_init__(self) -> None:
        """Checks what was given."""
        named = [column for column in self.columns if column is not None]
        if not {"user", "item"} <= set(named) <= set(Event._fields) or len(
            set(named)
        ) < len(named):
            raise ValueError(
                "`columns` must be user, item and any of rating, weight and time, each "
                f"once, and None for others. Received: {tuple(self.columns)!r}"
            )
        if len(self.separator) != 1 or self.separator in '"\r\n':
            raise ValueError(
                "`separator` must be one character, and no quote or newline. Received: "
                f"{self.separator!r}"
            )

    def __call__(self, line: bytes) -> Event:
        """Makes an event of a line.

        Raises:
            MalformedError: if it is none.
        """
        try:
            reader = csv.reader([_text(line)], delimiter=self.separator, strict=True)
            fields = next(reader, [])
        except csv.Error as error:
            raise MalformedError("not CSV") from error
        if len(fields) != len(self.columns):
            raise MalformedError("not CSV")
        own: dict[str, Any] = {
            name: field
            for name, field in zip(self.columns, fields, strict=True)
            if name is not None
        }
        for name in ("rating", "weight", "time"):
            own[name] = _written_number(own.get(name, ""), f"bad {name}")
        return _event(own, self.largest, self.latest)


def parsed(
    position: Position, data: bytes | None, parse: Parse, max_bytes: int
) -> Positioned:
    """Gives the event of a line or a message, or why it is none."""
    if data is None:
        return Positioned(position, None, "empty")
    if len(data) > max_bytes:
        return Positioned(position, None, "too long")
    try:
        return Positioned(position, parse(data))
    except MalformedError as error:
        return Positioned(position, None, error.fault)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("not UTF-8") from error


def _object(line: bytes) -> dict[str, Any]:
    text = _text(line)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:  # brackets may be deep
        raise MalformedError("not JSON") from error
    if not isinstance(found, dict):
        raise MalformedError("not JSON")
    return found


def _event(own: Mapping[str, Any], largest: float, latest: float) -> Event:
    """Checks what stands for an event, by the names of its fields."""
    time = _number(own.get("time"), "bad time", -sys.float_info.max, latest)
    return Event(
        _id(own["user"]),
        _id(own["item"]),
        _number(own.get("rating"), "bad rating", 0, largest),
        _number(own.get("weight"), "bad weight", 0, largest),
        0.0 if time is None else time,
    )


def _id(value: Any) -> Hashable:
    if type(value) not in (int, str) or value == "":  # True would be 1
        raise MalformedError("bad id")
    found: Hashable = value
    return found


def _number(value: Any, fault: str, lowest: float, largest: float) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or not lowest <= value <= largest:  # NaN too
        raise MalformedError(fault)
    return float(value)


def _written_number(field: str, fault: str) -> float | None:
    try:
        return float(field) if field else None
    except ValueError as error:
        raise MalformedError(fault) from error
