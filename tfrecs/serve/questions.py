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

MOST_K, MOST_IDS = 1000, 1000


def _in_one_message(value: Any, check: Any) -> Any:
    try:
        return check(value)
    except ValidationError:
        raise ValueError(
            "an id must be an integer of 64 bits, or a text of 1 to 256 characters"
        ) from None


RawId: TypeAlias = Annotated[
    Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)]
    | Annotated[StrictStr, Field(min_length=1, max_length=256)],
    WrapValidator(_in_one_message),
]
Ids: TypeAlias = Annotated[list[RawId], Field(max_length=MOST_IDS)]
SomeIds: TypeAlias = Annotated[list[RawId], Field(min_length=1, max_length=MOST_IDS)]
Count: TypeAlias = Annotated[StrictInt, Field(ge=1, le=MOST_K)]


class Question(BaseModel):
    """A request; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Recommend(Question):
    """The k best items of one user; unknown users get popular items."""

    user: RawId
    k: Count = 10
    exclude_seen: StrictBool = True
    allow: Ids | None = None
    deny: Ids | None = None


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
