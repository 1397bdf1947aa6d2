"""Losses that compare the positive of a row with each negative, or the hardest.

The label of a negative is its credit, in [0, 1). The ideal gap between the positive and
it is I = 1 - credit.
"""

from typing import Any

from keras import ops

from tfrecs.losses._rows import lead_over_hardest, mean_over_negatives, of_rows


@of_rows
def bpr(labels: Any, scores: Any) -> Any:
    """Bayesian personalized ranking: the positive above each negative.

    A negative with credit c has the target 1 - c / 2 for sigmoid of the gap. The loss
    is then least at a gap of ln((2 - c) / c): 2.9 for a credit of .1, 1.1 for one of
    .5. Beyond that gap the negative is pulled up again.

    Formula:
        -t ln sigmoid(g) - (1 - t) ln sigmoid(-g), mean over the row's negatives, with
        g = s_positive - s_negative and t = (1 + I) / 2; without credit
        -ln sigmoid(s_positive - s_negative)

    References:
        Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
        eq. 4 (BPR-Opt), without its regularization. Burges et al. 2005, "Learning to
        Rank using Gradient Descent", sec. 3, for targets other than 1.
    """
    return mean_over_negatives(labels, scores, _cross_entropy)


@of_rows
def hinge(labels: Any, scores: Any) -> Any:
    """Hinge: the positive above each negative by the ideal gap, 1 without credit.

    Formula:
        max(0, I - (s_positive - s_negative)), mean over the row's negatives

    References:
        Weimer et al. 2008, "Improving Maximum Margin Matrix Factorization", sec. 3.
    """
    return mean_over_negatives(
        labels, scores, lambda gap, credit: ops.relu(1 - credit - gap)
    )


@of_rows
def adaptive_bpr(labels: Any, scores: Any) -> Any:
    """BPR against the row's hardest negative, that of the highest score less credit.

    The other negatives of the row have no gradient; ties share it.

    Formula:
        that of `bpr` for the negative of max over the row's negatives of s - credit

    References:
        Zhang et al. 2013, "Optimizing Top-N Collaborative Filtering via Dynamic
        Negative Item Sampling", which draws some items and takes the highest.
    """
    lead, credit = lead_over_hardest(labels, scores, scores - labels)
    return _cross_entropy(lead - credit, credit)


@of_rows
def adaptive_hinge(labels: Any, scores: Any) -> Any:
    """Hinge against the row's hardest negative, as for `adaptive_bpr`.

    Formula:
        max(0, max over the row's negatives of I - (s_positive - s))

    References:
        Zhang et al. 2013, as for `adaptive_bpr`, with the loss of `hinge`.
    """
    lead, _ = lead_over_hardest(labels, scores, scores - labels)
    return ops.relu(1 - lead)


def _cross_entropy(gap: Any, credit: Any) -> Any:
    """Cross-entropy of sigmoid(gap) and the target 1 - credit / 2."""
    return ops.softplus(-gap) + credit / 2 * gap
