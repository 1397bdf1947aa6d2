"""What is ranked for each user."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Protocol:
    """What an evaluation ranked for each user.

    Args:
        kind: the "full" catalogue, "sampled" candidates, "lists" that were given, or
            nothing: the items of given "ratings" alone were scored.
        exclude_seen: whether the user's training items were left out; None where the
            candidates decide.
        size: stored candidates of each user, or the length of the lists; None for the
            catalogue.
    """

    kind: Literal["full", "sampled", "lists", "ratings"]
    exclude_seen: bool | None = None
    size: int | None = None

    @property
    def compares(self) -> tuple[bool | None, int | None]:
        """Evaluations whose values are the same may be compared.

        Lists may be compared with the full catalogue, sampled figures only with figures
        of as many candidates.
        """
        return self.exclude_seen, self.size if self.kind == "sampled" else None

    def __str__(self) -> str:
        """Tells it in a line."""
        if self.kind == "ratings":
            return "ratings: scores beside the held-out ratings, nothing is ranked"
        ties = "ties against the model"
        if self.kind == "sampled":
            return f"sampled: test items among {self.size} stored candidates, {ties}"
        seen = "without" if self.exclude_seen else "with"
        if self.kind == "lists":
            return f"lists of {self.size} items {seen} the user's training items"
        return f"full: the catalogue {seen} the user's training items, {ties}"
