"""Parses lines of JSON or CSV to events.

Malformed lines raise MalformedError with a fault of `FAULTS`; no bytes raise another
error.
"""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tfrecs.data.ids import IdTypes, one_id, types_by_role
from tfrecs.data.readers import Form, split_strictly
from tfrecs.streaming.events import Event
from tfrecs.streaming.sources.position import Parse, Position, Positioned

FAULTS = {
    "too long": "A line must be no longer than `max_bytes`.",
    "empty": "A message must have a value.",
    "not text": "A line must be text in UTF-8, or in the `encoding`.",
    "not JSON": "A line must be an object in JSON.",
    "not CSV": "A line must have as many fields as there are columns.",
    "missing key": "A line must have a user and an item.",
    "bad id": "An id must be a whole number, exactly, or a text that is not empty, of "
    "whole characters; `id_type` overrules the type.",
    "bad rating": "A rating must be a number from 0 to `largest`.",
    "bad weight": "A weight must be a number from 0 to `largest`.",
    "bad time": "A time must be a finite number or an ISO date, at most `latest`.",
}
"""Faults of malformed lines and messages, and what they should be."""

NUMBERS = ("rating", "weight", "time")


class MalformedError(ValueError):
    """A line or a message is malformed.

    `fault` is a name in `FAULTS`.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"{fault}. {FAULTS[fault]}")
        self.fault = fault


@dataclass(frozen=True)
class JsonEvents:
    """Parses lines such as {"user": "ann", "item": 7, "rating": 4}.

    Ids are whole numbers or texts; 7 and "7" are two ids, unless `id_type` makes both
    of one type. Ratings, weights and times are numbers. A time may be an ISO date too,
    such as 2024-01-31T12:00:00+01:00, which becomes seconds since 1970, as in
    `read_interactions`; without an offset it is in UTC. null or a missing key means
    the default of `Event`. Other keys are ignored.

    Args:
        user: key of the user's id.
        item: key of the item's id.
        rating: key of the rating; None to ignore ratings.
        weight: key of the weight; None to ignore weights.
        time: key of the time; None to ignore times.
        largest: maximum rating or weight, so that one line cannot outweigh all that was
            learned.
        latest: maximum time, such as 4102444800 for seconds before 2100, so that one
            line cannot make all events be forgotten.
        id_type: "text" or "integer" converts the ids; None to keep their types.

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
    id_type: IdTypes = None

    def __call__(self, line: bytes) -> Event:
        """Parses a line; raises MalformedError."""
        text = _decoded(line)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:  # brackets may be deep
            raise MalformedError("not JSON") from error
        if not isinstance(found, dict):
            raise MalformedError("not JSON")
        if not {self.user, self.item} <= found.keys():
            raise MalformedError("missing key")
        fields = {name: found.get(getattr(self, name)) for name in Event._fields}
        return _event(fields, self.largest, self.latest, self.id_type)


JSON: Parse = JsonEvents()


@dataclass(frozen=True)
class CsvEvents:
    """Parses lines such as ann,Heat,4,12.

    All ids are texts, as no line knows of the others. If the recommender has integers,
    as from a file of canonical integers, pass id_type="integer". Numbers and times are
    as in `JsonEvents`; an empty one means the default of `Event`. A field may be
    quoted, but must not contain a newline. A header line is counted as malformed if
    there is a column of numbers or times; otherwise it is an event.

    Args:
        columns: the fields in order: "user", "item", "rating", "weight", "time", or
            None for a field to ignore.
        separator: a character, "::", or " " for any spaces, as in `read_interactions`.
        largest: maximum rating or weight.
        latest: maximum time.
        id_type: "integer" for integers; lines with other ids are malformed.
        encoding: of each line, such as "latin-1"; it must keep the byte of a newline.

    Raises:
        ValueError: if a column is unknown, repeated or missing, or the separator or the
            encoding cannot be.
    """

    columns: Sequence[str | None] = ("user", "item", "rating", "time")
    separator: str = ","
    largest: float = 1e6
    latest: float = sys.float_info.max
    id_type: IdTypes = None
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        """Checks the settings."""
        types_by_role(self.id_type)
        separator = Form(separator=self.separator).separator
        object.__setattr__(self, "separator", separator)
        if not _keeps_newlines(self.encoding):
            raise ValueError(
                "`encoding` must be one of Python in which a newline is its byte, such "
                f'as "utf-8" or "latin-1". Received: {self.encoding!r}'
            )
        named = [column for column in self.columns if column is not None]
        is_known = {"user", "item"} <= set(named) <= set(Event._fields)
        if not is_known or len(set(named)) < len(named):
            raise ValueError(
                "`columns` must be user, item and any of rating, weight and time, each "
                f"once, and None for others. Received: {tuple(self.columns)!r}"
            )

    def __call__(self, line: bytes) -> Event:
        """Parses a line; raises MalformedError."""
        text = _decoded(line, self.encoding).removesuffix("\r")
        fields: dict[Any, Any] = {}
        try:
            read = split_strictly(text, self.separator)
            fields.update(zip(self.columns, read, strict=True))
        except (csv.Error, ValueError) as error:  # the latter of another number
            raise MalformedError("not CSV") from error
        fields |= {name: _number(fields.get(name)) for name in NUMBERS}
        return _event(fields, self.largest, self.latest, self.id_type)


def parsed(
    position: Position, data: bytes | None, parse: Parse, max_bytes: int
) -> Positioned:
    """Returns the event or the fault of a line or a message."""
    if data is None:
        return Positioned(position, None, "empty")
    if len(data) > max_bytes:
        return Positioned(position, None, "too long")
    try:
        return Positioned(position, parse(data))
    except MalformedError as error:
        return Positioned(position, None, error.fault)


def _decoded(line: bytes, encoding: str = "utf-8") -> str:
    try:
        return line.decode(encoding).removeprefix("\ufeff")  # a mark, of the first line
    except UnicodeDecodeError as error:
        raise MalformedError("not text") from error


def _keeps_newlines(encoding: str) -> bool:
    try:
        return "\n".encode(encoding) == b"\n"
    except LookupError:
        return False


def _number(field: str | None) -> float | str | None:
    """Returns a field as a number, None if it is empty, and other text as it is."""
    try:
        return float(field) if field else None
    except ValueError:
        return field


def _seconds(text: str) -> float | None:
    """Returns an ISO date in seconds since 1970, and None for other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _event(
    fields: Mapping[str, Any], largest: float, latest: float, id_type: IdTypes
) -> Event:
    """Checks the fields of an event."""
    types = {} if id_type is None else types_by_role(id_type)
    user, item = (one_id(fields[role], types.get(role)) for role in ("user", "item"))
    if user in ("", None) or item in ("", None):
        raise MalformedError("bad id")
    numbers: list[float | None] = []
    for name in NUMBERS:
        low, high = (-sys.float_info.max, latest) if name == "time" else (0, largest)
        value = written = fields[name]
        if name == "time" and isinstance(written, str):
            value = _seconds(written)
        is_number = type(value) in (int, float)
        if written is not None and not (is_number and low <= value <= high):  # NaN too
            raise MalformedError(f"bad {name}")
        numbers.append(None if value is None else float(value))
    rating, weight, time = numbers
    return Event(user, item, rating, weight, time or 0.0)
