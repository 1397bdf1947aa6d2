"""GMF: its formula from its weights, its sizes, and where it starts."""

import numpy as np


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("gmf"))
    w = weights(model)
    p, q = w["gmf_user/embeddings"], w["gmf_item/embeddings"]
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = (p[u] * q[i]) @ w["gmf_weights/kernel"] + w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)
