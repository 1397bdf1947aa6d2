"""One user's recommendations from a large catalogue, beside the matvec alone.

A matrix factorization of 64 factors over 100 thousand items, as built, and 2,000 users
with 100 seen items each. The matvec is the product of the user's vector and the item
vectors, as the model computes it. "Vectors anew" makes a new Recommender for each call.
`similar_items` compares one item with all others by the cosine.
Ways are warmed up, then measured in turns: the least processor time of a call, since
a busy machine only adds to it.
`python benchmarks/one_user.py [--repeats 5] [--json FILE]`
"""

import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from _report import finish, in_turns, parser, print_table

from tfrecs import Interactions, Recommender, build_mf

USERS, ITEMS, DIM, SEEN, K, CALLS = 2_000, 100_000, 64, 100, 10, 20


def interactions() -> Interactions:
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(USERS), SEEN)
    items = rng.integers(0, ITEMS, len(users))
    matrix_of_all = (
        np.append(users, np.zeros(ITEMS, int)),
        np.append(items, np.arange(ITEMS)),
    )
    return Interactions.from_arrays(*matrix_of_all)


def processor_seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def main() -> None:
    options = parser(__doc__).parse_args()
    train = interactions()
    model = build_mf(train.num_users, train.num_items, embedding_dim=DIM)
    recommender = Recommender(model, train)
    items = model.item_output()
    user = model.user_output(np.array([5]))
    p, q = model.interaction.vectors(user, items)
    q = tf.transpose(q)
    taken = in_turns(
        {
            "the matvec alone": lambda: tf.matmul(p, q).numpy(),
            "recommend": lambda: recommender.recommend([5], k=K),
            "recommend, vectors anew": lambda: Recommender(model, train).recommend(
                [5], K
            ),
            "similar_items": lambda: recommender.similar_items([5], k=K),
        },
        CALLS * options.repeats,
        processor_seconds,
    )
    least = {way: min(seconds) for way, seconds in taken.items()}
    alone = least["the matvec alone"]
    print(f"{ITEMS} items, {DIM} factors, the {K} best for one user")
    print_table(
        ("way", "milliseconds", "of the matvec"),
        [(way, f"{1e3 * s:.2f}", f"{s / alone:.2f}") for way, s in least.items()],
    )
    finish(options, {"seconds": taken})


if __name__ == "__main__":
    main()
