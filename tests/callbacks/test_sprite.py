import numpy as np
import pytest
import tensorflow as tf

from tfrecs.callbacks.board import sprite
from tfrecs.callbacks.board.sprite import make_sprite


def picture(folder, name, shape, colour):
    """A picture of one colour, as a file."""
    pixels = np.full((*shape, 3), colour, np.uint8)
    encode = tf.io.encode_jpeg if name.endswith("jpg") else tf.io.encode_png
    (folder / name).write_bytes(encode(pixels).numpy())


def squares(content):
    """The colour in the middle of each square of a sprite."""
    pixels = tf.io.decode_png(content).numpy()
    return pixels[25::50, 25::50]


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
    for name in ("big.png", "big.jpg"):
        picture(tmp_path, name, (10, 10), (0, 0, 0))
        with pytest.raises(ValueError, match=r"at most 99 pixels.*100"):
            make_sprite([name], tmp_path)
    head = b"GIF89a" + (20).to_bytes(2, "little") + (30).to_bytes(2, "little")
    (tmp_path / "big.gif").write_bytes(head)
    with pytest.raises(ValueError, match="Received: 600"):
        make_sprite(["big.gif"], tmp_path)


def test_other_kinds_of_pictures_are_told(tmp_path):
    (tmp_path / "a.webp").write_bytes(b"RIFF....WEBP")
    with pytest.raises(ValueError, match=r"PNG, JPEG or GIF.*Received: webp"):
        make_sprite(["a.webp"], tmp_path)
