"""The line that `repr` shows of interactions."""

from collections.abc import Sequence


def summary(
    num_interactions: int,
    num_users: int,
    num_items: int,
    columns: Sequence[str],
    num_low: int,
) -> str:
    """Returns the sizes, the density, other columns, and the low ratings if any.

    Example:
        >>> summary(2, 2, 1, ["ratings"], 1)[14:]
        ' 2 of 2 users x 1 item, density 100.00%, with ratings, 1 not positive>'
    """
    sides = {"user": num_users, "item": num_items}
    shape = " x ".join(f"{n} {side}{'s' * (n != 1)}" for side, n in sides.items())
    density = num_interactions / (num_users * num_items)
    extra = f", with {', '.join(columns)}" if columns else ""
    extra += f", {num_low} not positive" if num_low else ""
    return (
        f"<Interactions: {num_interactions} of {shape}, density {density:.2%}{extra}>"
    )
