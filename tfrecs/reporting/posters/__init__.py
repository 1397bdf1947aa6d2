"""Pages of recommendations to look at: one HTML file, with no script and no network.

`shelves_for` asks a `Recommender` what a user liked, what it recommends them, and what
is similar to one item; `poster` makes a page of such frames, whoever made them; and
`write_poster` puts the page into a file.
"""

from tfrecs.reporting.posters.drawing import genre_colour
from tfrecs.reporting.posters.pages import poster, write_poster
from tfrecs.reporting.posters.shelves import shelves_for

__all__ = ["genre_colour", "poster", "shelves_for", "write_poster"]
