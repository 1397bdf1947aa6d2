"""Protocols of evaluation, and which evaluations may be compared."""

from dataclasses import dataclass
from typing import Literal

from tfrecs.data.interactions import Interactions


@dataclass(frozen=True)
class Protocol:
    """The items that an evaluation ranks for each user.

    Args:
        kind: the "full" catalogue, "sampled" candidates, recommended "lists", or no
            ranking: predicted "ratings".
        exclude_seen: whether training items are excluded; None if the candidates or
            ratings decide.
        size: candidates of each user, or the length of the lists; else None.
    """

    kind: Literal["full", "sampled", "lists", "ratings"]
    exclude_seen: bool | None = None
    size: int | None = None

    @property
    def compares(self) -> tuple[bool | None, int | None]:
        """A key that is equal for evaluations that may be compared.

        Lists compare with the full catalogue; sampled metrics only with as many
        candidates.
        """
        return self.exclude_seen, self.size if self.kind == "sampled" else None

    def __str__(self) -> str:
        """Returns a description in one line."""
        if self.kind == "ratings":
            return "ratings: scores against held-out ratings, without a ranking"
        ties = "ties against the model"
        if self.kind == "sampled":
            return f"sampled: test items among {self.size} stored candidates, {ties}"
        seen = "without" if self.exclude_seen else "with"
        if self.kind == "lists":
            return f"lists of {self.size} items {seen} the user's training items"
        return f"full: the catalogue {seen} the user's training items, {ties}"


def check_apart(train: Interactions, test: Interactions, exclude_seen: bool) -> None:
    """Raises ValueError if vocabularies differ or, with `exclude_seen`, pairs recur."""
    shared = train.num_shared(test)
    if exclude_seen and shared:
        raise ValueError(
            f"`test` must hold no pair of `train`. Received: {shared} of "
            f"{len(test)} shared. Drop them with test.take(~train.contains(test)), or "
            "rank seen items too with exclude_seen=False."
        )
