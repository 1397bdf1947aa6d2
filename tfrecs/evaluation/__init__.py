"""One evaluator for every model and baseline.

For each user with test items, every item of the catalogue is ranked by score, without
the items that the user has in training (`evaluate`); or the test items are ranked among
stored candidates (`evaluate_sampled`). Ties are broken against the model: of items with
equal scores, relevant ones stand last. Users without test items are left out and
counted. Results do not depend on how users are put into blocks.

Example:
    >>> from tfrecs import Interactions
    >>> from tfrecs.evaluation import evaluate
    >>> train = Interactions.from_matrix([[1, 0, 0], [0, 0, 1]])
    >>> test = Interactions.from_matrix([[0, 1, 0], [1, 1, 0]])
    >>> evaluation = evaluate(lambda user_ids: [[9, 7, 8], [5, 4, 3]], train, test, k=1)
    >>> evaluation.per_user["recall@1"]  # 2 before *1*; *0* before *1*
    array([0. , 0.5])
"""

from tfrecs._scorers import (
    ScoresUsers,
    as_scorer,
    check_scores,
    user_blocks,
)
from tfrecs.evaluation.full import evaluate
from tfrecs.evaluation.result import Evaluation
from tfrecs.evaluation.sampled import evaluate_sampled

__all__ = [
    "Evaluation",
    "ScoresUsers",
    "as_scorer",
    "check_scores",
    "evaluate",
    "evaluate_sampled",
    "user_blocks",
]
