"""The forms that a text may have: names, addresses, paths, templates, secrets.

A form turns the text of a key into its typed value, or raises `Wrong` with the reason.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from appliance.api.fields import FIELD_TYPES
from appliance.config.address import Address
from appliance.config.errors import Wrong, quoted
from appliance.config.secret import Secret
from appliance.config.usb_name import UsbName

NAME_PATTERN = "[a-z][a-z0-9_]{0,62}"
"""Names of collections, fields, printers, plugins and roles."""

SIMPLE_TYPES = tuple(t for t in FIELD_TYPES if t not in ("ref", "list", "object"))
"""The field types that need nothing but their name."""

_NAME = re.compile(NAME_PATTERN)
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_TYPE = re.compile(rf"(?:{'|'.join(SIMPLE_TYPES)}|ref:{NAME_PATTERN})")
_BUCKET_PARTS = re.compile(rf"[a-z0-9_.:-]+|\{{({NAME_PATTERN})\}}")
_DIGITS = re.compile(r"[0-9]{1,5}")


class Form(msgspec.Struct, frozen=True):
    """How a text is to be read.

    Attributes:
        allowed: what is allowed, in plain words.
        parse: text to value; raises `Wrong`.
        pattern: a regular expression (ECMA 262) for the JSON Schema; never stricter than `parse`.
        secret: the text is never shown, and the environment may give it.
        quiet: a wrong value is never shown.
    """

    allowed: str
    parse: Callable[[str], Any]
    pattern: str = ""
    secret: bool = False
    quiet: bool = False


def bucket_fields(template: str) -> tuple[str, ...]:
    """The fields named in a bucket template: ``outlet:{outlet_id}`` -> ``("outlet_id",)``."""
    return tuple(match[1] for match in _BUCKET_PARTS.finditer(template) if match[1])


def _line(text: str, limit: int) -> str:
    if len(text) > limit:
        raise Wrong(f"{len(text)} characters are too many")
    if not text.isprintable():
        raise Wrong(f"{quoted(text)} holds a character that cannot be shown")
    return text


def _sentence(text: str) -> str:
    return _line(text, 200)


def _display_name(text: str) -> str:
    if not text.strip():
        raise Wrong("is empty")
    if len(text.encode()) > 63:
        raise Wrong(f"{len(text.encode())} bytes in UTF-8 are too many")
    return _line(text, 63)


def _profile(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", value):
        raise Wrong(f"{quoted(value)} is no name of a profile")
    return value


def _who(value: str) -> str:
    if not re.fullmatch(r"\S{1,64}", value):
        raise Wrong(f"{quoted(value)} is neither a login nor an id")
    return value


def _van(value: str) -> str:
    if not any(c.isalnum() for c in value):
        raise Wrong(f"{quoted(value)} is neither a number plate nor a code")
    return _line(value, 64)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        hint = f"write {quoted(text.lower())}" if _NAME.fullmatch(text.lower()) else ""
        raise Wrong(f"{quoted(text)} cannot be a name", hint=hint)
    return text


def _name_or_star(text: str) -> str:
    return text if text == "*" else _name(text)


def _port(text: str) -> int:
    if not _DIGITS.fullmatch(text) or int(text) > 65_535:
        raise Wrong(f"{quoted(text)} is no port", hint="a port is a number from 0 to 65535")
    return int(text)


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon:
        raise Wrong(f"{quoted(text)} has no port", hint=f'write "{_shown(text)}:8443"')
    if host == "":
        raise Wrong(f"{quoted(text)} has no address", hint=f'write "0.0.0.0:{_shown(port)}"')
    if host == "localhost":
        raise Wrong("localhost is a name", hint=f'write "127.0.0.1:{_shown(port)}"')
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        ip = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        raise Wrong(f"{quoted(host)} is no IP address") from None
    if (ip.version == 6) != bracketed:
        hint = f'write "[{ip}]:{_shown(port)}"' if ip.version == 6 else "only IPv6 has brackets"
        raise Wrong(f"{quoted(text)} has an address of the wrong form", hint=hint)
    return Address(_unscoped(ip), _port(port))


def _unscoped(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if "%" in str(ip):
        raise Wrong(f"{quoted(str(ip))} names a network interface", hint='leave out the "%..."')
    return str(ip)


def _shown(text: str) -> str:
    return quoted(text)[1:-1]


def _address_or_off(text: str) -> Address | None:
    return None if text == "" else _address(text)


def _host(text: str) -> str:
    try:
        return _unscoped(ipaddress.ip_address(text))
    except ValueError:
        pass
    if len(text) > 253 or not _HOST.fullmatch(text):
        hint = "leave out the scheme, the port and the path" if set(text) & {":", "/"} else ""
        raise Wrong(f"{quoted(text)} is neither a host name nor an IP address", hint=hint)
    if text.rpartition(".")[2].isdigit():
        raise Wrong(f"{quoted(text)} is no IP address")
    return text.lower()


def _printer_host(text: str) -> Address:
    try:
        return Address(_unscoped(ipaddress.ip_address(text)), 9100)
    except ValueError:
        pass
    if ":" not in text:
        raise Wrong(f"{quoted(text)} is no IP address", hint="a printer's name is not looked up")
    found = _address(text)
    if found.port == 0:
        raise Wrong("a printer has no port 0")
    return found


def _port_path(text: str) -> Path:
    path = _path(text)
    if not path.is_absolute():
        raise Wrong(f"{quoted(text)} is no full path", hint=f'write "/dev/{_shown(text)}"')
    return path


def _usb_name(text: str) -> UsbName:
    try:
        return UsbName.parse(text)
    except ValueError:
        hint = "`fieldbox printer list` shows those plugged in"
        raise Wrong(f"{quoted(text)} is no USB printer", hint=hint) from None


def _path(text: str) -> Path:
    if not text:
        raise Wrong("is empty")
    if len(text.encode("utf-8", "surrogatepass")) > 4_095:
        raise Wrong("the path is too long")
    if not text.isprintable():
        raise Wrong(f"{quoted(text)} holds a character that cannot be shown")
    if text.startswith("~"):
        raise Wrong(f'{quoted(text)} begins with "~"', hint="write the folder in full")
    return Path(text)


def _secret(text: str) -> Secret:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Wrong("is not UTF-8") from None
    if size > 4_096 or "\0" in text:
        raise Wrong("is too long or holds a zero byte")
    return Secret(text)


def _bucket(text: str) -> str:
    at = 0
    while at < len(text):
        part = _BUCKET_PARTS.match(text, at)
        if part is None:
            raise Wrong(f"{quoted(text)} cannot be read from {quoted(text[at : at + 12])} on")
        at = part.end()
    if not 1 <= len(text) <= 200:
        raise Wrong("is empty" if not text else "the template is too long")
    return text


def _field_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise Wrong(f"{quoted(text)} is no field type", FIELD_TYPE.allowed)
    return text


SENTENCE = Form("text on one line, at most 200 characters", _sentence)
DISPLAY_NAME = Form("text of 1 to 63 bytes on one line", _display_name, r"\S")
NAME = Form(
    "a name of a-z, 0-9 and _, a letter first, at most 63 long",
    _name,
    f"^{NAME_PATTERN}$",
)
NAME_OR_STAR = Form('a name or "*" for everyone', _name_or_star, rf"^(?:\*|{NAME_PATTERN})$")
ADDRESS = Form(
    '"IP:PORT", IPv6 in brackets, port 0 to 65535',
    _address,
    r"^(?:[0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$",
)
ADDRESS_OR_OFF = Form(
    '"IP:PORT", or "" for off',
    _address_or_off,
    r"^(?:(?:[0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5})?$",
)
HOST = Form("a host name or an IP address", _host, r"^[A-Za-z0-9.:-]{1,253}$")
PATH = Form("a path", _path, r"^[^~]")
PORT = Form("the full path of a serial port", _port_path, r"^/")
PRINTER_HOST = Form(
    "an IP address, or IP:PORT with IPv6 in brackets",
    _printer_host,
    r"^(?:[0-9.]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}|[0-9A-Fa-f:.]+)$",
)
USB_NAME = Form(
    "VENDOR:PRODUCT in hexadecimal, then :SERIAL or @SOCKET where that is needed",
    _usb_name,
    r"^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}",
)
PROFILE = Form(
    "the name of a profile: a-z, 0-9, _ and -, a letter or digit first, at most 63 long",
    _profile,
    r"^[a-z0-9][a-z0-9_-]{0,62}$",
)
WHO = Form("text of 1 to 64 characters without spaces", _who, r"^\S{1,64}$")
VAN = Form("text of 1 to 64 characters on one line, with a letter or a digit", _van, r"\S")
SECRET = Form("text", _secret, secret=True, quiet=True)
BUCKET = Form(
    'text such as "all" or "outlet:{outlet_id}"', _bucket, r"^(?:[a-z0-9_.:-]|\{[a-z0-9_]+\})+$"
)
FIELD_TYPE = Form(
    f'{", ".join(SIMPLE_TYPES)} or "ref:COLLECTION"', _field_type, f"^{_TYPE.pattern}$"
)
