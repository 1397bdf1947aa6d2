"""One evaluator for every model, baseline and library.

`evaluate` ranks the catalogue for each user with test items, without training items.
`evaluate_sampled` ranks test items among stored candidates, `evaluate_lists` takes
recommended lists, and `evaluate_ratings` measures errors of predicted ratings. Ties are
broken against the model: of items with equal scores, relevant ones come last. Users
without test items are left out and counted.

Example:
    >>> from tfrecs import Interactions
    >>> from tfrecs.evaluation import evaluate
    >>> train = Interactions.from_matrix([[1, 0, 0], [0, 0, 1]])
    >>> test = Interactions.from_matrix([[0, 1, 0], [1, 1, 0]])
    >>> scores = [[9, 7, 8], [5, 4, 3]]  # 2 before *1*; *0* before *1*
    >>> names = ["recall", "mrr"]
    >>> evaluate(lambda user_ids: scores, train, test, k=(1, 2), metrics=names)
    <Evaluation of 2 users (0 without test items left out)
    full: the catalogue without the user's training items, ties against the model
                @1      @2 whole list
    recall  0.2500  1.0000
    mrr                        0.7500>
"""

from tfrecs.evaluation.full_ranking import evaluate
from tfrecs.evaluation.lists import evaluate_lists, lists_from_frame
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.ranking.scorers import (
    ScoresUsers,
    as_scorer,
    check_scores,
    scorer_of_pairs,
)
from tfrecs.evaluation.ratings import evaluate_ratings
from tfrecs.evaluation.result import Evaluation
from tfrecs.evaluation.sampled import evaluate_sampled

__all__ = [
    "Evaluation",
    "Protocol",
    "ScoresUsers",
    "as_scorer",
    "check_scores",
    "evaluate",
    "evaluate_lists",
    "evaluate_ratings",
    "evaluate_sampled",
    "lists_from_frame",
    "scorer_of_pairs",
]
