"""Stored candidates for sampled evaluation, drawn once for all models.

Metrics among a sample are higher than in the whole catalogue and may order models
otherwise (Krichene and Rendle 2020, "On Sampled Metrics for Item Recommendation").
Published tables use them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from tfrecs._base.array_files import read_arrays
from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.files import check_file, replaced_when_whole
from tfrecs._base.indices import as_indices
from tfrecs._base.limits import LIMITS
from tfrecs._base.types import AnyArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.popularity import OWN, check_exponent, popularity
from tfrecs.evaluation.distinct_draws import draw_distinct


@dataclass(frozen=True, eq=False, repr=False)
class SampledCandidates:
    """Items to rank each user's test items among, read-only.

    Args:
        user_ids: `[users]` int, each user once.
        item_ids: `[users, n]` int, candidates without the test items. From
            `sample_candidates`, they are distinct; candidates of a paper may repeat.

    Raises:
        TypeError: if an array is not of ints, or not of one and two dimensions.
        ValueError: if lengths differ, an id is negative, a user repeats, or an array is
            empty.
    """

    user_ids: IntArray
    item_ids: IntArray

    def __post_init__(self) -> None:
        """Checks both arrays and makes them read-only."""
        for name, dimensions in (("user_ids", 1), ("item_ids", 2)):
            given = getattr(self, name)
            ids = as_indices(given, name, 2**31, dimensions=dimensions)
            if ids.size == 0:
                raise ValueError(
                    f"`{name}` must be at least one id. Received: shape {ids.shape}"
                )
            ids.flags.writeable = False
            object.__setattr__(self, name, ids)
        if len(self.user_ids) != len(self.item_ids):
            raise ValueError(
                "`item_ids` must have one row for each of `user_ids`. Received: "
                f"{len(self.item_ids)} rows and {len(self.user_ids)} users"
            )
        if len(np.unique(self.user_ids)) != len(self.user_ids):
            raise ValueError("`user_ids` must hold each user once. Received: a repeat")

    def __repr__(self) -> str:
        """Returns the numbers of users and of candidates."""
        users, n = self.item_ids.shape
        return f"<SampledCandidates: {n} items for each of {users} users>"

    def save(self, path: str | Path, data: Interactions) -> None:
        """Writes an `.npz` file atomically and makes its folder.

        `data` is train or test, with the vocabularies of the ids; ValueError if an id
        is beyond them.
        """
        path = Path(path)
        self.check_within(data, str(path))
        with replaced_when_whole(path) as partial, partial.open("wb") as file:
            np.savez_compressed(
                file,
                user_ids=self.user_ids,
                item_ids=self.item_ids,
                vocabularies=np.array(_fingerprint(data)),
            )

    @classmethod
    def load(cls, path: str | Path, data: Interactions) -> "SampledCandidates":
        """Reads a file of `save`, with the same vocabularies in `data`.

        Raises:
            FileNotFoundError: if the file is missing.
            ValueError: if the file is damaged, or has other vocabularies.
        """
        path = Path(path)
        check_file(path)
        try:
            arrays = read_arrays(path, LIMITS)
            found = cls(arrays["user_ids"], arrays["item_ids"])
            fingerprint = str(arrays["vocabularies"])
        except (ValueError, TypeError, LookupError) as error:
            raise ValueError(
                f"{path}: must be a whole file of `save`. Received: {error}"
            ) from error
        if fingerprint != _fingerprint(data):
            raise ValueError(
                f"{path}: must have the same users and items, in the same order. "
                f"Received: {fingerprint}, and data of {_fingerprint(data)}. Draw new "
                "candidates for these data."
            )
        found.check_within(data, str(path))
        return found

    def check_within(self, data: Interactions, name: str) -> None:
        """Raises ValueError with this name if an id is beyond the vocabularies."""
        for ids, end in (("user_ids", data.num_users), ("item_ids", data.num_items)):
            highest = getattr(self, ids).max()
            if highest >= end:
                raise ValueError(
                    f"{name}: `{ids}` must be from 0 to {end - 1}. Received: {highest}"
                )


def sample_candidates(
    train: Interactions,
    test: Interactions,
    *,
    num_negatives: int = 99,
    seed: int,
    sampling: str = "uniform",
    exponent: float = 1.0,
) -> SampledCandidates:
    """Draws distinct items for each test user, without the user's own items.

    Items are drawn one after the other, by weight among the remaining items: the first
    m of a row are a sample of m. The weight is 1 for "uniform", and (interactions in
    `train`)^exponent for "popularity".

    Args:
        train: training data.
        test: test data, with the same vocabularies.
        num_negatives: candidates for each user of `test`.
        seed: of the draws.
        sampling: "uniform" or "popularity".
        exponent: of "popularity"; 0 is uniform over the items in `train`.

    Returns:
        The candidates, users ascending.

    Raises:
        ValueError: if the vocabularies differ, `num_negatives` is below 1, `sampling`
            is unknown, `exponent` is not finite or has no effect, or a user has too
            few items to draw from.

    Example:
        >>> data = Interactions.from_matrix([[1, 1, 0, 0], [0, 1, 1, 0]])
        >>> train, test = data.take([0, 2]), data.take([1, 3])
        >>> sample_candidates(train, test, num_negatives=2, seed=0).item_ids
        array([[3, 2],
               [0, 3]], dtype=int32)

    References:
        He et al. 2017, "Neural Collaborative Filtering", sec. 4.1 (99 uniform items).
        Efraimidis and Spirakis 2006, "Weighted Random Sampling with a Reservoir".
    """
    check_positive(num_negatives=num_negatives)
    check_choice("sampling", sampling, OWN)
    check_exponent(sampling, exponent)
    train.contains(test)  # refuses other vocabularies
    test = test.positives
    users = np.unique(test.user_ids)
    known = sp.csr_array(train.matrix + test.matrix)[users]
    weight = np.ones(train.num_items)
    if sampling == "popularity":
        weight = popularity(train, exponent)
    _check_lacking(known, weight, num_negatives, users, train)
    rng = np.random.default_rng(seed)
    return SampledCandidates(users, draw_distinct(known, weight, num_negatives, rng))


def _check_lacking(
    known: sp.csr_array, weight: AnyArray, n: int, users: IntArray, train: Interactions
) -> None:
    has = (weight > 0).astype(np.float64)
    lacking = has.sum() - (known > 0).astype(np.float64) @ has
    if lacking.min() < n:
        user = train.users.ids[users[[lacking.argmin()]]].tolist()[0]
        raise ValueError(
            f"`num_negatives` must be at most {lacking.min():.0f}, the items to draw "
            f"for user {user!r}, without its own in train and test. Received: "
            f"num_negatives={n}"
        )


def _fingerprint(data: Interactions) -> str:
    """Returns the sizes of the vocabularies and a hash of their raw ids."""
    digest = hashlib.sha256()
    for vocabulary in (data.users, data.items):
        digest.update("\n".join(map(repr, vocabulary.ids.tolist())).encode() + b"\n\n")
    return (
        f"{data.num_users} users and {data.num_items} items ({digest.hexdigest()[:16]})"
    )
