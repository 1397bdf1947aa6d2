"""The softmax over negatives that a batch shares, with one large array in memory."""

from typing import Any

from keras import ops


def log_probability(positive: Any, p: Any, q: Any, is_positive: Any) -> Any:
    """Returns the log-probability of each row's positive among itself and n items.

    The scores of all pairs are one matmul, and the gradient needs their exponentials
    alone, one large array: it divides the small arrays by the sums in its place.

    Formula:
        l = s - ln (exp(s) + sum over j of exp(<p, q_j>))

    Args:
        positive: s, `[batch]`, and p, q in the dtype of scores.
        p: `[batch, dim]`.
        q: `[n, dim]`.
        is_positive: `[batch, n]` bool, the pairs to leave out of the sum.

    Returns:
        l, `[batch]`.
    """

    @ops.custom_gradient
    def fused(positive: Any, p: Any, q: Any) -> Any:
        scores = ops.matmul(p, ops.transpose(q))
        highest = ops.maximum(ops.max(scores, axis=1), positive)
        others = ops.exp(scores - highest[:, None])
        others = ops.where(is_positive, 0.0, others)
        itself = ops.exp(positive - highest)
        total = itself + ops.sum(others, axis=1)

        def grad(*given: Any, upstream: Any = None) -> tuple[Any, Any, Any]:
            change = given[0] if upstream is None else upstream
            scale = (change / total)[:, None]
            return (
                change * (1 - itself / total),
                -scale * ops.matmul(others, q),
                -ops.matmul(ops.transpose(others), scale * p),
            )

        return positive - highest - ops.log(total), grad

    return fused(positive, p, q)
