"""Figures that compare models, for notebooks and for the report of the bench.

Each function takes plain values by model name and returns a `matplotlib.figure.Figure`,
made without pyplot: nothing stays open and no global state changes.
`figure.savefig("by_k.png")` writes it, and a notebook shows it after
`%matplotlib inline`. The first call loads Matplotlib, of the extra `bench`.

A few models are `highlighted`: in colours that are distinct in all kinds of colour
vision, with a line and a marker of their own, and named. The others are thin and grey.
By default these are the best model, "lightfm" and "popularity"; or all, up to four.

Intervals are means -+ 1.96 standard errors over users: 95% intervals for some 30 users
or more. They do not cover other seeds or splits.

Example:
    >>> from tfrecs.reporting.plots import metric_by_k
    >>> metrics = {"mf": {"ndcg@5": 0.31, "ndcg@10": 0.29}, "ease": {"ndcg@5": 0.33}}
    >>> figure = metric_by_k(metrics, "ndcg")
    >>> figure.axes[0].get_xlabel()
    'k, length of the list'
"""

from tfrecs.evaluation.means import mean_over_seeds
from tfrecs.reporting.plots.intervals import metric_intervals
from tfrecs.reporting.plots.lines import (
    learning_curves,
    metric_by_activity,
    metric_by_k,
)
from tfrecs.reporting.plots.points import coverage_by_accuracy, metric_by_seconds

__all__ = [
    "coverage_by_accuracy",
    "learning_curves",
    "mean_over_seeds",
    "metric_by_activity",
    "metric_by_k",
    "metric_by_seconds",
    "metric_intervals",
]
