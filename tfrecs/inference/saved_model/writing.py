"""Writes a SavedModel that answers raw ids, where TensorFlow alone is installed.

Its signatures take and return tensors by name. Those with a default may be left out in
TensorFlow Serving and in calls of `tf.saved_model.load(folder).recommend`:

    recommend               user_id [n], k = 10, exclude_seen = True, allow, deny
    recommend_for_history   items [m], the oldest first, k, exclude_seen, allow, deny
    similar_items           item_id [n], k = 10; by the cosine
    score                   user_id [n], item_id [n]

Ids are int64 or string, as in the training data. `allow` and `deny` are item ids for
all users; an empty list does not restrict the items, and unknown ids in it do not
count. `recommend_for_history` is of models of histories alone: fold-in, which other
models need, is not exported. Most return, for n users or items:

    item_id [n, k], score [n, k]   best first; of equal scores, as `Recommender` does
    count [n]                      results of each; -inf and an empty id, or -1, follow
    source [n]                     "model", or "popularity" for an unknown id

Unknown users and items, and histories without a known item, are answered by the items'
interactions in training. `score` returns `score` and `source`, `[n]` each. k above the
number of items counts as that number.

Tower outputs are computed once, here. Scores equal `Recommender`'s up to rounding.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfrecs._base.folders import folder_when_whole

if TYPE_CHECKING:
    from tfrecs.data.interactions import Interactions
    from tfrecs.models.two_tower import TwoTower

GRAPH = "saved_model.pb"


def write_saved_model(
    model: "TwoTower", train: "Interactions", folder: Path, *, overwrite: bool
) -> None:
    """Writes the folder as a whole; see `Recommender.export`.

    Raises:
        FileExistsError: if the folder holds anything that must not be replaced.
        TypeError: if ids are neither integers nor str.
        ValueError: if Keras runs on another backend, or a number is not finite.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "A SavedModel needs Keras on TensorFlow. Received: "
            f"{keras.backend.backend()}. Save a bundle, and export it with "
            "KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf

    from tfrecs.inference.saved_model.answers import Answers

    _check_place(folder, overwrite)
    answers = Answers(model, train)
    signatures = _signatures(answers, has_histories=model.max_length is not None)
    for name, function in signatures.items():
        setattr(answers, name, function)
    with folder_when_whole(folder, overwrite=overwrite) as new:
        tf.saved_model.save(answers, str(new), signatures=signatures)


def _signatures(answers: Any, *, has_histories: bool) -> dict[str, Any]:
    """Returns the traced functions, by name."""
    import tensorflow as tf

    users, items = answers.users.dtype, answers.items.dtype
    ten, yes = tf.constant(10), tf.constant(True)
    none = tf.constant([], items)
    user_id, item_id = (
        tf.TensorSpec([None], dtype, name)
        for dtype, name in ((users, "user_id"), (items, "item_id"))
    )
    limits = [
        tf.TensorSpec([], tf.int32, "k"),
        tf.TensorSpec([], tf.bool, "exclude_seen"),
        tf.TensorSpec([None], items, "allow"),
        tf.TensorSpec([None], items, "deny"),
    ]
    given = answers.recommend, answers.recommend_for_history
    similar, score = answers.similar_items, answers.score
    history = tf.TensorSpec([None], items, "items")

    def recommend(user_id, k=ten, exclude_seen=yes, allow=none, deny=none):  # type: ignore[no-untyped-def]
        return given[0](user_id, k, exclude_seen, allow, deny)

    def recommend_for_history(items, k=ten, exclude_seen=yes, allow=none, deny=none):  # type: ignore[no-untyped-def]
        return given[1](items, k, exclude_seen, allow, deny)

    def similar_items(item_id, k=ten):  # type: ignore[no-untyped-def]
        return similar(item_id, k)

    def score_pairs(user_id, item_id):  # type: ignore[no-untyped-def]
        return score(user_id, item_id)

    traced = {
        "recommend": (recommend, [user_id, *limits]),
        "similar_items": (similar_items, [item_id, limits[0]]),
        "score": (score_pairs, [user_id, item_id]),
    }
    if has_histories:
        traced["recommend_for_history"] = (recommend_for_history, [history, *limits])
    return {
        name: tf.function(function, input_signature=specs, autograph=False)
        for name, (function, specs) in traced.items()
    }


def _check_place(folder: Path, overwrite: bool) -> None:
    """Raises FileExistsError for a place whose content is not to be replaced."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / GRAPH).is_file():
        raise FileExistsError(
            f"{folder}: must be a new folder or a SavedModel. Choose another name."
        )
    if not overwrite:
        raise FileExistsError(
            f"{folder}: holds a SavedModel. Choose another name, or set overwrite=True."
        )
