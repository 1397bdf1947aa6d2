"""Low ratings as negatives: what they improve, and what they cost.

MF by BPR with 4 own negatives on MovieLens 100K, split by `leave_k_out`; positives are
rated 4 or more. With dislikes the first negative of a positive is a lower rating of its
user. The AUC is the share of pairs of a held-out like and a held-out lower rating of a
user that the scores put in order, mean over users; NDCG@10 is over the catalogue.
`TFRECS_DATA=... python benchmarks/dislikes.py [--epochs 5] [--seeds 3] [--json FILE]`.
"""

import statistics

import keras
import numpy as np
from _report import finish, parser, print_table

import tfrecs
from tfrecs import Interactions
from tfrecs.data.dislikes import Rated, split_by_rating
from tfrecs.data.splits import leave_k_out


def order_of_ratings(model: keras.Model, held: Rated) -> float:
    """Returns the AUC of held-out likes against held-out lower ratings."""
    users = np.intersect1d(held.likes.user_ids, held.dislikes.user_ids)
    found = []
    for user, scores in zip(users, model.score_users(users), strict=True):
        likes, dislikes = (
            scores[part.item_ids[part.user_ids == user]] for part in held
        )
        found.append((likes[:, None] > dislikes).mean())
    return float(np.mean(found))


def trained(likes: Interactions, dislikes: Interactions | None, epochs: int, seed: int):
    keras.utils.set_random_seed(seed)
    model = tfrecs.build_mf(likes.num_users, likes.num_items)
    drawn = tfrecs.Negatives("own", num_negatives=4, dislikes=dislikes)
    tfrecs.fit(model, likes, seed=seed, objective="bpr", negatives=drawn, epochs=epochs)
    return model


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--epochs", type=int, default=5)
    made.add_argument("--seeds", type=int, default=3)
    options = made.parse_args()
    data = tfrecs.load_dataset("ml-100k").interactions
    rated, held = (split_by_rating(x, 4) for x in leave_k_out(data, seed=0))
    rows, found = [], {}
    for name, dislikes in {"none": None, "lower ratings": rated.dislikes}.items():
        figures: dict[str, list[float]] = {"auc": [], "ndcg@10": []}
        for seed in range(options.seeds):
            model = trained(rated.likes, dislikes, options.epochs, seed)
            result = tfrecs.evaluate(model, rated.likes, held.likes, metrics=["ndcg"])
            figures["auc"].append(order_of_ratings(model, held))
            figures["ndcg@10"].append(result.metrics["ndcg@10"])
        found[name] = figures
        means = [statistics.mean(values) for values in figures.values()]
        rows.append((name, *(f"{mean:.4f}" for mean in means)))
    print_table(["dislikes", "AUC", "NDCG@10"], rows)
    finish(options, {"epochs": options.epochs, "figures": found})


if __name__ == "__main__":
    main()
