"""What an evaluation finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.metrics.list_metrics import mean_where_defined
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.segments import activity
from tfrecs.evaluation.significance import PairedTest, bootstrap_ci, paired_test
from tfrecs.evaluation.table import as_html, as_rows, as_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Ranking metrics of one model.

    Intervals are of means over users, by bootstrap; see `tfrecs.evaluation.significance`. Their
    random draws follow `seed` alone.

    Args:
        per_user: metric, such as "precision@5" or "mrr", to its values `[users]`; NaN
            where it is not defined for a user, as some metrics of lists are not.
        user_ids: `[users]`, those who have test items, in the order of their ids.
        num_relevant: `[users]`, test items of each.
        num_left_out: users without test items.
        protocol: what was ranked; ties are broken against the model.
        of_system: metric, such as "coverage@10", to its value for all lists together.
    """

    per_user: Mapping[str, Values]
    user_ids: IntArray
    num_relevant: AnyArray
    num_left_out: int
    protocol: Protocol
    of_system: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_test(
        cls,
        test: Interactions,
        per_user: Mapping[str, Values],
        protocol: Protocol,
        of_system: Mapping[str, float] | None = None,
    ) -> "Evaluation":
        """Builds the evaluation of the users of `test`, in the order of their ids."""
        num_relevant = np.diff(test.matrix.indptr)
        user_ids = np.flatnonzero(num_relevant).astype(np.int32)
        return cls(
            per_user=per_user,
            user_ids=user_ids,
            num_relevant=num_relevant[user_ids],
            num_left_out=test.num_users - len(user_ids),
            protocol=protocol,
            of_system=of_system or {},
        )

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over users, and each metric of all lists together."""
        means = {name: mean_where_defined(x) for name, x in self.per_user.items()}
        return {**means, **self.of_system}

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

    def ci(
        self,
        metric: str,
        *,
        level: float = 0.95,
        seed: int = 0,
        num_resamples: int = 2000,
    ) -> tuple[float, float]:
        """Gives a bootstrap confidence interval of a metric's mean over users.

        Raises:
            ValueError: if the metric was not measured for each user, there are fewer
                than 2 users, or an argument is out of range.
        """
        check_choice("metric", metric, self.per_user)
        return bootstrap_ci(
            _defined(self.per_user[metric]),
            seed=seed,
            level=level,
            num_resamples=num_resamples,
        )

    def compare(
        self,
        other: "Evaluation",
        metric: str,
        *,
        level: float = 0.95,
        seed: int = 0,
        num_resamples: int = 10_000,
    ) -> PairedTest:
        """Tests whether this model (a) and another one (b) differ, user by user.

        Raises:
            ValueError: if the users differ, or what was ranked; if the metric was not
                measured for each user in both; if an argument is out of range.
        """
        for evaluation in (self, other):
            check_choice("metric", metric, evaluation.per_user)
        if self.protocol.compares != other.protocol.compares:
            raise ValueError(
                "Both evaluations must rank the same. Received: "
                f"{self.protocol}; and {other.protocol}"
            )
        if not np.array_equal(self.user_ids, other.user_ids):
            raise ValueError(
                "Both evaluations must be of the same users. Received: "
                f"{len(self.user_ids)} and {len(other.user_ids)} users, "
                f"{len(np.intersect1d(self.user_ids, other.user_ids))} of them in both"
            )
        a, b = self.per_user[metric], other.per_user[metric]
        both = ~np.isnan(a) & ~np.isnan(b)
        return paired_test(
            a[both], b[both], seed=seed, level=level, num_resamples=num_resamples
        )

    def summary(
        self, *, level: float = 0.95, seed: int = 0, num_resamples: int = 2000
    ) -> "pd.DataFrame":
        """Gives a row for each metric: its mean, the interval's ends, and its users.

        Users are those for whom the metric is defined. The ends are NaN where these
        are fewer than 2, and for metrics of all lists together.
        """
        import pandas as pd

        rows = {}
        for name, values in self.per_user.items():
            defined, ends = _defined(values), (np.nan, np.nan)
            if len(defined) > 1:
                ends = self.ci(
                    name, level=level, seed=seed, num_resamples=num_resamples
                )
            rows[name] = (mean_where_defined(values), *ends, len(defined))
        for name, value in self.of_system.items():
            rows[name] = (value, np.nan, np.nan, len(self.user_ids))
        columns = ["mean", "low", "high", "users"]
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        return frame.rename_axis("metric")

    def by(
        self,
        labels: Any,
        *,
        level: float = 0.95,
        seed: int = 0,
        num_resamples: int = 2000,
    ) -> "pd.DataFrame":
        """Gives the summary of each group of users.

        Args:
            labels: `[num_users]`, a label of each known user, such as a column of
                `train.user_features`.
            level: of the intervals.
            seed: of their draws.
            num_resamples: of their draws.

        Returns:
            A row for each label and metric, as in `summary`, without metrics of all
            lists together; labels in their order.

        Raises:
            ValueError: if there is not one label for each known user.
        """
        import pandas as pd

        num_users = len(self.user_ids) + self.num_left_out
        if len(labels) != num_users:
            raise ValueError(
                "`labels` must have one label for each known user, tested or not: "
                f"{num_users}. Received: {len(labels)}"
            )
        own = pd.Series(labels).reset_index(drop=True).iloc[self.user_ids]
        own = own.reset_index(drop=True)
        groups = own.groupby(own, observed=True, dropna=False).indices
        return pd.concat(
            {
                label: self._of(np.asarray(places)).summary(
                    level=level, seed=seed, num_resamples=num_resamples
                )
                for label, places in groups.items()
            },
            names=["group"],
        )

    def by_segment(
        self,
        train: Interactions,
        *,
        bounds: tuple[int, int] | None = None,
        level: float = 0.95,
        seed: int = 0,
        num_resamples: int = 2000,
    ) -> "pd.DataFrame":
        """Gives the summary of users who are new, light, medium and heavy in training.

        Args:
            train: what the model learned from.
            bounds: the most interactions of a light user and the least of a heavy one;
                None for terciles. See `tfrecs.evaluation.segments.activity`.
            level: of the intervals.
            seed: of their draws.
            num_resamples: of their draws.

        Raises:
            ValueError: if `train` is of other users, or `bounds` do not rise.
        """
        return self.by(
            activity(train, bounds),
            level=level,
            seed=seed,
            num_resamples=num_resamples,
        )

    def to_frame(self) -> "pd.DataFrame":
        """Gives a DataFrame with a row for each user and a column for each metric."""
        import pandas as pd

        return pd.DataFrame(
            self.per_user, index=pd.Index(self.user_ids, name="user_id")
        )

    def _of(self, places: AnyArray) -> "Evaluation":
        """The evaluation of some of its users, without metrics of all lists."""
        return Evaluation(
            per_user={name: values[places] for name, values in self.per_user.items()},
            user_ids=self.user_ids[places],
            num_relevant=self.num_relevant[places],
            num_left_out=self.num_left_out + len(self.user_ids) - len(places),
            protocol=self.protocol,
        )

    @property
    def _title(self) -> str:
        users = f"{len(self.user_ids)} user{'' if len(self.user_ids) == 1 else 's'}"
        left_out = f"{self.num_left_out} without test items left out"
        return f"Evaluation of {users} ({left_out})"

    def __repr__(self) -> str:
        """Tells the users, what was ranked, and each mean, as a table."""
        return f"<{self._title}\n{self.protocol}\n{as_text(as_rows(self.metrics))}>"

    def _repr_html_(self) -> str:
        """Tells the same to a notebook."""
        return as_html(f"{self._title}: {self.protocol}", as_rows(self.metrics))


def _defined(values: Values) -> Values:
    return values[~np.isnan(values)]
