"""Parts of sentences about numbers."""

from collections.abc import Mapping
from math import isnan

from tfrecs.bench.report.findings import Findings
from tfrecs.bench.report.markup import listed
from tfrecs.evaluation.means import Mean


def interval(mean: Mean, digits: int = 3) -> str:
    """A mean, and its interval if it has one.

    Example:
        >>> interval(Mean(0.5, 0.25, 0.75))
        '0.500 (0.250 to 0.750)'
    """
    value, low, high = (f"{x:.{digits}f}" for x in mean)
    return value if isnan(mean.low) else f"{value} ({low} to {high})"


def highest(values: Mapping[str, float]) -> str:
    """Names of those that none is above.

    Example:
        >>> highest({"a": 0.2, "b": 0.3, "c": 0.3})
        'b and c'
    """
    top = max(values.values())
    return listed([name for name, value in values.items() if value == top])


def who_covers(coverage: Mapping[str, float], accuracy: Mapping[str, float]) -> str:
    """Who recommends the most of the catalogue, and what the most accurate does."""
    if not coverage:
        return "No model but the oracle was measured."
    widest, most = highest(coverage), max(coverage.values())
    verb = "recommends" if widest in coverage else "recommend"
    told = f"{widest} {verb} the most of the catalogue, {most:.0%} of it"
    accurate = max(accuracy, key=accuracy.__getitem__)
    if coverage[accurate] == most:
        return f"{told}."
    return f"{told}; the most accurate, {accurate}, {coverage[accurate]:.0%}."


def passes(number: int) -> str:
    """Passes over the data.

    Example:
        >>> passes(1), passes(2)
        ('1 pass', '2 passes')
    """
    return f"{number} pass{'' if number == 1 else 'es'}"


def what_seconds_are(found: Findings) -> str:
    """What is in the seconds of training; compiling is, where no epochs were chosen."""
    if found.chose_epochs:
        return (
            "training on all of train, without compiling, choosing the number of "
            "epochs, and writing for TensorBoard"
        )
    return (
        "training on all of train, and of compiling for a model's first seed, without "
        "writing for TensorBoard"
    )
