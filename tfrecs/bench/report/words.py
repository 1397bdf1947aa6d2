"""Numbers and names as parts of sentences."""

from collections.abc import Mapping, Sequence
from math import isnan

from tfrecs.evaluation.means import Mean

PROPER = {"lightfm": "LightFM", "popularity": "popularity"}
"""Names of the baselines in sentences."""


def listed(names: Sequence[str]) -> str:
    """Joins names.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def duration(seconds: float) -> str:
    """Returns a time with its unit.

    Example:
        >>> duration(0.0004), duration(2.345), duration(59.97)
        ('less than 0.001 s', '2.3 s', '1 min 0 s')
    """
    if 0 < seconds < 0.001:
        return "less than 0.001 s"
    if seconds < 1:
        return f"{seconds:.1g} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def p_value(p: float) -> str:
    """Returns "p = 0.034" or "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def interval(mean: Mean, digits: int = 3) -> str:
    """Returns a mean with its interval, if it has one.

    Example:
        >>> interval(Mean(0.5, 0.25, 0.75))
        '0.500 (0.250 to 0.750)'
    """
    value, low, high = (f"{x:.{digits}f}" for x in mean)
    return value if isnan(mean.low) else f"{value} ({low} to {high})"


def highest(values: Mapping[str, float]) -> str:
    """Returns the names with the highest value.

    Example:
        >>> highest({"a": 0.2, "b": 0.3, "c": 0.3})
        'b and c'
    """
    top = max(values.values())
    return listed([name for name, value in values.items() if value == top])


def timed_work(chose_epochs: bool) -> str:
    """Describes the work in the seconds of training."""
    if chose_epochs:
        return (
            "training on all of train, without compiling, choosing the number of "
            "epochs, and writing for TensorBoard"
        )
    return (
        "training on all of train, and of compiling for a model's first seed, without "
        "writing for TensorBoard"
    )
