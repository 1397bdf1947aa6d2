"""The signatures of an exported recommender: inputs, their names and their defaults."""

from typing import Any

import tensorflow as tf

from tfrecs.inference.saved_model.answers import Answers

K = tf.TensorSpec([], tf.int32, "k")


def signatures_of(answers: Answers) -> dict[str, Any]:
    """Returns the traced functions, by name; see `write_saved_model`."""
    traced = _of_ids(answers)
    if answers.context:
        traced |= _of_context(answers)
    if answers.of_history is not None:
        traced |= _of_histories(answers)
    if answers.new_users is not None:
        traced |= _of_new_users(answers)
    if answers.new_items is not None:
        traced |= _of_new_items(answers)
    return {
        name: tf.function(function, input_signature=specs, autograph=False)
        for name, (function, specs) in traced.items()
    }


def _of_ids(answers: Answers) -> dict[str, Any]:
    ten, yes, none = _defaults(answers)
    few = _few(answers)
    recommends, similar = answers.recommend, answers.similar_items
    scores = answers.score
    user_id, item_id = (
        tf.TensorSpec([None], ids.dtype, name)
        for ids, name in ((answers.users, "user_id"), (answers.items, "item_id"))
    )

    def recommend(user_id, k=few, exclude_seen=yes, allow=none, deny=none):  # type: ignore[no-untyped-def]
        return recommends(user_id, k, exclude_seen, allow, deny)

    def similar_items(item_id, k=ten):  # type: ignore[no-untyped-def]
        return similar(item_id, k)

    def score(user_id, item_id):  # type: ignore[no-untyped-def]
        return scores(user_id, item_id)

    seen = tf.TensorSpec([], tf.bool, "exclude_seen")
    return {
        "recommend": (recommend, [user_id, K, seen, *_lists(answers)]),
        "similar_items": (similar_items, [item_id, K]),
        "score": (score, [user_id, item_id]),
    }


def _of_context(answers: Any) -> dict[str, Any]:
    _, yes, none = _defaults(answers)
    few, recommends = _few(answers), answers.recommend

    def recommend(user_id, context, k=few, exclude_seen=yes, allow=none, deny=none):  # type: ignore[no-untyped-def]
        return recommends(user_id, k, exclude_seen, allow, deny, context)

    user_id = tf.TensorSpec([None], answers.users.dtype, "user_id")
    context = tf.TensorSpec([None, len(answers.context)], tf.float32, "context")
    seen = tf.TensorSpec([], tf.bool, "exclude_seen")
    specs = [user_id, context, K, seen, *_lists(answers)]
    return {"recommend": (recommend, specs)}


def _of_histories(answers: Answers) -> dict[str, Any]:
    ten, yes, none = _defaults(answers)
    recommends = answers.recommend_for_history

    def recommend_for_history(items, k=ten, exclude_seen=yes, allow=none, deny=none):  # type: ignore[no-untyped-def]
        return recommends(items, k, exclude_seen, allow, deny)

    history = tf.TensorSpec([None], answers.items.dtype, "items")
    seen = tf.TensorSpec([], tf.bool, "exclude_seen")
    specs = [history, K, seen, *_lists(answers)]
    return {"recommend_for_history": (recommend_for_history, specs)}


def _of_new_users(answers: Answers) -> dict[str, Any]:
    ten, _, none = _defaults(answers)
    recommends = answers.recommend_for_new_users

    def recommend_for_new_users(features, k=ten, allow=none, deny=none):  # type: ignore[no-untyped-def]
        return recommends(features, k, allow, deny)

    specs = [answers.new_users.inputs, K, *_lists(answers)]
    return {"recommend_for_new_users": (recommend_for_new_users, specs)}


def _of_new_items(answers: Answers) -> dict[str, Any]:
    ten = tf.constant(10)
    recommends, similar = answers.recommend_new_items, answers.similar_to_new_items
    user_id = tf.TensorSpec([None], answers.users.dtype, "user_id")
    features = answers.new_items.inputs

    def recommend_new_items(user_id, features, k=ten):  # type: ignore[no-untyped-def]
        return recommends(user_id, features, k)

    def similar_to_new_items(features, k=ten):  # type: ignore[no-untyped-def]
        return similar(features, k)

    return {
        "recommend_new_items": (recommend_new_items, [user_id, features, K]),
        "similar_to_new_items": (similar_to_new_items, [features, K]),
    }


def _defaults(answers: Answers) -> tuple[Any, Any, Any]:
    """Returns the defaults of `k`, of `exclude_seen`, and of `allow` and `deny`."""
    return tf.constant(10), tf.constant(True), tf.constant([], answers.items.dtype)


def _few(answers: Answers) -> Any:
    """Returns the default of `k` of `recommend`, at most the number of candidates."""
    return tf.constant(min(10, answers.candidates or 10))


def _lists(answers: Answers) -> list[Any]:
    return [
        tf.TensorSpec([None], answers.items.dtype, name) for name in ("allow", "deny")
    ]
