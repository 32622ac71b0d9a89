"""Pictures on their way in: what is stored of them, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from appliance.exchange.pictures import LARGEST, SMALL, pictures_of
from appliance.exchange.refusal import FileRefused


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_picture_gets_smaller_and_a_small_one_comes_with_it() -> None:
    picture, small = pictures_of(saved(Image.new("RGB", (3_200, 1_600), "red"), "JPEG"))
    assert (picture.width, picture.height) == opened(picture.data).size == (LARGEST, 800)
    assert (small.width, small.height) == opened(small.data).size == (SMALL, 160)
    assert picture.mime == "image/jpeg"
    tiny, same = pictures_of(saved(Image.new("RGB", (10, 20), "red"), "WEBP"))
    assert (tiny.width, same.height) == (10, 20)


def test_it_is_turned_as_it_was_held_and_tells_nothing_of_the_camera() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Secret camera"
    exif.get_ifd(0x8825)[1] = "N"
    for form in ("JPEG", "PNG", "WEBP"):
        data = saved(Image.new("RGB", (400, 100), "red"), form, exif=exif.tobytes())
        assert b"Secret camera" in data
        picture, _ = pictures_of(data)
        assert (picture.width, picture.height) == (100, 400), form
        assert b"Secret camera" not in picture.data
        assert dict(opened(picture.data).getexif()) == {}


def test_the_same_bytes_give_the_same_and_what_is_clear_stays_clear() -> None:
    data = saved(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG")
    assert pictures_of(data) == pictures_of(data)
    picture, _ = pictures_of(data)
    assert picture.mime == "image/png"
    assert opened(picture.data).convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (6_400, "6400 x 6400 pixels are more than 40 million"),
        (10_000, "10000 x 10000 pixels are more than 40 million"),
        (20_000, "more than 40 million pixels"),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_unpacked(side: int, words: str) -> None:
    bomb = saved(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(FileRefused, match=words):
        pictures_of(bomb)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.4", b"\xff\xd8\xff\xe0rest"])
def test_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(FileRefused):
        pictures_of(data)


def test_a_picture_that_was_cut_off() -> None:
    data = saved(Image.effect_noise((300, 300), 50), "JPEG")
    with pytest.raises(FileRefused, match="broken"):
        pictures_of(data[: len(data) // 2])
