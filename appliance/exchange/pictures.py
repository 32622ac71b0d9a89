"""Pictures: what comes as an image becomes one that phones can show, and a small one.

What a camera writes beside the picture (where it was taken, by whom, with what) is left out, and it
is turned as it was held. A picture that is too large to be unpacked is refused before it is.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, NamedTuple

from appliance.exchange.refusal import FileRefused

MAX_PIXELS = 40_000_000
"""Width times height of what is taken."""

LARGEST = 1_600
"""Pixels of the longer side of what is stored."""

SMALL = 320
"""Likewise of the small one."""

_QUALITY = 85
_FORMATS = ("JPEG", "PNG", "WEBP")


class Picture(NamedTuple):
    """A picture as it is stored: its bytes, what they are, and its pixels."""

    data: bytes
    mime: str
    width: int
    height: int


def pictures_of(data: bytes) -> tuple[Picture, Picture]:
    """Return a picture as it is stored, and a small one. The same bytes give the same.

    Raises:
        FileRefused: it is no picture, one of another form, broken, or too large.
    """
    # Takes a while to import, and most commands need none.
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        with image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                most = MAX_PIXELS // 1_000_000
                raise FileRefused(f"{width} x {height} pixels are more than {most} million.")
            image.draft("RGB", (LARGEST, LARGEST))
            turned: Any = ImageOps.exif_transpose(image)
            clear = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
            plain = turned.convert("RGBA" if clear else "RGB")
    except FileRefused:
        raise
    except UnidentifiedImageError:
        raise FileRefused("it is no picture in the form JPEG, PNG or WebP.") from None
    except Image.DecompressionBombError:
        raise FileRefused(f"it has more than {MAX_PIXELS // 1_000_000} million pixels.") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise FileRefused(f"the picture is broken: {str(error)[:200]}.") from None
    return _fitted(plain, LARGEST), _fitted(plain, SMALL)


def _fitted(image: Any, most: int) -> Picture:
    copy = image.copy()
    copy.thumbnail((most, most))
    form = "PNG" if copy.mode == "RGBA" else "JPEG"
    # A new image has nothing of what came with the first one.
    copy.info = {}
    out = io.BytesIO()
    options = {"optimize": True} if form == "PNG" else {"quality": _QUALITY, "optimize": True}
    copy.save(out, form, **options)
    return Picture(out.getvalue(), f"image/{form.lower()}", copy.width, copy.height)
