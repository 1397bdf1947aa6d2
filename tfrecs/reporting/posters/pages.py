"""Frames of items to a page, and the page to a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfrecs._base.files import replaced_when_whole
from tfrecs.reporting.items import ItemColumns, item_facts
from tfrecs.reporting.posters.html import page_of
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
    """Makes a page of items: shelves below each other, a card for each row.

    An item with a picture shows it; any other has a card drawn, in the colours of its
    genres. The page fetches nothing, unless `address_col` is given.

    Args:
        shelves: each shelf's heading and its items, such as those of `shelves_for`, in
            the order in which they are shown.
        heading: of the page.
        title_col: column of the titles. A row without one is called by its "item".
        genres_col: column of genres, joined by "|"; frames may lack it.
        detail_cols: columns that are told below the title, such as "year" or "score".
        image_col: column of paths of pictures (PNG, JPEG, GIF, WebP, AVIF), which
            become part of the page; a missing path or file means a drawn card.
        image_folder: the folder that paths start from; no file out of it is read.
        address_col: column of http(s) addresses of pictures, which whoever opens the
            page will fetch, for rows without a file.

    Returns:
        HTML. Whatever texts hold is shown as text.

    Raises:
        TypeError: if `shelves` is no mapping.
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
            f"{type(shelves).__name__}. Give it a heading, such as {{'Liked': frame}}."
        )
    if not shelves:
        raise ValueError("`shelves` must hold at least one shelf. Received: none")
    columns = ItemColumns(
        title=title_col,
        genres=genres_col,
        details=detail_cols,
        image=image_col,
        image_folder=Path(image_folder),
        address=address_col,
    )
    filled = [
        (clean(name), item_facts(name, frame, columns))
        for name, frame in shelves.items()
    ]
    return page_of(clean(heading), filled, from_web=address_col is not None)


def write_poster(path: str | Path, page: str) -> Path:
    """Writes a page whole or not at all, by way of a temporary name.

    Args:
        path: the file, which is replaced if it is there; its folder is made.
        page: of `poster`.

    Returns:
        The path.
    """
    path = Path(path)
    with replaced_when_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path
