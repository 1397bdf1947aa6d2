"""The NCF paper's MovieLens 1M as arrays on a device, and how a file carries it."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tfrecs.data.datasets.ncf_ml_1m import load_ncf_ml_1m
from tfrecs.data.splits import leave_last_out
from tfrecs.evaluation.candidates import sample_candidates


@dataclass(frozen=True)
class Data:
    """Positives and what is ranked.

    Args:
        users: `[2, n]`, the fitting part (its first rows repeat to fill it up) and all
            of train.
        items: as `users`.
        known: `[2, num_users, num_items]`, whether a pair is a positive.
        candidates: `[2, num_users, 1 + 99]`, the validation or test item and others.
        dropped: `[2, num_users, 99]`, the others that are that item, or repeat.
    """

    users: Any
    items: Any
    known: Any
    candidates: Any
    dropped: Any


jax.tree_util.register_dataclass(
    Data, ["users", "items", "known", "candidates", "dropped"], []
)


def make_data(
    users: Any, items: Any, validation: Any, test: Any, sampled: Any
) -> tuple[Data, tuple[int, int]]:
    """Returns the data, and the numbers of users and items.

    Args:
        users: of the fitting part.
        items: of the fitting part.
        validation: an item of each user.
        test: an item of each user.
        sampled: `[2, num_users, n]` candidates beside them.
    """
    num_users = len(test)
    num_items = 1 + max(int(a.max()) for a in (items, validation, test, sampled))
    everyone = np.arange(num_users)
    whole = np.append(users, everyone), np.append(items, validation)
    filled = np.append(users, users[:num_users]), np.append(items, items[:num_users])
    known = np.zeros((2, num_users, num_items), bool)
    known[0, users, items] = True
    known[1, whole[0], whole[1]] = True
    held_out = np.stack([validation, test])[:, :, None]
    sampled = np.sort(sampled, axis=2)
    dropped = sampled == held_out
    dropped[:, :, 1:] |= sampled[:, :, 1:] == sampled[:, :, :-1]
    data = Data(
        np.stack([filled[0], whole[0]]).astype("int32"),
        np.stack([filled[1], whole[1]]).astype("int32"),
        known,
        np.concatenate([held_out, sampled], axis=2).astype("int32"),
        dropped,
    )
    return jax.tree.map(jnp.asarray, data), (num_users, num_items)


def prepare(path: str) -> None:
    """Writes the data that the study reads, to be sent to another machine."""
    data = load_ncf_ml_1m()
    train = data.interactions.take(~data.test_rows)
    test = data.interactions.take(data.test_rows)
    fitting, validation = leave_last_out(train, seed=0)
    drawn = sample_candidates(fitting, validation, num_negatives=99, seed=0)
    users, negatives = data.negatives
    everyone = np.arange(train.num_users)
    if not all(
        np.array_equal(np.sort(ids), everyone)
        for ids in (validation.user_ids, test.user_ids, users, drawn.user_ids)
    ):
        raise ValueError("each user must have one validation and one test item")
    np.savez_compressed(
        path,
        users=fitting.user_ids.astype("uint16"),
        items=fitting.item_ids.astype("uint16"),
        validation=validation.item_ids[np.argsort(validation.user_ids)].astype("u2"),
        test=test.item_ids[np.argsort(test.user_ids)].astype("uint16"),
        sampled=np.stack(
            [drawn.item_ids[np.argsort(drawn.user_ids)], negatives[np.argsort(users)]]
        ).astype("uint16"),
    )


def random_data() -> dict[str, Any]:
    """Returns data of a few users, for tests."""
    rng = np.random.default_rng(0)
    shuffled = np.stack([rng.permutation(40) for _ in range(30)])
    return {
        "users": np.repeat(np.arange(30), 8),
        "items": shuffled[:, :8].ravel(),
        "validation": shuffled[:, 8],
        "test": shuffled[:, 9],
        "sampled": np.stack([shuffled[:, 10:25], shuffled[:, 25:]]),
    }
