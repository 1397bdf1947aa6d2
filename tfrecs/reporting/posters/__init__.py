"""Pages of recommendations: one HTML file each, without scripts or network access.

`shelves_for` asks a `Recommender` for a user's liked and recommended items and for
those similar to one item, `shelves_for_history` for a user with a history and no id.
`poster` builds a page of such frames, and `write_poster` writes it.
"""

from tfrecs.reporting.posters.genres import genre_colour
from tfrecs.reporting.posters.pages import poster, write_poster
from tfrecs.reporting.posters.shelves import shelves_for, shelves_for_history

__all__ = [
    "genre_colour",
    "poster",
    "shelves_for",
    "shelves_for_history",
    "write_poster",
]
