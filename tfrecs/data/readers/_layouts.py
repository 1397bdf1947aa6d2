"""The files without a header whose columns are the same wherever they come from."""

from tfrecs.data.readers._typed import Layout

NCF_RATING = Layout(
    {
        "user_id": "integer",
        "item_id": "integer",
        "rating": "number",
        "timestamp": "integer",
    },
    separator="\t",
)
"""`.train.rating` and `.test.rating` of He et al. 2017."""

MOVIELENS_DAT = Layout(NCF_RATING.columns, separator="::")
"""`ratings.dat` of MovieLens 1M and 10M."""
