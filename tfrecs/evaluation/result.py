"""The result of an evaluation: values of metrics for each user, and their means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import mean_where_defined
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.segments import activity
from tfrecs.evaluation.significance import PairedTest, bootstrap_ci, paired_test
from tfrecs.evaluation.table import as_html, as_text, metric_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Metrics of one model.

    Methods with `level`, `seed` and `num_resamples` return bootstrap intervals of means
    over users: see `tfrecs.evaluation.significance`.

    Args:
        per_user: metric, such as "precision@5" or "mrr", to its values `[users]`; NaN
            if undefined for a user.
        user_ids: `[users]`, the users with test items, ascending.
        num_relevant: `[users]`, the number of test items.
        num_left_out: users without test items.
        protocol: the items that were ranked.
        overall: metric, such as "coverage@10", to its value for all lists together.
    """

    per_user: Mapping[str, Values]
    user_ids: IntArray
    num_relevant: AnyArray
    num_left_out: int
    protocol: Protocol
    overall: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_test(
        cls,
        test: Interactions,
        per_user: Mapping[str, Values],
        protocol: Protocol,
        overall: Mapping[str, float] | None = None,
    ) -> "Evaluation":
        """Builds the evaluation of the users of `test`, in the order of their ids."""
        num_relevant = np.bincount(test.user_ids, minlength=test.num_users)
        user_ids = np.flatnonzero(num_relevant).astype(np.int32)
        return cls(
            per_user=per_user,
            user_ids=user_ids,
            num_relevant=num_relevant[user_ids],
            num_left_out=test.num_users - len(user_ids),
            protocol=protocol,
            overall=overall or {},
        )

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over users, and the overall metrics."""
        means = {name: mean_where_defined(x) for name, x in self.per_user.items()}
        return {**means, **self.overall}

    def micro(self, k: int) -> dict[str, float]:
        """Computes precision and recall at k, a cut-off, over the pooled lists.

        Formula:
            precision = hits / (k * users); recall = hits / test items, each summed over
            users first

        Raises:
            ValueError: if recall was not measured at k.
        """
        if f"recall@{k}" not in self.per_user:
            raise ValueError(
                f"`micro` needs recall@{k} among the metrics of this evaluation. "
                f"Received: {', '.join(self.per_user)}"
            )
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
        """Returns a bootstrap confidence interval of a metric's mean over users."""
        check_choice("metric", metric, self.per_user)
        values = self.per_user[metric]
        return bootstrap_ci(
            values[~np.isnan(values)],
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
        """Tests whether this model (a) and another (b) differ; see `paired_test`.

        Raises:
            ValueError: if the users or the protocols differ, or one evaluation lacks
                the metric.
        """
        for evaluation in (self, other):
            check_choice("metric", metric, evaluation.per_user)
        if self.protocol.compares != other.protocol.compares:
            raise ValueError(
                "Both evaluations must have the same protocol. Received: "
                f"{self.protocol}; and {other.protocol}"
            )
        if not np.array_equal(self.user_ids, other.user_ids):
            raise ValueError(
                "Both evaluations must have the same users. Received: "
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
        """Returns a row for each metric: `mean`, `low`, `high` and `users`.

        `users` counts defined values. `low` and `high`, the ends of the interval, are
        NaN for fewer than 2 users and for overall metrics.
        """
        import pandas as pd

        options: Any = {"level": level, "seed": seed, "num_resamples": num_resamples}
        rows = {}
        for name, values in self.per_user.items():
            defined = int((~np.isnan(values)).sum())
            ends = self.ci(name, **options) if defined > 1 else (np.nan, np.nan)
            rows[name] = (mean_where_defined(values), *ends, defined)
        for name, value in self.overall.items():
            rows[name] = (value, np.nan, np.nan, len(self.user_ids))
        columns = ["mean", "low", "high", "users"]
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        return frame.rename_axis("metric")

    def by(self, labels: Any, **options: Any) -> "pd.DataFrame":
        """Returns the `summary` of each group of users, without overall metrics.

        `labels` `[num_users]` holds a label for each user of the vocabulary, such as a
        column of `train.user_features`; ValueError for another length. `options` are
        arguments of `summary`.
        """
        import pandas as pd

        num_users = len(self.user_ids) + self.num_left_out
        if len(labels) != num_users:
            raise ValueError(
                f"`labels` must have one label for each of {num_users} users of the "
                f"vocabulary. Received: {len(labels)}"
            )
        own = pd.Series(labels).reset_index(drop=True).iloc[self.user_ids]
        own = own.reset_index(drop=True)
        groups = own.groupby(own, observed=True, dropna=False).indices
        return pd.concat(
            {
                label: self._of(np.asarray(places)).summary(**options)
                for label, places in groups.items()
            },
            names=["group"],
        )

    def by_segment(
        self,
        train: Interactions,
        *,
        bounds: tuple[int, int] | None = None,
        **options: Any,
    ) -> "pd.DataFrame":
        """Returns the `summary` of new, light, medium and heavy users of `train`.

        See `tfrecs.evaluation.segments.activity` for `bounds`, and `by`.
        """
        return self.by(activity(train, bounds), **options)

    def to_frame(self) -> "pd.DataFrame":
        """Returns a DataFrame with a row for each user and a column for each metric."""
        import pandas as pd

        return pd.DataFrame(
            self.per_user, index=pd.Index(self.user_ids, name="user_id")
        )

    def _of(self, places: AnyArray) -> "Evaluation":
        """Returns the evaluation of some users, without overall metrics."""
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
        """Returns the users, the protocol, and a table of means."""
        table = as_text(metric_table(self.metrics))
        return f"<{self._title}\n{self.protocol}\n{table}>"

    def _repr_html_(self) -> str:
        """Returns the same for a notebook."""
        return as_html(f"{self._title}: {self.protocol}", metric_table(self.metrics))
