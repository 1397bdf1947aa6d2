"""Writes a SavedModel that answers raw ids, where TensorFlow alone is installed.

Its signatures take and return tensors by name. Those with a default may be left out in
TensorFlow Serving and in calls of `tf.saved_model.load(folder).recommend`:

    recommend                user_id [n], k = 10, exclude_seen = True, allow, deny
    recommend_for_history    items [m], the oldest first, k, exclude_seen, allow, deny
    recommend_for_new_users  columns of features [n, ...], k, allow, deny
    recommend_new_items      user_id [n], columns of features [m, ...], k
    similar_to_new_items     columns of features [n, ...], k
    similar_items            item_id [n], k = 10; by the cosine
    score                    user_id [n], item_id [n]

Ids are int64 or string, as in the training data. `allow` and `deny` are item ids for
all users; an empty list does not restrict the items, and unknown ids in it do not
count. `recommend_for_history` is of models of histories, and of models that infer the
user (`tfrecs.inference.fold_in`) from inner products and biases: not of models with a
hidden part, a `y_range` or factors of one length. Most return, for n users or items:

    item_id [n, k], score [n, k]   best first; of equal scores, as `Recommender` does
    count [n]                      results of each; -inf and an empty id, or -1, follow
    source [n]                     "model", or "popularity" for an unknown id

Unknown users and items, and histories without a known item, are answered by the items'
interactions in training. `score` returns `score` and `source`, `[n]` each. k above the
number of items counts as that number.

Signatures of new users and items need the encoder of the model's features, which is
part of the graph. They take a tensor for each raw column, by its name, and functions of
the loaded model a dict of these, `features`. By the kind of the column:

    categorical   [n] text, "" if missing; or int64, where the features of training are
                  integers, with the lowest int64 if missing
    multi_hot     [n] text with the encoder's separator, or lists [n, m] of text, filled
                  up with ""
    numeric       [n] float64, NaN if missing
    text          [n] text, "" if missing; its words are found by the tables of Unicode
                  that TensorFlow has
    vectors       [n, dim] float32, zeros if missing

A column of two kinds has the kind after its name: `year_numeric`. In a signature, names
have "_" for what is no Latin letter or digit, and after a name that another input has:
`k_`. `recommend_new_items` returns in place of ids `row` [n, k], the items' rows from
0; all scores are 0 for an unknown user.

With a second stage, whose ranker is part of the graph, `recommend` answers in its order
and with its scores, of equal ones in the first stage's; k is at most the number of
candidates, and 10 by default, or that number if it is less. If the ranker reads columns
of the request, `context` [n, columns] float32 has them in the order of the names. Users
of unknown ids get popular items. Other signatures are of the first stage.

Tower outputs are computed once, here. Scores equal `Recommender`'s up to rounding.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs._base.folders import folder_when_whole
from tfrecs.inference.encoders import Encoders

if TYPE_CHECKING:
    from tfrecs.data.interactions import Interactions
    from tfrecs.inference.saved_model.reranking import Ranking
    from tfrecs.models.two_tower import TwoTower

GRAPH = "saved_model.pb"


def write_saved_model(
    model: "TwoTower",
    train: "Interactions",
    encoders: Encoders,
    folder: Path,
    *,
    overwrite: bool,
    ranking: "Ranking | None" = None,
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
    from tfrecs.inference.saved_model.reranking import RerankedAnswers
    from tfrecs.inference.saved_model.signatures import signatures_of

    _check_place(folder, overwrite)
    first = model, train, encoders
    answers = RerankedAnswers(ranking, *first) if ranking else Answers(*first)
    signatures = signatures_of(answers)
    for name, function in signatures.items():
        setattr(answers, name, function)
    with folder_when_whole(folder, overwrite=overwrite) as new:
        tf.saved_model.save(answers, str(new), signatures=signatures)


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
