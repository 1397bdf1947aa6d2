"""What an evaluation finds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfrecs._types import AnyArray, IntArray
from tfrecs.metrics import Values

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Ranking metrics of one model.

    Args:
        per_user: metric, such as "precision@5" or "mrr", to its values `[users]`.
        user_ids: `[users]`, those who have test items, in the order of their ids.
        num_relevant: `[users]`, test items of each.
        num_left_out: users without test items.
        protocol: what was ranked: starts with "full", "sampled" or "lists".
    """

    per_user: dict[str, Values]
    user_ids: IntArray
    num_relevant: AnyArray
    num_left_out: int
    protocol: str

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over users."""
        return {name: float(values.mean()) for name, values in self.per_user.items()}

    def micro(self, k: int) -> dict[str, float]:
        """Precision and recall at k over all users' lists put together.

        Formula:
            precision = hits / (k * users); recall = hits / test items, each summed over
            users first

        Raises:
            ValueError: if k is not one of the cut-offs, or recall was not measured.
        """
        if not any(name.startswith("recall@") for name in self.per_user):
            raise ValueError(
                "`micro` is made from recall, which must be among the metrics of this "
                f"evaluation. Received: {', '.join(self.per_user)}"
            )
        if f"recall@{k}" not in self.per_user:
            raise ValueError(f"`k` must be a cut-off of this evaluation. Received: {k}")
        hits = (self.per_user[f"recall@{k}"] * self.num_relevant).sum()
        return {
            f"precision@{k}": float(hits / (k * len(self.user_ids))),
            f"recall@{k}": float(hits / self.num_relevant.sum()),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Gives a DataFrame with a row for each user and a column for each metric."""
        import pandas as pd

        return pd.DataFrame(
            self.per_user, index=pd.Index(self.user_ids, name="user_id")
        )

    def __repr__(self) -> str:
        """Tells each mean and the number of users."""
        means = ", ".join(f"{name} {value:.4f}" for name, value in self.metrics.items())
        return (
            f"<Evaluation of {len(self.user_ids)} users "
            f"({self.num_left_out} without test items left out): {means}>"
        )
