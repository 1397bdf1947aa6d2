"""Figures of how models compare, for notebooks; the report of the bench shows the same.

Each function takes plain things by model name and gives a `matplotlib.figure.Figure`.
It is made without pyplot, so nothing is left open and nothing global is changed:
`figure.savefig("by_k.png")` writes it, and a notebook shows it after
`%matplotlib inline`. Matplotlib, of the extra `bench`, is loaded by the first call.

A few models are `highlighted`, in colours that colour-blind people tell apart, each
with a line and a marker of its own, and named where they stand; the others are thin and
grey. By default these are the best model, "lightfm" and "popularity"; all of them where
there are no more than four.

Intervals are means -+ 1.96 standard errors over users, 95% intervals where there are
some 30 users or more. They say nothing of other seeds or splits.

Example:
    >>> from tfrecs.reporting.plots import metric_by_k
    >>> metrics = {"mf": {"ndcg@5": 0.31, "ndcg@10": 0.29}, "ease": {"ndcg@5": 0.33}}
    >>> figure = metric_by_k(metrics, "ndcg")
    >>> figure.axes[0].get_xlabel()
    'k, length of the list'
"""

from tfrecs.evaluation.means import mean_over_seeds
from tfrecs.reporting.plots.activity import metric_by_activity
from tfrecs.reporting.plots.coverage import coverage_by_accuracy
from tfrecs.reporting.plots.curves import learning_curves
from tfrecs.reporting.plots.cutoffs import metric_by_k
from tfrecs.reporting.plots.intervals import metric_intervals
from tfrecs.reporting.plots.seconds import metric_by_seconds

__all__ = [
    "coverage_by_accuracy",
    "learning_curves",
    "mean_over_seeds",
    "metric_by_activity",
    "metric_by_k",
    "metric_by_seconds",
    "metric_intervals",
]
