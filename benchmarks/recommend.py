"""The speed of recommending to everyone, with a table of raw ids at the end.

All users of MovieLens 1M (of its size, drawn at random, where the data are not there),
the 100 best of all items for each, training items left out, from a matrix factorization
of 64 factors that was not trained. Beside it implicit's `recommend`, where installed,
with factors of the same sizes, which gives arrays of indices; and the time from those
to a table. Ways are warmed up, then timed in turns; medians are reported.
`python benchmarks/recommend.py [--repeats 5] [--json FILE]`
"""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from _report import finish, in_turns, medians, parser, print_table

from tfrecs import Interactions, Recommender, build_mf, load_dataset, top_k

DIM, K = 64, 100


def interactions() -> Interactions:
    try:
        return load_dataset("ml-1m").interactions
    except (OSError, RuntimeError, ValueError):
        return Interactions.from_matrix(
            np.random.default_rng(0).random((6_040, 3_706)) < 0.0447
        )


def of_implicit(train: Interactions) -> dict[str, Callable[[], object]]:
    """Implicit's two ways: its own arrays, and a table made of them."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError:
        return {}
    import scipy.sparse as sp

    rng = np.random.default_rng(0)
    model = AlternatingLeastSquares(factors=DIM, num_threads=0)
    model.user_factors = rng.normal(size=(train.num_users, DIM)).astype(np.float32)
    model.item_factors = rng.normal(size=(train.num_items, DIM)).astype(np.float32)
    seen, users = sp.csr_matrix(train.matrix), np.arange(train.num_users)

    def arrays() -> tuple[np.ndarray, np.ndarray]:
        return model.recommend(users, seen, N=K, filter_already_liked_items=True)

    def table() -> pd.DataFrame:
        items, scores = arrays()
        return pd.DataFrame(
            {
                "user": np.repeat(train.users.ids, K),
                "item": train.items.ids[items.ravel()],
                "score": scores.ravel(),
                "rank": np.tile(np.arange(1, K + 1), len(users)),
            }
        )

    return {"implicit, arrays": arrays, "implicit, a table": table}


def main() -> None:
    options = parser(__doc__).parse_args()
    train = interactions()
    model = build_mf(train.num_users, train.num_items, embedding_dim=DIM)
    recommender = Recommender(model, train)
    everyone = np.arange(train.num_users)
    began = time.perf_counter()
    recommender.recommend(train.users.ids, k=K)
    first = time.perf_counter() - began
    taken = in_turns(
        {
            "Recommender.recommend": lambda: recommender.recommend(
                train.users.ids, k=K
            ),
            "top_k, arrays": lambda: top_k(model, everyone, K, deny=train),
            **of_implicit(train),
        },
        options.repeats,
    )
    middle = medians(taken)
    ours = middle["Recommender.recommend"]
    print(f"{train.num_users} users x {train.num_items} items, the {K} best of each")
    print_table(
        ("way", "seconds", "of ours"),
        [(way, f"{s:.3f}", f"{s / ours:.2f}") for way, s in middle.items()],
    )
    print(f"the first call of all took {first:.3f} s")
    finish(options, {"seconds": taken, "first": first})


if __name__ == "__main__":
    main()
