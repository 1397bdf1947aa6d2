"""Data of `defaults_sweep.py`: validation parts, and metrics on them."""

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

K = 20

THINNED = {
    "yelp2018 a fifth of users": ("yelp2018", "users", 0.2),
    "yelp2018 half of pairs": ("yelp2018", "pairs", 0.5),
    "ml-1m m1 a fifth of pairs": ("ml-1m m1", "pairs", 0.2),
}
"""The data set, what is thinned at random, and the share that is kept."""


def prepare(folder: Path) -> None:
    """Writes validation parts of public data sets found in `TFRECS_DATA`."""
    from tfrecs import Interactions, load_dataset, read_interactions
    from tfrecs.data.splits import leave_last_out, random_split, stratified_split

    source = Path(os.environ["TFRECS_DATA"])

    def lists(name: str) -> Interactions:
        return read_interactions(source / name)

    def in_order(data: Interactions) -> Interactions:
        return replace(data, timestamps=np.arange(len(data)))

    def published(name: str) -> Interactions:
        data = load_dataset(name)
        return data.interactions.take(~data.test_rows)

    small = load_dataset("ml-latest-small").interactions.at_least(3.5)
    beauty = in_order(lists("beauty/sequences.txt.gz"))
    trains = {
        "ml-100k": published("ml-100k").at_least(3).compact(),
        "ml-latest-small": stratified_split(small, seed=0).train,
        "ml-1m m1": published("ultragcn-ml-1m"),
        "yelp2018": lists("yelp2018/train.txt.gz"),
    }
    parts = {
        name: (random_split if name == "ml-100k" else stratified_split)(
            train, seed=0, test_fraction=0.1
        )
        for name, train in trains.items()
    }
    parts["beauty"] = leave_last_out(leave_last_out(beauty, seed=0).train, seed=1)
    arrays = {
        name: {
            "num_users": fit.num_users,
            "num_items": fit.num_items,
            "fit_users": fit.user_ids,
            "fit_items": fit.item_ids,
            "val_users": val.user_ids,
            "val_items": val.item_ids,
        }
        for name, (fit, val) in parts.items()
    }
    for name, (source_name, kind, share) in THINNED.items():
        arrays[name] = thinned(arrays[source_name], kind, share)
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in arrays.items():
        np.savez_compressed(folder / f"{name}.npz", **found)
        sizes = len(found["fit_users"]), len(found["val_users"])
        print(f"{name}: {sizes[0]:,} to fit, {sizes[1]:,} to validate")


def thinned(arrays: dict[str, Any], kind: str, share: float) -> dict[str, Any]:
    """Keeps a share of the users, or of the pairs to fit, and compacts the ids."""
    rng = np.random.default_rng(0)
    fit, val = (
        np.stack([arrays[f"{part}_users"], arrays[f"{part}_items"]])
        for part in ("fit", "val")
    )
    if kind == "users":
        kept = rng.random(arrays["num_users"]) < share
        fit, val = fit[:, kept[fit[0]]], val[:, kept[val[0]]]
    else:
        fit = fit[:, rng.random(fit.shape[1]) < share]
    known = [np.unique(ids) for ids in fit]
    val = val[:, np.isin(val[0], known[0]) & np.isin(val[1], known[1])]
    found = {"num_users": len(known[0]), "num_items": len(known[1])}
    for part, pairs in (("fit", fit), ("val", val)):
        for side, ids, kept in zip(("users", "items"), pairs, known, strict=True):
            found[f"{part}_{side}"] = np.searchsorted(kept, ids).astype(np.int32)
    return found


def load(path: Path) -> dict[str, Any]:
    """Reads a data set, with its matrices."""
    with np.load(path) as arrays:
        data = {name: arrays[name] for name in arrays}
    shape = int(data["num_users"]), int(data["num_items"])
    data["num_users"], data["num_items"] = shape
    for name, part in (("matrix", "fit"), ("held", "val")):
        pairs = data[f"{part}_users"], data[f"{part}_items"]
        ones = np.ones(len(pairs[0]), np.float32)
        data[name] = sp.csr_array((ones, pairs), shape=shape)
    share = data["matrix"].sum(axis=0) / len(data["fit_users"])
    data["log_share"] = np.log(np.maximum(share, 1e-12)).astype(np.float32)
    data["starts"], data["dense"] = {}, None
    if math.prod(shape) < 3e7:
        data["dense"] = data["matrix"].toarray().astype(np.int8)
    return data


def measure(data: dict[str, Any], p: Any, q: Any) -> tuple[float, float]:
    """Returns Recall@K and NDCG@K over users of the validation part."""
    import jax
    import jax.numpy as jnp

    held, seen = data["held"], data["matrix"]
    users = np.flatnonzero(np.diff(held.indptr))
    discounts = 1 / np.log2(np.arange(2, K + 2))
    recall = ndcg = 0.0
    q = jnp.asarray(q)
    for block in np.array_split(users, max(1, len(users) // 2048)):
        scores = (jnp.asarray(p[block]) @ q.T).at[seen[block].nonzero()].set(-jnp.inf)
        top = np.asarray(jax.lax.top_k(scores, K)[1])
        hits = np.asarray(held[block.repeat(K), top.ravel()]).reshape(top.shape) > 0
        relevant = np.diff(held.indptr)[block]
        ideal = np.cumsum(discounts)[np.minimum(relevant, K) - 1]
        recall += (hits.sum(axis=1) / relevant).sum()
        ndcg += ((hits @ discounts) / ideal).sum()
    return recall / len(users), ndcg / len(users)
