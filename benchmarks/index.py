"""Approximate indexes of item vectors beside the exact way, for the 10 best items.

The vectors are like trained ones. Items are of clusters whose sizes are a power law: a
centre of 64 numbers with a falling spectrum, and 0.7 of a draw of the same spectrum.
Lengths vary by a quarter, as in a matrix factorization of MovieLens 1M. The item bias,
of half the spread of the inner products and correlated with the popularity (0.8), is a
65th number. A user is the mean of one to three centres and 0.5 of such a draw.

usearch, hnswlib and faiss build the same kind of graph (HNSW: 16 connections, 128
candidates at the building) for the inner product; faiss also has inverted lists. "+ 1"
has one more number, which gives all items the same length (Bachrach et al. 2014, a
reduction of inner products to distances). Each case is a process of its own. The memory
is what the building adds, and the vectors that it starts from.
`python benchmarks/index.py --items 100000 [--threads 1] [--ways usearch] [--json FILE]`
"""

import argparse
import gc
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from _report import finish, in_child, keep, parser, print_table, resident_mib

K, DIM, ALONE = 10, 64, 200
CONNECTIVITY, EXPANSION_ADD = 16, 128
EXPANSIONS = (32, 64, 128, 256)

Search = Callable[[np.ndarray, int], np.ndarray]
"""From queries and candidates to examine to the items `[queries, K]`."""


class Data(NamedTuple):
    """Vectors `[n, dim]` whose inner products are scores."""

    items: np.ndarray
    users: np.ndarray


def data(num_items: int, num_users: int) -> Data:
    """Vectors with the bias as the last number, float32."""
    rng = np.random.default_rng(0)
    spectrum = np.arange(1, DIM + 1) ** -0.5
    centres = rng.normal(size=(max(8, num_items // 500), DIM)) * spectrum
    share = np.arange(1, len(centres) + 1) ** -0.7
    cluster = rng.choice(len(centres), num_items, p=share / share.sum())
    items = rng.normal(size=(num_items, DIM)).astype(np.float32)
    items *= 0.7 * spectrum
    items += centres[cluster]
    lengths = np.linalg.norm(items, axis=1, keepdims=True)
    items *= rng.lognormal(0, 0.25, (num_items, 1)) / lengths
    chosen = rng.choice(len(centres), (num_users, 3), p=share / share.sum())
    counted = np.arange(3) < rng.integers(1, 4, (num_users, 1))
    users = (centres[chosen] * counted[..., None]).sum(axis=1)
    users = users / counted.sum(axis=1, keepdims=True)
    users += 0.5 * rng.normal(size=users.shape) * spectrum
    spread = (users[:100] @ items[:10_000].T).std(axis=1).mean()
    popularity = rng.normal(size=num_items)
    bias = 0.5 * spread * (0.8 * popularity + 0.6 * rng.normal(size=num_items))
    return Data(
        np.column_stack([items, bias]).astype(np.float32),
        np.column_stack([users, np.ones(num_users)]).astype(np.float32),
    )


def of_one_length(given: Data) -> Data:
    """One more number for equal lengths; the inner products stay as they are."""
    squares = np.square(given.items).sum(axis=1)
    rest = np.sqrt(np.maximum(squares.max() - squares, 0))
    zeros = np.zeros(len(given.users), np.float32)
    return Data(
        np.column_stack([given.items, rest]), np.column_stack([given.users, zeros])
    )


def exact(items: np.ndarray, threads: int) -> Search:
    """The product with all items, and the ranking of `tfrecs.top_k`."""
    from tfrecs.evaluation.ranking.top_k import top_k_of_rows

    def search(users: np.ndarray, expansion: int) -> np.ndarray:
        shape = (len(users), len(items))
        return top_k_of_rows(lambda rows: users[rows] @ items.T, shape, K)[0]

    return search


def usearch(items: np.ndarray, threads: int) -> Search:
    from usearch.index import Index

    index = Index(
        ndim=items.shape[1],
        metric="ip",
        dtype="f32",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        enable_key_lookups=False,
    )
    index.add(np.arange(len(items)), items, threads=threads)

    def search(users: np.ndarray, expansion: int) -> np.ndarray:
        # It examines as many candidates as it returns, if they are more.
        index.expansion_search = expansion
        return index.search(users, K, threads=threads).keys.reshape(-1, K)

    return search


def hnswlib(items: np.ndarray, threads: int) -> Search:
    import hnswlib as library

    index = library.Index("ip", items.shape[1])
    index.init_index(len(items), EXPANSION_ADD, CONNECTIVITY)
    index.set_num_threads(threads)
    index.add_items(items)

    def search(users: np.ndarray, expansion: int) -> np.ndarray:
        index.set_ef(expansion)
        return index.knn_query(users, K)[0]

    return search


def faiss(items: np.ndarray, threads: int) -> Search:
    import faiss as library

    library.omp_set_num_threads(threads)
    inner = library.METRIC_INNER_PRODUCT
    index = library.IndexHNSWFlat(items.shape[1], CONNECTIVITY, inner)
    index.hnsw.efConstruction = EXPANSION_ADD
    index.add(items)

    def search(users: np.ndarray, expansion: int) -> np.ndarray:
        wanted = library.SearchParametersHNSW(efSearch=expansion)
        return index.search(users, K, params=wanted)[1]

    return search


def faiss_lists(items: np.ndarray, threads: int) -> Search:
    """Inverted lists, about as many as the root of the items times 4."""
    import faiss as library

    library.omp_set_num_threads(threads)
    num_lists = int(4 * len(items) ** 0.5)
    inner = library.METRIC_INNER_PRODUCT
    coarse = library.IndexFlatIP(items.shape[1])
    index = library.IndexIVFFlat(coarse, items.shape[1], num_lists, inner)
    index.train(items[: 50 * num_lists])
    index.add(items)

    def search(users: np.ndarray, expansion: int) -> np.ndarray:
        index.nprobe = expansion // 8
        return index.search(users, K)[1]

    return search


WAYS = {
    "exact": exact,
    "usearch": usearch,
    "usearch + 1": usearch,
    "hnswlib": hnswlib,
    "faiss": faiss,
    "faiss lists": faiss_lists,
}


def seconds_each(search: Search, queries: list[np.ndarray], expansion: int) -> float:
    """Seconds of one query, the better of two rounds."""
    rounds = []
    for _ in range(2):
        began = time.perf_counter()
        for some in queries:
            search(some, expansion)
        rounds.append(time.perf_counter() - began)
    return min(rounds) / sum(map(len, queries))


def measure(way: str, options: argparse.Namespace, threads: int) -> dict[str, Any]:
    """Builds and asks one way, in a process of its own."""
    from threadpoolctl import threadpool_limits

    given = data(options.items, options.users)
    with threadpool_limits(threads):
        best = exact(given.items, threads)(given.users, 0)
        used = of_one_length(given) if way.endswith("+ 1") else given
        gc.collect()
        before = resident_mib()[0] - used.items.nbytes / 2**20
        began = time.perf_counter()
        search = WAYS[way](used.items, threads)
        built = time.perf_counter() - began
        memory = resident_mib()[0] - before
        rows = []
        for expansion in (0,) if way == "exact" else EXPANSIONS:
            found = search(used.users, expansion)
            hits = [len({*a} & {*b}) for a, b in zip(found, best, strict=True)]
            one_by_one = [used.users[i : i + 1] for i in range(ALONE)]
            rows.append(
                {
                    "expansion": expansion,
                    "recall": float(np.mean(hits)) / K,
                    "alone": seconds_each(search, one_by_one, expansion),
                    "together": seconds_each(search, [used.users], expansion),
                }
            )
    return {"threads": threads, "build": built, "mib": memory, "rows": rows}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--users", type=int, default=1_000)
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS])
    chosen = options.parse_args()
    figures: dict[str, Any] = {"items": chosen.items, "users": chosen.users, "ways": {}}
    table = []
    for threads in chosen.threads:
        for way in chosen.ways:
            found = in_child(measure, way, chosen, threads)
            figures["ways"][f"{way}, {threads}"] = found
            keep(chosen, figures)
            for row in found["rows"]:
                table.append(
                    (
                        way,
                        threads,
                        row["expansion"] or "",
                        f"{row['recall']:.3f}",
                        f"{1 / row['alone']:,.0f}",
                        f"{1 / row['together']:,.0f}",
                        f"{found['build']:.1f}",
                        f"{found['mib']:.0f}",
                    )
                )
    print(f"{chosen.items:,} items, {chosen.users:,} users, the {K} best")
    print_table(
        (
            *("way", "threads", "expansion", "recall@10", "queries/s alone"),
            *("together", "build s", "MiB"),
        ),
        table,
    )
    finish(chosen, figures)


if __name__ == "__main__":
    main()
