"""What the numbers mean, and what they do not say."""

from tfrecs.bench.problem import Problem
from tfrecs.bench.report.findings import Findings, num_draws
from tfrecs.bench.report.markup import text
from tfrecs.bench.report.words import what_seconds_are
from tfrecs.bench.table import metric_columns
from tfrecs.reporting.plots.canvas import title_of

DEFINITIONS = {
    "precision": "The share of the first k items that are hits. A hit is an item of "
    "the user's test data.",
    "recall": "The share of the user's test items that stand among the first k.",
    "ndcg": "Hits count 1 / log2(1 + place), so that higher places count more, divided "
    "by what the best list there can be would have: 1 is a perfect list.",
    "micro_precision": "Precision over all users' lists put together.",
    "micro_recall": "Recall over all users' test items put together.",
}
"""In the order of the table."""


def definitions(problem: Problem, found: Findings) -> str:
    """Gives what each column is."""
    metrics = dict.fromkeys(c.partition("@")[0] for c in metric_columns(problem))
    terms = {title_of(m).replace("ndcg", "NDCG"): DEFINITIONS[m] for m in metrics}
    terms |= {
        "coverage": "The share of the catalogue that some tested user is recommended.",
        "training": f"Seconds of {what_seconds_are(found)}.",
        "parameters": "Numbers that a model learned.",
    }
    rows = "".join(f"<dt>{text(a)}</dt><dd>{text(b)}</dd>" for a, b in terms.items())
    return f"<dl class='terms'>{rows}</dl>"


def small_print(problem: Problem, found: Findings, num_seeds: int) -> str:
    """Gives what a reader must not take from the numbers."""
    seeds = (
        "Numbers are of one seed, so that nothing is known of another's."
        if num_seeds == 1
        else "Seeds differ by the standard deviation after ±, and each user's values "
        "are averaged over seeds before anything is tested."
    )
    lines = [
        "Intervals and tests are about users: another sample of such users would give "
        f"much the same. They say nothing of other seeds or splits. {seeds}",
        "There is one split. Another would move all models, often together.",
        f"{title_of(found.metric)} alone is tested, and each test is corrected for the "
        "number of models. Whoever looks through the other columns for differences "
        "makes many comparisons, of which some are large by chance.",
        "The best model is the one that is best on these test data, which flatters it "
        "a little; tests against it are corrected for the number of models, not for "
        "that. Settings and the number of epochs were not chosen on them.",
        "Items that a user has not met count as wrong, though the user might like "
        "them.",
    ]
    if found.to_best:
        lines.append(
            "Intervals are means -+ 1.96 standard errors over "
            f"{found.num_users:,} users. {_p_values(found)} Significant is an adjusted "
            "p of at most 0.05."
        )
    return f"<ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>"


def _p_values(found: Findings) -> str:
    """How they were found."""
    tests = [c.test for c in (*found.to_baseline.values(), *found.to_best.values())]
    counted = "all exchanges of two models' values"
    if all(test.exact for test in tests):
        return f"P values count {counted}."
    draws = num_draws(found.num_users)
    fewer = f", or {counted} where these are fewer" * any(test.exact for test in tests)
    least = max(len(found.to_baseline), len(found.to_best)) / (draws + 1)
    return (
        f"P values are of {draws:,} random exchanges of two models' values{fewer}. "
        "Where exchanges are random, the smallest p there can be, times the number of "
        f"comparisons, is {least:.2g}."
    )
