"""A map of the catalogue: items in the plane, those that are alike side by side."""

from collections.abc import Callable

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.cosine import unit_rows
from tfrecs._base.types import AnyArray, FloatArray

FEW = 10
"""So many items and fewer are placed by "pca", since t-SNE needs neighbours."""

PERPLEXITY, STEPS = 30, 500
"""Of t-SNE. On ML-100K 250 steps more change the share of neighbours kept by 0.001."""


def positions(vectors: FloatArray, *, seed: int, method: str = "tsne") -> FloatArray:
    """Places items in the plane by the angles between their vectors.

    Args:
        vectors: `[items, dim]`, finite, two items at least.
        seed: of "tsne".
        method: "tsne", which keeps neighbours together (of an ML-100K model's ten
            nearest to each item, 40% are among the ten nearest in the plane; it takes
            seconds for two thousand items and needs scikit-learn); or "pca", the two
            directions of most variance (8%, at once).

    Returns:
        `[items, 2]` float32.

    Raises:
        ValueError: if there are fewer than two items, a number is not finite, or
            `method` is unknown.

    Example:
        >>> import numpy as np
        >>> positions(np.array([[2.0, 0.0], [0.0, 3.0]]), seed=0).shape
        (2, 2)

    References:
        van der Maaten and Hinton 2008, "Visualizing Data using t-SNE".
    """
    check_choice("method", method, METHODS)
    given = np.asarray(vectors, dtype=np.float64)
    if given.ndim != 2 or len(given) < 2 or not np.isfinite(given).all():
        raise ValueError(
            "`vectors` must be finite, [items, dim], of two items at least. Received: "
            f"shape {list(given.shape)}, of which {np.isfinite(given).sum()} numbers "
            "are finite"
        )
    unit = unit_rows(given)
    place = METHODS["pca" if len(unit) <= FEW else method]
    return place(unit, seed).astype(np.float32)


def _pca(unit: AnyArray, seed: int) -> AnyArray:
    """The two first principal components; `seed` is not used: nothing is random."""
    left, values, axes = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    found = np.zeros((len(unit), 2))
    found[:, : len(values)] = (left * values)[:, :2]
    # An axis has no sign of its own: its largest part is to be positive.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], axis=1)[:2, 0]
    found[:, : len(largest)] *= np.sign(largest + (largest == 0))
    return found


def _tsne(unit: AnyArray, seed: int) -> AnyArray:
    """t-SNE from the principal components, of standard deviation 0.0001."""
    from sklearn.manifold import TSNE

    start = _pca(unit, seed)
    spread = start[:, 0].std()
    places = TSNE(
        n_components=2,
        perplexity=min(PERPLEXITY, (len(unit) - 1) / 3),
        max_iter=STEPS,
        init=1e-4 * start / spread if spread > 0 else "random",
        random_state=seed,
    )
    return np.asarray(places.fit_transform(unit))


METHODS: dict[str, Callable[[AnyArray, int], AnyArray]] = {"pca": _pca, "tsne": _tsne}
"""From vectors of length 1 and a seed to places in the plane."""
