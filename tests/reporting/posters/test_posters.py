"""Pages of recommendations, read back by a parser that knows nothing of them."""

import base64
import os

import pandas as pd
import pytest
from html_tree import Element, read
from hypothesis import example, given
from hypothesis import strategies as st

from tfrecs.reporting.posters import poster, write_poster

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def page_with(title, **columns) -> Element:
    """The tree of a page with one card."""
    row = {"title": [title], **{name: [value] for name, value in columns.items()}}
    return read(poster({"Shelf": pd.DataFrame(row, dtype=object)}))


FILMS = pd.DataFrame(
    {
        "item": [7, 9],
        "title": ["Heat", "Alien"],
        "genres": ["Crime|Drama", "Horror"],
        "year": [1995, None],
    }
)


# What is on the page


def test_shelves_and_cards_stand_in_the_order_given():
    page = read(poster({"Liked": FILMS, "Next": FILMS[::-1]}, heading="For Ann"))
    assert [title.text for title in page.all("title")] == ["For Ann"]
    assert [heading.text for heading in page.all("h1")] == ["For Ann"]
    assert [heading.text for heading in page.all("h2")] == ["Liked", "Next"]
    titles = [[h3.text for h3 in shelf.all("h3")] for shelf in page.all("section")]
    assert titles == [["Heat", "Alien"], ["Alien", "Heat"]]
    names = [section.attributes["aria-labelledby"] for section in page.all("section")]
    assert names == [h2.attributes["id"] for h2 in page.all("h2")]
    assert len(set(names)) == 2


def test_genres_and_details_are_told_where_there_are_any():
    page = read(poster({"Liked": FILMS}, detail_cols=["year", "item"]))
    heat, alien = page.all("article")
    assert [p.text for p in heat.all("p")] == ["Crime, Drama"]
    assert [dt.text for dt in heat.all("dt")] == ["year", "item"]
    assert [dd.text for dd in heat.all("dd")] == ["1995", "7"]
    assert [dt.text for dt in alien.all("dt")] == ["item"]


def test_a_column_of_another_name_holds_the_titles():
    frame = pd.DataFrame({"name": ["Heat"], "kinds": ["Crime|War"]})
    page = read(poster({"Liked": frame}, title_col="name", genres_col="kinds"))
    assert page.all("h3")[0].text == "Heat"
    assert page.all("p")[0].text == "Crime, War"


def test_an_empty_shelf_says_so():
    page = read(poster({"Liked": FILMS[:0]}))
    assert page.all("section")[0].all("p")[0].text == "Nothing yet."
    assert page.all("article") == []


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, "", "  \t\n "])
def test_a_card_without_a_title_is_called_by_its_item(missing):
    assert page_with(missing, item="B00X").all("h3")[0].text == "B00X"
    assert page_with(missing).all("h3")[0].text == "Untitled"


def test_the_page_needs_no_network_and_no_script():
    page = read(poster({"Liked": FILMS}))
    policies = [m.attributes.get("content") for m in page.all("meta")]
    [policy] = [text for text in policies if text and "default-src" in text]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("img-src data:")
    for tag in ("script", "link", "iframe", "img", "object", "base", "form"):
        assert page.all(tag) == []


def test_the_page_fits_dark_rooms_phones_and_paper():
    page = read(poster({"Liked": FILMS}))
    [style] = page.all("style")
    assert "@media (prefers-color-scheme: dark)" in style.text
    assert "@media print" in style.text
    sizes = {meta.attributes.get("name"): meta for meta in page.all("meta")}
    viewport = sizes["viewport"].attributes["content"]
    assert viewport == "width=device-width, initial-scale=1"
    assert page.all("html")[0].attributes["lang"] == "en"


# Texts that want to be more than texts

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></svg></h3><h1>big</h1>",
    "<!-- & &amp; &#x3c;b&#x3e; ]]> -->",
    "AT&T &lt;3",
    "👩‍👩‍👧 \U0001f3f3️ été",
    "שלום: הסרט",
    "七人の侍",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_text_holds_is_shown_as_it_stands(text):
    frame = pd.DataFrame({"title": [text], "genres": [text], "more": [text]})
    page = read(poster({text: frame}, heading=text, detail_cols=["more"]))
    for tag in ("title", "h1", "h2", "h3", "dd"):
        assert [element.text for element in page.all(tag)] == [text]
    assert page.all("p")[0].text == text
    [card] = page.all("div", "drawn")
    assert card.attributes["aria-label"] == text
    assert [drawn.text for drawn in card.all("b")] == [text]
    assert set(card.attributes) == {"class", "role", "aria-label", "data-genre"}
    assert page.all("script") == page.all("img") == page.all("svg") == []


@example("x" * 301)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_at_all_gives_one_card_with_one_line_of_it(text):
    page = page_with(text, genres=text)
    [heading] = page.all("h3")
    assert [e.tag for e in page.all("li")[0].inside] == ["article"]
    kept = " ".join(text.split())
    if text.isprintable() and kept:
        assert heading.text == (kept if len(kept) <= 300 else f"{kept[:299]}…")
    assert heading.text
    assert len(heading.text) <= 300
    assert not set(heading.text) & {"\x00", "\x1b", "\x7f", "\x85", "\ud800", "\n"}


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_title_holds_is_told_of_its_picture(text, tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    frame = pd.DataFrame({"title": [text], "image": ["a.png"]})
    page = read(poster({"a": frame}, image_col="image", image_folder=tmp_path))
    [picture] = page.all("img")
    assert picture.attributes["alt"] == f"Picture of {text}"
    assert set(picture.attributes) == {"src", "alt", "loading", "decoding"}


def test_every_text_of_the_user_chooses_its_own_direction():
    page = read(poster({"a": FILMS}, detail_cols=["year"]))
    for tag in ("h1", "h2", "h3", "p", "dd"):
        assert {element.attributes["dir"] for element in page.all(tag)} == {"auto"}


# Pictures


def drawn_in(page) -> list[str]:
    return [card.attributes["aria-label"] for card in page.all("div", "drawn")]


def pictured(paths, folder) -> Element:
    frame = FILMS.assign(image=paths)
    return read(poster({"a": frame}, image_col="image", image_folder=folder))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0rest", "jpeg"),
        (b"GIF87a..", "gif"),
        (b"GIF89a..", "gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"\0\0\0\x1cftypavif", "avif"),
    ],
)
def test_a_picture_is_part_of_the_page_by_its_first_bytes(tmp_path, data, kind):
    (tmp_path / "a.txt").write_bytes(data)  # the name says nothing
    page = pictured(["a.txt", None], tmp_path)
    [picture] = page.all("img")
    assert picture.attributes["alt"] == "Picture of Heat"
    start, _, coded = (picture.attributes["src"] or "").partition(",")
    assert start == f"data:image/{kind};base64"
    assert base64.b64decode(coded) == data
    assert drawn_in(page) == ["Alien"]


@pytest.mark.parametrize("path", [None, float("nan"), "", " ", "gone.png", "no/a.png"])
def test_a_card_is_drawn_where_there_is_no_picture(tmp_path, path):
    (tmp_path / "b.png").write_bytes(PNG)
    page = pictured([path, "b.png"], tmp_path)
    assert drawn_in(page) == ["Heat"]
    assert len(page.all("img")) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>404",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"\x89PNG",
        b"RIFF\x10\0\0\0WAVEfmt ",
    ],
)
def test_a_file_that_is_no_picture_is_an_error_that_names_it(tmp_path, data):
    (tmp_path / "a.png").write_bytes(data)
    message = rf"{tmp_path}.*'a\.png': must be a PNG.* starts with b"
    with pytest.raises(ValueError, match=message) as error:
        pictured(["a.png", None], tmp_path)
    assert repr(data[:12]) in str(error.value)


def test_a_picture_has_at_most_two_megabytes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(PNG.ljust(2_000_000, b"\0"))
    assert len(pictured(["a.png", None], tmp_path).all("img")) == 1
    with path.open("ab") as file:
        file.truncate(5_000_000_000)  # sparse: it would not fit into memory
    with pytest.raises(ValueError, match=r"at most 2,000,000 bytes.*5,000,000,000"):
        pictured(["a.png", None], tmp_path)


@pytest.mark.parametrize(
    "path", ["../secret.png", "in/../../secret.png", "{}/secret.png", "link.png"]
)
def test_no_file_is_read_out_of_the_folder(tmp_path, path):
    (tmp_path / "secret.png").write_bytes(PNG)
    folder = tmp_path / "pictures"
    (folder / "in").mkdir(parents=True)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(ValueError, match=r"must lie in the folder.*secret\.png"):
        pictured([path.format(tmp_path), None], folder)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("folder.png", "must be a file"),
        ("pipe.png", "must be a file"),  # which would be waited for without end
        ("a\0.png", ""),
        ("a" * 5000, ""),
    ],
)
def test_only_files_are_read(tmp_path, path, message):
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match=f"picture '{path[:1]}.*{message}"):
        pictured([path, None], tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"gone, picture 'a\.png': No such file"):
        pictured(["a.png", None], tmp_path / "gone")


def test_addresses_are_fetched_only_if_they_are_asked_for(tmp_path):
    address = 'https://pictures.example/a.png?x="><script>&y=1'
    frame = FILMS.assign(address=[address, None])
    assert read(poster({"a": frame})).all("img") == []
    page = read(poster({"a": frame}, address_col="address"))
    [picture] = page.all("img")
    assert picture.attributes["src"] == address
    assert picture.attributes["alt"] == "Picture of Heat"
    policy = page.all("meta")[2].attributes["content"]
    assert (policy or "").endswith("img-src data: http: https:")
    assert {m.attributes.get("name"): m for m in page.all("meta")}["referrer"]


def test_a_file_comes_before_an_address_and_an_address_before_a_card(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    frame = FILMS.assign(image=["a.png", "gone.png"], at=["http://x.org/1"] * 2)
    page = read(
        poster({"a": frame}, image_col="image", image_folder=tmp_path, address_col="at")
    )
    heat, alien = page.all("img")
    assert (heat.attributes["src"] or "").startswith("data:image/png")
    assert alien.attributes["src"] == "http://x.org/1"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:image/svg+xml,<svg/>",
        "file:///etc/passwd",
        "//x.org/a.png",
        "a.png",
        "https:///a.png",
        "https://[x/a.png",
        "https://x.org/a b.png",
        "java\nscript:alert(1)",
    ],
)
def test_other_addresses_are_errors(address):
    frame = FILMS.assign(at=[address, None])
    with pytest.raises(ValueError, match=r"must start with http://") as error:
        poster({"a": frame}, address_col="at")
    assert repr(address) in str(error.value)


# What is wrong with a call


@pytest.mark.parametrize("argument", ["title_col", "image_col", "address_col"])
def test_a_missing_column_is_an_error(argument):
    message = "'Liked' must have a column 'name'. Received: columns item, title"
    with pytest.raises(ValueError, match=message):
        poster({"Liked": FILMS}, **{argument: "name"})
    with pytest.raises(ValueError, match=message):
        poster({"Liked": FILMS}, detail_cols=["name"])


def test_a_page_has_shelves_with_headings():
    with pytest.raises(ValueError, match="at least one shelf"):
        poster({})
    with pytest.raises(TypeError, match=r"`shelves` must map .* Received: DataFrame"):
        poster(FILMS)


# The file


def test_a_page_is_written_whole_and_replaces_the_one_before(tmp_path):
    path = tmp_path / "new" / "ann.html"
    assert write_poster(path, poster({"七": FILMS})) == path
    os.link(path, tmp_path / "before.html")
    write_poster(path, poster({"Liked": FILMS}, heading="Again"))
    assert "七" in (tmp_path / "before.html").read_text(encoding="utf-8")
    assert read(path.read_text(encoding="utf-8")).all("h1")[0].text == "Again"
    assert os.listdir(path.parent) == ["ann.html"]
