"""An approximate index of item vectors, for catalogues that are slow to score whole."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_at_least_zero, check_positive
from tfrecs._base.finite import check_finite
from tfrecs._base.types import AnyArray, BoolArray, IntArray, Scores
from tfrecs.evaluation.ranking.kernel import row_parts
from tfrecs.evaluation.ranking.top_k import NO_ITEM, best_items, check_k
from tfrecs.inference.allow_deny import Mask

if TYPE_CHECKING:
    from tfrecs.models.interaction import TowerOutput
    from tfrecs.models.two_tower import TwoTower

CONNECTIVITY, EXPANSION_ADD = 16, 128
"""Neighbours of an item in the graph, and candidates for them: usearch's defaults."""

ITEMS_PER_CANDIDATE = 128
"""Items that are scored one by one in the time that the graph takes for a candidate."""

MASK_BLOCK = 2**26
"""Bytes of the masks held at once."""


class ItemIndex:
    """Finds items of high score in a graph of item vectors; see `Recommender.index`.

    The graph (HNSW, of usearch) returns `expansion` candidates for a user's vector.
    Their scores are computed from the model's own vectors, and ranked as without an
    index: of equal scores, lower item ids come first. While fewer than k candidates
    remain after exclusions, the graph is asked for twice as many. Where at most
    `ITEMS_PER_CANDIDATE` items for each candidate may be recommended, they are scored
    one by one instead: for short allow lists, and in small catalogues. Below some 15
    thousand items, no index at all is as fast for many users (benchmarks/README.md).

    The index is of the weights at its making. It raises RuntimeError after a change of
    the item tower's; a change of the users' is no matter.

    Args:
        model: a model whose scores are inner products.
        expansion: candidates for each user, at least 1; k if k is more.
        threads: 0 for one for each core. One makes the same graph each time.

    Attributes:
        recall: the share of the exact 10 best unseen items that is found, of a sample
            of users; None until it is measured.

    Raises:
        ImportError: without usearch.
        TypeError: for another model.
        ValueError: if a number is out of range.

    References:
        Malkov and Yashunin 2020, "Efficient and Robust Approximate Nearest Neighbor
        Search Using Hierarchical Navigable Small World Graphs".
    """

    def __init__(self, model: "TwoTower", expansion: int, threads: int) -> None:
        check_positive(expansion=expansion)
        check_at_least_zero(threads=threads)
        if not model.interaction.is_dot_product(model.user_tower.output):
            raise TypeError(
                "An index needs a model whose scores are inner products, without a "
                f"hidden part or `y_range`. Received: {model.name}. Recommend without "
                "an index."
            )
        if find_spec("usearch") is None:
            raise ImportError("An index needs usearch: pip install 'tfrecs[ann]'")
        from tfrecs.inference.kept import Kept
        from tfrecs.models.gathering import to_numpy

        self.model, self.expansion, self.threads = model, expansion, threads
        self.recall: float | None = None
        self._version = Kept(object, model.item_tower)
        self._made_of = self._version()  # before the vectors, which may be newer
        vectors = model.interaction.item_vectors(
            model.item_output(), model.user_tower.output
        )
        self._items: Scores = to_numpy(vectors)  # [num_items, dim]
        check_finite(self._items, "item vectors")
        self._graph = _graph(self._items, threads)

    def top_k(
        self,
        output: Callable[[slice], "TowerOutput"],
        num_users: int,
        k: int,
        excluded: Mask | None = None,
    ) -> tuple[IntArray, Scores]:
        """Returns items and scores `[num_users, k]`, as `evaluation.ranking.top_k`.

        Args:
            output: from rows of users to the user tower's output.
            num_users: the number of rows.
            k: items for each user.
            excluded: the mask of items that may not be recommended.

        Raises:
            RuntimeError: if the weights have changed.
            ValueError: if k is out of range.
        """
        num_items = len(self._items)
        check_k(k, num_items)
        if self._version() is not self._made_of:
            raise RuntimeError(
                "The item tower's weights have changed, and the index is of the old "
                "ones. Make another: recommender.index()."
            )
        items = np.full((num_users, k), NO_ITEM, np.int32)
        scores = np.full((num_users, k), -np.inf, self._items.dtype)
        for rows in row_parts(num_users, num_items, MASK_BLOCK):
            queries = self._queries(output(rows))
            left_out = _by_row(excluded, rows, num_items)
            for row, best in enumerate(self._search(queries, left_out, k), rows.start):
                items[row, : len(best[0])], scores[row, : len(best[1])] = best
        return items, scores

    def _queries(self, output: "TowerOutput") -> Scores:
        from tfrecs.models.gathering import to_numpy

        vectors = self.model.interaction.user_vectors(
            output, self.model.item_tower.output
        )
        queries: Scores = to_numpy(vectors)
        check_finite(queries, "user vectors")
        return queries

    def _search(
        self, queries: Scores, left_out: list[BoolArray], k: int
    ) -> list[tuple[IntArray, Scores]]:
        """Returns the best items and their scores for each query, at most k."""
        count = max(k, self.expansion)
        rows = [row for row, out in enumerate(left_out) if self._is_large(out, count)]
        found = dict(zip(rows, self._candidates(queries[rows], count), strict=True))
        return [
            self._best(query, self._allowed(query, found.get(row), out, count, k), k)
            for row, (query, out) in enumerate(zip(queries, left_out, strict=True))
        ]

    def _is_large(self, out: BoolArray, count: int) -> bool:
        """Returns whether the graph is faster than scoring all items that remain."""
        remaining = len(out) - int(np.count_nonzero(out))
        return count < len(out) and remaining > ITEMS_PER_CANDIDATE * count

    def _allowed(
        self, query: Scores, found: AnyArray | None, out: BoolArray, count: int, k: int
    ) -> AnyArray:
        """Returns at least k candidates that are not excluded, or all items, by id.

        `found` are the first `count` candidates; None to take all items.
        """
        while found is not None:
            allowed = found[~out[found]]
            if len(allowed) >= k:
                return np.sort(allowed)
            count *= 2
            is_large = self._is_large(out, count)
            found = self._candidates(query[None], count)[0] if is_large else None
        return np.flatnonzero(~out)

    def _candidates(self, queries: Scores, count: int) -> list[AnyArray]:
        """Returns the items that the graph finds for each query, at most `count`."""
        if len(queries) == 0:
            return []
        found = self._graph.search(queries, count, threads=self.threads)
        keys = found.keys.astype(np.int64)
        if len(queries) == 1:  # the results are of one query, as many as there are
            return [keys]
        return [row[:n] for row, n in zip(keys, found.counts, strict=True)]

    def _best(self, query: Scores, items: AnyArray, k: int) -> tuple[IntArray, Scores]:
        """Ranks items, of which there may be none, by their scores for one query."""
        if len(items) == 0:
            return np.empty(0, np.int32), np.empty(0, self._items.dtype)
        # Unlike a product of BLAS, it has equal sums for equal vectors.
        scores = np.einsum("nd,d->n", self._items[items], query)
        places, best = best_items(scores[None], None, min(k, len(items)))
        return items[places[0]].astype(np.int32), best[0]

    def __repr__(self) -> str:
        """Returns the size and the recall."""
        recall = "not measured" if self.recall is None else f"{self.recall:.3f}"
        return (
            f"<ItemIndex: {len(self._items)} items, expansion {self.expansion}, "
            f"recall@10 {recall} against exact>"
        )


def _graph(items: Scores, threads: int) -> Any:
    from usearch.index import Index

    graph = Index(
        ndim=items.shape[1],
        metric="ip",
        dtype="f32",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=1,  # as many candidates as are asked for
        enable_key_lookups=False,
    )
    graph.add(np.arange(len(items)), items, threads=threads)
    return graph


def _by_row(excluded: Mask | None, rows: slice, num_items: int) -> list[BoolArray]:
    """Returns the mask of each row as an array of bool."""
    mask = None if excluded is None else excluded(rows)
    if isinstance(mask, np.ndarray):
        return list(mask)
    found = [np.zeros(num_items, dtype=bool) for _ in range(rows.stop - rows.start)]
    if mask is not None:
        for row, out in enumerate(found):
            out[mask.indices[mask.indptr[row] : mask.indptr[row + 1]]] = True
    return found
