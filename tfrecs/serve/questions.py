"""The bodies of requests, with limits on every list and text."""

from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    WrapValidator,
)

MOST_K, MOST_IDS, MOST_COLUMNS = 1000, 1000, 100
LARGEST = 3.4e38
"""Largest number of a context, which a ranker reads as float32."""


def _one_message(message: str) -> WrapValidator:
    def check_all(value: Any, check: Any) -> Any:
        try:
            return check(value)
        except ValidationError:
            raise ValueError(message) from None

    return WrapValidator(check_all)


RawId: TypeAlias = Annotated[
    Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)]
    | Annotated[StrictStr, Field(min_length=1, max_length=256)],
    _one_message(
        "an id must be an integer of 64 bits, or a text of 1 to 256 characters"
    ),
]
Ids: TypeAlias = Annotated[list[RawId], Field(max_length=MOST_IDS)]
SomeIds: TypeAlias = Annotated[list[RawId], Field(min_length=1, max_length=MOST_IDS)]
Count: TypeAlias = Annotated[StrictInt, Field(ge=1, le=MOST_K)]
Context: TypeAlias = Annotated[
    dict[
        Annotated[StrictStr, Field(max_length=256)],
        Annotated[float, Field(strict=True, ge=-LARGEST, le=LARGEST)],
    ],
    Field(max_length=MOST_COLUMNS),
    _one_message(
        f"a context must be an object of at most {MOST_COLUMNS} names of columns, each "
        "with a number that float32 holds"
    ),
]


class Question(BaseModel):
    """A request; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Recommend(Question):
    """The k best items of one user; unknown users get popular items.

    The context is for the ranker of a second stage, if it reads columns of requests.
    """

    user: RawId
    k: Count = 10
    exclude_seen: StrictBool = True
    allow: Ids | None = None
    deny: Ids | None = None
    context: Context | None = None


class RecommendForHistory(Question):
    """The k best items for someone with these items, the oldest first."""

    items: SomeIds
    k: Count = 10
    exclude_seen: StrictBool = True
    allow: Ids | None = None
    deny: Ids | None = None


class SimilarItems(Question):
    """The k items most similar to one."""

    item: RawId
    k: Count = 10


class Score(Question):
    """The scores of pairs of users and items."""

    users: SomeIds
    items: SomeIds


class Ranked(BaseModel):
    """An item and its score."""

    item: int | str
    score: float


class Items(BaseModel):
    """Items, best first; the source is "model", or "popularity" for unknown users."""

    items: list[Ranked]
    source: str = "model"


class ScoresOfPairs(BaseModel):
    """A score for each pair, in the order of the request."""

    scores: list[float]
