"""Pages of items in shelves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs._base.files import replaced_when_whole
from tfrecs.reporting.items import ItemColumns, item_facts
from tfrecs.reporting.pages import TEMPLATES, render_page
from tfrecs.reporting.posters.genres import CARD_STYLE, genre_attribute, genre_rules
from tfrecs.reporting.text import clean

if TYPE_CHECKING:
    import pandas as pd


def poster(
    shelves: Mapping[str, "pd.DataFrame"],
    *,
    heading: str = "Recommendations",
    title_col: str = "title",
    genres_col: str = "genres",
    detail_cols: Sequence[str] = (),
    image_col: str | None = None,
    image_folder: str | Path = ".",
    address_col: str | None = None,
) -> str:
    """Builds a page of items in shelves, with a card for each row.

    An item without a picture gets a card in the colours of its genres. The page loads
    nothing from elsewhere, unless `address_col` is set. All text is escaped.

    Args:
        shelves: headings and their items, in order, such as from `shelves_for`.
        heading: of the page.
        title_col: column of the titles. A row without one is called by its "item".
        genres_col: column of genres, joined by "|"; optional in each frame.
        detail_cols: columns that cards show below the title, such as "year".
        image_col: column of paths of pictures (PNG, JPEG, GIF, WebP, AVIF), which
            become part of the page. A missing path or file means a drawn card.
        image_folder: the folder that paths start from; no file out of it is read.
        address_col: column of http(s) addresses of pictures, for rows without a file.
            A browser loads them when it opens the page.

    Returns:
        The page's HTML.

    Raises:
        TypeError: if `shelves` is not a mapping.
        ValueError: if there is no shelf, a frame lacks a column, a file is not a
            picture in `image_folder` of at most 2 MB, or an address is not http(s).

    Example:
        >>> import pandas as pd
        >>> liked = pd.DataFrame({"title": ["Heat"], "genres": ["Crime|Drama"]})
        >>> page = poster({"Liked": liked}, heading="For Ann")
        >>> "Heat</h3>" in page
        True
    """
    if not isinstance(shelves, Mapping):
        raise TypeError(
            "`shelves` must map headings to frames of items. Received: "
            f"{type(shelves).__name__}. Add a heading: {{'Liked': frame}}."
        )
    if not shelves:
        raise ValueError("`shelves` must hold at least one shelf. Received: none")
    folder = Path(image_folder)
    columns = ItemColumns(
        title_col, genres_col, detail_cols, image_col, folder, address_col
    )
    filled = [
        (clean(name), item_facts(name, frame, columns))
        for name, frame in shelves.items()
    ]
    genres = [genre for _, items in filled for item in items for genre in item.genres]
    style = TEMPLATES.joinpath("poster.css").read_text(encoding="utf-8")
    return render_page(
        TEMPLATES / "poster.html",
        title=clean(heading),
        style=style + CARD_STYLE + genre_rules(genres),
        pictures="data:" if address_col is None else "data: http: https:",
        shelves=filled,
        paint=genre_attribute,
    )


def write_poster(path: str | Path, page: str) -> Path:
    """Writes a page to a file atomically, makes its folder, and returns the path."""
    path = Path(path)
    with replaced_when_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path
