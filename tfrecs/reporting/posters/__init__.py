"""Pages of recommendations: one HTML file each, without scripts or network access.

`shelves_for` asks a `Recommender` for a user's liked and recommended items and for
those similar to one item, `poster` builds a page of such frames, and `write_poster`
writes it.
"""

from tfrecs.reporting.posters.genres import genre_colour
from tfrecs.reporting.posters.pages import poster, write_poster
from tfrecs.reporting.posters.shelves import shelves_for

__all__ = ["genre_colour", "poster", "shelves_for", "write_poster"]
