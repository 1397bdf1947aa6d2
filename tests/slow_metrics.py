"""Metrics of a ranking in plain Python, an oracle for every kind of evaluation."""

import math


def slow_metrics(ranked: list[bool], k: int) -> dict[str, float]:
    """Walks down a ranking, best first, of whether each item is relevant."""
    relevant, hits = sum(ranked), sum(ranked[:k])
    discounts = [1 / math.log2(place + 2) for place in range(len(ranked))]
    places = [place for place, hit in enumerate(ranked) if hit]
    gain = sum(discounts[place] for place in places if place < k)
    precisions = sum(
        number / (place + 1) for number, place in enumerate(places, 1) if place < k
    )
    wrong = sum(place - number for number, place in enumerate(places))
    pairs = relevant * (len(ranked) - relevant)
    return {
        f"precision@{k}": hits / k,
        f"recall@{k}": hits / relevant,
        f"hit_rate@{k}": float(hits > 0),
        f"ndcg@{k}": gain / sum(discounts[: min(k, relevant)]),
        f"map@{k}": precisions / min(k, relevant),
        f"map_all@{k}": precisions / relevant,
        f"capped_recall@{k}": hits / min(k, relevant),
        "mrr": 1 / (1 + places[0]),
        "auc": 1 - wrong / pairs if pairs else 0.5,
        "r_precision": sum(ranked[:relevant]) / relevant,
    }
