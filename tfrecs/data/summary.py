"""The line that `repr` shows of interactions."""

from collections.abc import Sequence
from typing import Any

from tfrecs.data.feedback import count_low


def summary(data: Any, columns: Sequence[str]) -> str:
    """Returns the sizes, the density, other columns, and the low ratings if any.

    Args:
        data: the `Interactions`.
        columns: names of what they may have besides ids.
    """
    sides = {"user": data.num_users, "item": data.num_items}
    shape = " x ".join(f"{n} {side}{'s' * (n != 1)}" for side, n in sides.items())
    density = len(data) / (data.num_users * data.num_items)
    extras = [
        name.replace("_", " ") for name in columns if getattr(data, name) is not None
    ]
    extras += [f"source {data.source.path.name}"] if data.source else []
    extra = f", with {', '.join(extras)}" if extras else ""
    num_low = count_low(data.ratings, data.min_rating)
    extra += f", {num_low} not positive" if num_low else ""
    return f"<Interactions: {len(data)} of {shape}, density {density:.2%}{extra}>"
