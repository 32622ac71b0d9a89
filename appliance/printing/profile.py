"""Profiles: what a model of printer can do. Data in TOML files, which a technician can add to.

The files of the appliance lie in ``appliance/printing/profiles``; one of the same name in the
technician's folder takes the place of ours.
"""

from __future__ import annotations

import codecs
import contextlib
import difflib
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from appliance.printing.width import width

MAX_BYTES = 65_536
"""Bytes of one file."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
CELL = 12
"""Dots across a character of the usual font."""

GENERIC = "generic"
"""The profile of a printer whose model nobody told."""

Images = Literal["raster", "graphics", "column"]
"""How a picture is sent: ``GS v 0``, ``GS ( L`` or ``ESC *``."""

_Dots = Annotated[int, msgspec.Meta(ge=96, le=2_400)]


class ProfileError(Exception):
    """A file of a profile is wrong; the text names the file, the key and what is allowed."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model of printer can do.

    Attributes:
        title: maker and model, for people.
        columns: characters across the paper in the usual font (A).
        dots: across what can be printed.
        line_dots: from line to line as the printer starts up.
        pages: the name of Python's codec of each code page, by the number the printer has it at;
            earlier ones are taken first.
        select: how a page is chosen: ``ESC t`` for most, ``ESC u`` for Datecs.
        substitutions: a character that may stand for another one where a page lacks that.
        images: see `Images`.
        column_units: for ``column``, what ``ESC 3`` takes for the height of 24 dots.
        image_rows: dots high that one picture may be; higher ones are sent in parts.
        qr, barcodes: whether the printer draws codes, or gets them as pictures.
        cut: how it cuts the paper.
        feed_lines: lines to feed until the last line is past the edge where paper is torn or cut.
        start: bytes sent before each job, after ``ESC @``, in hexadecimal.
        answers, reports, confirms, clears: see `appliance.printing.link.Link`.
        battery: how its own battery is asked for; see `appliance.printing.battery`.
        battery_low_v, battery_good_v: of ``ESC ```, volts below which printing is held, 0 for
            never, and from which on it goes on.
        speed_mm_s: of the head, to estimate how long a job takes.
        dots_mm: dots in a millimetre.
        usb: ids that it plugs in with, ``vendor:product`` in hexadecimal.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    columns: Annotated[int, msgspec.Meta(ge=16, le=96)] = 48
    dots: _Dots = 576
    line_dots: Annotated[int, msgspec.Meta(ge=24, le=60)] = 30
    pages: dict[str, str] = {}
    select: Literal["ESC t", "ESC u"] = "ESC t"
    substitutions: dict[str, str] = {}
    images: Images = "raster"
    column_units: Annotated[int, msgspec.Meta(ge=1, le=255)] = 16
    image_rows: Annotated[int, msgspec.Meta(ge=24, le=4_000)] = 480
    qr: Literal["printer", "picture"] = "printer"
    barcodes: Literal["printer", "picture"] = "printer"
    cut: Literal["full", "partial", "none"] = "partial"
    feed_lines: Annotated[int, msgspec.Meta(ge=0, le=12)] = 4
    start: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){0,64}$")] = ""
    answers: bool = False
    reports: bool = False
    confirms: Literal["sent", "processed", "printed"] = "sent"
    clears: bool = False
    battery: Literal["none", "ESC `", "GS I b", "DLE DC4 7"] = "none"
    battery_low_v: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.0
    battery_good_v: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.0
    speed_mm_s: Annotated[int, msgspec.Meta(ge=5, le=500)] = 60
    dots_mm: Annotated[int, msgspec.Meta(ge=4, le=24)] = 8
    usb: tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")], ...] = ()

    def seconds(self, dots_high: int) -> float:
        """Estimate how long printing so many dots takes, in seconds."""
        return dots_high / self.dots_mm / self.speed_mm_s


def read_profile(text: bytes, where: str) -> Profile:
    """Read a file of a profile.

    Args:
        text: the file.
        where: it lies, for the error.

    Raises:
        ProfileError: it is wrong.
    """
    if len(text) > MAX_BYTES:
        raise ProfileError(f"{where}: {len(text)} bytes; a profile has {MAX_BYTES} at most")
    try:
        found = tomllib.loads(text.decode())
    except UnicodeDecodeError:
        raise ProfileError(f"{where}: it is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProfileError(f"{where}: {error}") from None
    unknown = sorted(set(found) - set(Profile.__struct_fields__))
    if unknown:
        near = difflib.get_close_matches(unknown[0], Profile.__struct_fields__, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ProfileError(f"{where}: there is no key {unknown[0]!r}{hint}")
    try:
        profile = msgspec.convert(found, Profile)
    except msgspec.ValidationError as error:
        raise ProfileError(f"{where}: {str(error).replace(' - at `$.', ' at `')}") from None
    wrong = _wrong(profile)
    if wrong:
        raise ProfileError(f"{where}: {wrong}")
    return profile


def _wrong(profile: Profile) -> str:
    """Say what no single key shows; empty where all is right."""
    if profile.columns * 8 > profile.dots:
        return (
            f"columns: {profile.columns} characters do not fit {profile.dots} dots; one takes 8 "
            "at least"
        )
    if profile.battery == "ESC `" and profile.reports:
        return "battery: the answer to ESC ` cannot be told from what `reports` has the printer say"
    if profile.battery_low_v > profile.battery_good_v:
        return "battery_good_v: it must not be below battery_low_v"
    if profile.battery_good_v and profile.battery != "ESC `":
        return "battery_low_v, battery_good_v: only a printer asked by ESC ` tells volts"
    for number, codec in profile.pages.items():
        if not (number.isascii() and number.isdigit() and int(number) <= 255):
            return f"pages: {number!r} is no number of a code page, 0 to 255"
        try:
            wide = len("A".encode(codec)) != 1
        except (LookupError, UnicodeEncodeError):
            return f"pages.{number}: {codec!r} is no codec of Python, such as cp866 or kz1048"
        if wide or not _is_charmap(codec):
            return f"pages.{number}: {codec!r} is no code page of one byte a character"
    for one, other in profile.substitutions.items():
        if len(one) != 1 or len(other) != 1 or width(one) != 1 or width(other) != 1:
            return (
                f"substitutions: {one!r} = {other!r}: each is one character of one column, so "
                "that tables stay straight"
            )
    return ""


def _is_charmap(codec: str) -> bool:
    try:
        upper = bytes(range(128, 256)).decode(codec, "replace")
    except (LookupError, UnicodeError):
        return False
    return len(upper) == 128 and codecs.lookup(codec).name != "utf-8"


class Profiles:
    """All profiles by name: ours, and those of a technician in their place or beside them."""

    def __init__(self, folder: Path | None = None) -> None:
        """Name the technician's folder; nothing is read yet."""
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of all profiles."""
        found = {one.name.removesuffix(".toml") for one in _ours() if one.name.endswith(".toml")}
        if self._folder is not None and self._folder.is_dir():
            found.update(
                one.stem for one in self._folder.glob("*.toml") if NAME.fullmatch(one.stem)
            )
        return sorted(found)

    def get(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            ProfileError: there is none of that name, or its file is wrong.
        """
        if NAME.fullmatch(name):
            if self._folder is not None:
                own = self._folder / f"{name}.toml"
                try:
                    with own.open("rb") as file:
                        return read_profile(file.read(MAX_BYTES + 1), str(own))
                except FileNotFoundError:
                    pass
                except OSError as error:
                    raise ProfileError(f"{own}: {error.strerror or error}") from None
            if name in _names_of_ours():
                return _our_profile(name)
        names = self.names()
        near = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ProfileError(f"there is no profile {name!r}; {hint}there are {', '.join(names)}")

    def usable(self) -> list[Profile]:
        """Return all profiles whose files are right."""
        found = []
        for name in self.names():
            with contextlib.suppress(ProfileError):
                found.append(self.get(name))
        return found

    def of_usb(self, vendor: str, product: str) -> str:
        """Return the name of the profile for a printer with these USB ids, in hexadecimal."""
        wanted = f"{vendor}:{product}"
        for name in self.names():
            try:
                if wanted in self.get(name).usb:
                    return name
            except ProfileError:
                continue
        return GENERIC


def _ours() -> list[Path]:
    folder = files("appliance.printing") / "profiles"
    return [Path(str(one)) for one in folder.iterdir()]


@lru_cache(maxsize=1)
def _names_of_ours() -> frozenset[str]:
    return frozenset(one.name.removesuffix(".toml") for one in _ours())


@lru_cache(maxsize=64)
def _our_profile(name: str) -> Profile:
    text = (files("appliance.printing") / "profiles" / f"{name}.toml").read_bytes()
    return read_profile(text, f"profiles/{name}.toml")


def pages_of(profile: Profile) -> Mapping[int, str]:
    """Return the codecs of a profile by the number of their page, in the profile's order."""
    return {int(number): codec for number, codec in profile.pages.items()}
