from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tfrecs.callbacks.board import sprite
from tfrecs.callbacks.board.sprite import make_sprite


def picture(folder, name, size, colour):
    """A picture of one colour, as a file."""
    Image.new("RGB", size, colour).save(folder / name)


def squares(content):
    """The colour in the middle of each square of a sprite."""
    return np.asarray(Image.open(BytesIO(content)))[25::50, 25::50]


def test_pictures_stand_in_rows_and_what_is_missing_is_grey(tmp_path):
    red, green, blue = (200, 0, 0), (0, 200, 0), (0, 0, 200)
    picture(tmp_path, "a.png", (80, 30), red)
    picture(tmp_path, "b.jpg", (10, 10), green)
    picture(tmp_path, "c.png", (50, 50), blue)
    found = squares(make_sprite(["a.png", "", "b.jpg", "no.png", "c.png"], tmp_path))
    grey = (128, 128, 128)
    assert found.shape == (3, 3, 3)  # 5 pictures fit in 3 x 3
    expected = [red, grey, green, grey, blue, grey, grey, grey, grey]
    assert found.reshape(9, 3) == pytest.approx(np.array(expected), abs=3)


def test_files_elsewhere_and_no_pictures_are_refused(tmp_path):
    inside = tmp_path / "pictures"
    inside.mkdir()
    picture(tmp_path, "secret.png", (2, 2), (0, 0, 0))
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "page.png").write_text("<html>", encoding="utf-8")
    (inside / "half.png").write_bytes((tmp_path / "secret.png").read_bytes()[:40])
    for path, told in (
        ("../secret.png", "must lie in the folder"),
        ("link.png", "must lie in the folder"),
        ("page.png", "must be a PNG.*<html>"),
        ("half.png", "half.png.*must be a whole picture"),
    ):
        with pytest.raises(ValueError, match=told):
            make_sprite([path], inside)


def test_a_small_file_of_very_many_pixels_is_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(sprite, "MOST_PIXELS", 99)
    for name in ("big.png", "big.jpg", "big.gif", "big.webp"):
        picture(tmp_path, name, (10, 10), (0, 0, 0))
        with pytest.raises(ValueError, match=r"at most 99 pixels.*100"):
            make_sprite([name], tmp_path)
