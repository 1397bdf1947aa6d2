"""A second stage: a ranker reorders the best items of a recommender."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_positive
from tfrecs._base.limits import LIMITS, Limits
from tfrecs._base.types import AnyArray, IntArray, Scores
from tfrecs.data.features import FeatureEncoder
from tfrecs.data.id_arrays import collection
from tfrecs.data.interactions import Interactions
from tfrecs.inference.allow_deny import ItemChoice
from tfrecs.inference.bundle import Bundle, read_stages, write_bundle
from tfrecs.inference.bundle_files import naming
from tfrecs.inference.encoders import Encoders
from tfrecs.inference.recommender import Recommender
from tfrecs.inference.second_stage.examples import labelled_rows
from tfrecs.inference.second_stage.exporting import export
from tfrecs.inference.second_stage.features import context_rows, names_of
from tfrecs.inference.second_stage.files import SETTINGS, SecondStage
from tfrecs.inference.second_stage.first_stage import FirstStage
from tfrecs.inference.second_stage.ordering import ordered, scores_of_places
from tfrecs.inference.second_stage.ranker import check_ranker, check_width, fit_ranker

if TYPE_CHECKING:
    import pandas as pd


class Reranked:
    """Recommends in two stages: a ranker reorders a recommender's best items.

    The first stage scores the whole catalogue, and its best unseen items of each user
    are candidates. The ranker reads one row for each candidate, with these columns:
        user_...: the user's features, and `user_interactions`, their number in `train`.
        item_...: the same for the item.
        the context columns: of the request, such as the hour.
        score, rank: of the first stage; ranks count from 1.

    Features are encoded by the encoders, which are the recommender's by default.
    Without encoders the columns are raw. An estimator gets a DataFrame. A Keras model
    gets the same columns as float32 `[rows, columns]`, which must be numeric and
    finite, and returns `[rows]` or `[rows, 1]`.

    With a Keras model both stages are saved as one bundle, served, and exported. Others
    have no form that is safe to load: save the recommender as a bundle and the ranker
    in its own way, such as by skops or joblib, and make a `Reranked` of both again.

    Args:
        recommender: the first stage.
        ranker: a Keras model, or an estimator with `fit(X, y)` and `predict_proba(X)`
            or `predict(X)`, such as of scikit-learn or LightGBM.
        candidates: items of each user that the ranker reorders.
        context: names of context columns, in their order.
        user_encoder: the fitted encoder of users' features.
        item_encoder: the same for items.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if there are more candidates than items, a column is named twice, an
            encoder has no features to encode, or a Keras model reads another number of
            columns.

    Example:
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from tfrecs import Interactions, Recommender, Reranked
        >>> users, items = ["ann", "bob", "cy"], ["Alien", "Heat", "Tron"]
        >>> data = Interactions.from_arrays(users, items)
        >>> held_out = Interactions.from_arrays(
        ...     ["ann"],
        ...     ["Tron"],
        ...     user_vocabulary=data.users,
        ...     item_vocabulary=data.items,
        ... )
        >>> first = Recommender(np.array([[0.1, 0.3, 0.2]] * 3), data)
        >>> ranker = LogisticRegression()
        >>> both = Reranked.train(first, held_out, ranker, candidates=2, seed=0)
        >>> first.recommend(["ann"], k=2)["item"].tolist()
        ['Heat', 'Tron']
        >>> both.recommend(["ann"], k=2)["item"].tolist()
        ['Tron', 'Heat']
    """

    def __init__(
        self,
        recommender: Recommender,
        ranker: Any,
        candidates: int = 200,
        *,
        context: Sequence[str] = (),
        user_encoder: FeatureEncoder | None = None,
        item_encoder: FeatureEncoder | None = None,
    ) -> None:
        check_ranker(ranker)
        self.ranker, self.context = ranker, names_of(context)
        self._encoders: Encoders = {"user": user_encoder, "item": item_encoder}
        self._stage = FirstStage(recommender, candidates, self._encoders, self.context)
        self.columns = self._stage.columns
        check_width(ranker, self.columns)
        self.recommender, self.candidates = recommender, candidates

    @classmethod
    def train(
        cls,
        recommender: Recommender,
        held_out: "Interactions | pd.DataFrame",
        ranker: Any,
        *,
        candidates: int = 200,
        context: Sequence[str] = (),
        user_encoder: FeatureEncoder | None = None,
        item_encoder: FeatureEncoder | None = None,
        seed: int,
        **settings: Any,
    ) -> "Reranked":
        """Fits the ranker to data that are new to the recommender.

        Then train the recommender's model again on all data, and make a `Reranked` of
        that recommender and the fitted ranker.

        Args:
            recommender: the first stage, trained without `held_out`.
            held_out: see `examples`.
            ranker: the ranker, which is changed; a Keras model must be compiled.
            candidates: as of `Reranked`, and the next three too.
            context: names of context columns.
            user_encoder: of users' features.
            item_encoder: of items' features.
            seed: of the order of the rows. The ranker has its own, such as
                `random_state`, or `keras.utils.set_random_seed`.
            **settings: arguments of the ranker's `fit`, such as `epochs=5`.

        Raises:
            TypeError, ValueError: as `Reranked` and `examples`.
        """
        made = cls(
            recommender,
            ranker,
            candidates,
            context=context,
            user_encoder=user_encoder,
            item_encoder=item_encoder,
        )
        fit_ranker(ranker, *made.examples(held_out, seed=seed), settings)
        return made

    def examples(
        self, held_out: "Interactions | pd.DataFrame", *, seed: int
    ) -> "tuple[pd.DataFrame, AnyArray]":
        """Returns the rows and labels to fit the ranker to, in the seed's order.

        Rows are candidates only. Of `Interactions` they are all candidates of the
        users, and positives have the label 1. Of impressions they are the rows whose
        item is a candidate, with their label and context. The logger `tfrecs` reports
        how many positives are among the candidates.

        Args:
            held_out: interactions with the vocabularies of `train`; or impressions, a
                table with columns of raw user and item ids, `clicked` of 0 and 1, and
                the context columns.
            seed: of the order.

        Returns:
            The rows, and their labels `[rows]`, float32 of 0 and 1.

        Raises:
            TypeError: if `held_out` is of another kind.
            ValueError: if a pair is in the recommender's `train`, a column is missing,
                an id is unknown, or one of the labels is missing.
        """
        train = self.recommender.train
        return labelled_rows(self._stage, train, held_out, self.context, seed)

    def recommend(
        self,
        users: Iterable[Any],
        k: int = 10,
        *,
        exclude_seen: bool = True,
        allow: ItemChoice = None,
        deny: ItemChoice = None,
        context: "pd.DataFrame | None" = None,
    ) -> "pd.DataFrame":
        """Returns each user's k best unseen items: `user`, `item`, `score`, `rank`.

        The scores are the ranker's. Of equal ones, the first stage's order stays.

        Args:
            users: raw ids, a collection.
            k: items for each user, at most `candidates`.
            exclude_seen: whether pairs of `train` are no candidates.
            allow: as of `Recommender.recommend`.
            deny: as of `Recommender.recommend`.
            context: a row with the context columns for each user, in their order.

        Raises:
            TypeError, ValueError: as `Recommender.recommend`; and if k is above
                `candidates`, the context does not fit, or a score is not finite.
        """
        import pandas as pd

        asked = collection(users, "users")
        check_positive(k=k)
        if k > self.candidates:
            raise ValueError(
                f"`k` must be at most candidates={self.candidates}, which the ranker "
                f"reorders. Received: k={k}. Make a Reranked of more candidates."
            )
        rows = context_rows(context, self.context, len(asked))
        limits = {"exclude_seen": exclude_seen, "allow": allow, "deny": deny}
        found, scores = ordered(self._stage, self.ranker, asked, rows, **limits)
        best = found.ranks <= k
        return pd.DataFrame(
            {
                "user": asked[found.queries[best]],
                "item": self.recommender.train.items.ids[found.item_ids[best]],
                "score": scores[best],
                "rank": found.ranks[best],
            }
        )

    def score_users(self, user_ids: IntArray) -> Scores:
        """Returns places as scores `[users, num_items]`, so that `evaluate` ranks them.

        Candidates come in the order of `recommend`, above all other items, which keep
        the order and ties of the first stage.

        Raises:
            ValueError: if the ranker reads context columns.
        """
        train = self.recommender.train
        context_rows(None, self.context, len(user_ids))
        return scores_of_places(self._stage, self.ranker, user_ids, train)

    def save(
        self, folder: str | Path, *, overwrite: bool = False, durable: bool = True
    ) -> None:
        """Writes a bundle of both stages that `load` reads; see `Recommender.save`.

        Raises:
            FileExistsError: if the folder holds anything that must not be replaced.
            TypeError: if the model or the ranker is not of Keras, or other parts are
                not JSON values.
            ValueError: if the ranker was not built, or a weight is not finite.
        """
        bundle = Bundle.of(self.recommender)
        firsts = bundle.user_encoder, bundle.item_encoder
        pairs = zip(self._encoders.values(), firsts, strict=True)
        own = (None if encoder is first else encoder for encoder, first in pairs)
        settings = self.candidates, self.context, self.columns
        second = SecondStage(self.ranker, *settings, *own)
        place = Path(folder)
        write_bundle(place, bundle, second, overwrite=overwrite, durable=durable)

    @classmethod
    def load(cls, folder: str | Path, *, limits: Limits = LIMITS) -> "Reranked":
        """Loads a bundle that `save` wrote, which `Recommender.load` refuses.

        Every file is checked first. `recommender` is the first stage.

        Raises:
            FileNotFoundError: if there is no bundle.
            ValueError: as `Recommender.load`, or if the bundle has no second stage.
        """
        found = load_stages(folder, limits=limits)
        if not isinstance(found, cls):
            raise ValueError(
                f"{folder}: must be a bundle that Reranked.save wrote. Received: one "
                "without a second stage. Load it with tfrecs.load."
            )
        return found

    def export(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Writes a SavedModel; see `tfrecs.inference.saved_model.writing`."""
        of_ranker = self.ranker, self._stage, self.context
        export(self.recommender, *of_ranker, Path(folder), overwrite=overwrite)


def first_stage(stages: Recommender | Reranked) -> Recommender:
    """Returns the recommender of one stage or two."""
    return stages.recommender if isinstance(stages, Reranked) else stages


def load_stages(
    folder: str | Path, *, limits: Limits = LIMITS
) -> Recommender | Reranked:
    """Loads a bundle with one stage or two; raises as `Recommender.load`."""
    bundle, second = read_stages(Path(folder), limits)
    first = Recommender(**bundle._asdict())
    if second is None:
        return first
    given = second._asdict()
    columns = given.pop("columns")
    with naming(Path(folder) / SETTINGS):
        both = Reranked(first, **given)
        if both.columns != columns:
            raise ValueError(f"columns {columns!r:.300}, not {both.columns!r:.300}")
    return both
