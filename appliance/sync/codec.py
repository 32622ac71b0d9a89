"""Records on the wire: JSON text checked against the fields of a collection.

The check is strict: no coercion, no unknown members, no floats, bounded texts and lists. A record
that passes is kept as the canonical JSON text that travels to every device.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

import msgspec
import orjson

from appliance.api.errors import PluginError, RecordError
from appliance.api.fields import FIELD_TYPES, Field
from appliance.api.mutations import Row
from appliance.api.values import MAX_INTEGER

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
"""A UUID as lower-case text (RFC 9562)."""

SHA256_PATTERN = r"^[0-9a-f]{64}$"
LANGUAGE_PATTERN = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
"""The shape of a language tag (BCP 47)."""

MAX_LANGUAGES = 32
MAX_ACCURACY_M = 10_000_000
MAX_TEXT = 1_000
MAX_ITEMS = 10_000
MAX_JSON = 64 * 1024
_PLAIN_LEVELS = 4
_SEEN = 60
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NUMBERS = {"int", "money", "price", "quantity", "basis_points", "timestamp"}
_SCALARS = {"id", "ref", "text", "bool", "date", "blob", "i18n", *_NUMBERS}


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID in the only form that records use."""
    return re.match(UUID_PATTERN, text) is not None and len(text) == 36


def is_scalar(field: Field) -> bool:
    """Tell whether a field becomes a column of the collection's SQL view."""
    return field.type in _SCALARS


class _Geo(msgspec.Struct, forbid_unknown_fields=True):
    lat_e7: Annotated[int, msgspec.Meta(ge=-900_000_000, le=900_000_000)]
    lon_e7: Annotated[int, msgspec.Meta(ge=-1_800_000_000, le=1_800_000_000)]
    acc_m: Annotated[int, msgspec.Meta(ge=0, le=MAX_ACCURACY_M)] | None = None
    at: Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)] | None = None
    src: Literal["gps", "net", "manual"] | None = None


def _integer(field: Field) -> Any:
    low = field.minimum
    if low is None:
        low = 0 if field.type in ("basis_points", "timestamp") else -MAX_INTEGER
    high = MAX_INTEGER if field.maximum is None else field.maximum
    return Annotated[int, msgspec.Meta(ge=low, le=high)]


# Like every other type, ``json`` is not null; a field that is not required may be.
_ANY_JSON = bool | int | float | str | list[Any] | dict[str, Any]


def _plain_json() -> Any:
    """Return the type of JSON without floats and large integers, a few levels deep."""
    whole = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
    inner: Any = bool | whole | str
    for _ in range(_PLAIN_LEVELS):
        inner = bool | whole | str | list[inner | None] | dict[str, inner | None]
    return inner


def _wire_type(field: Field, path: str, open_type: Any = _ANY_JSON) -> Any:
    """Return the type that msgspec checks a value of the field against.

    Args:
        field: what is allowed.
        path: of the field, for errors.
        open_type: what stands for the type ``json``.
    """
    if field.type not in FIELD_TYPES:
        raise PluginError(f"{path}: unknown field type {field.type!r}")
    if field.values:
        return Literal[field.values]
    if field.type in _NUMBERS:
        return _integer(field)
    length = field.max_length
    match field.type:
        case "id" | "ref":
            return Annotated[str, msgspec.Meta(pattern=UUID_PATTERN, max_length=36)]
        case "blob":
            return Annotated[str, msgspec.Meta(pattern=SHA256_PATTERN, max_length=64)]
        case "text":
            return Annotated[str, msgspec.Meta(max_length=length or MAX_TEXT)]
        case "bool":
            return bool
        case "date":
            return datetime.date
        case "i18n":
            text = Annotated[str, msgspec.Meta(max_length=length or MAX_TEXT)]
            key = Annotated[str, msgspec.Meta(pattern=LANGUAGE_PATTERN)]
            count = msgspec.Meta(min_length=1, max_length=MAX_LANGUAGES)
            return text | Annotated[dict[key, text], count]
        case "geo":
            return _Geo
        case "list":
            if field.items is None:
                raise PluginError(f"{path}: a list needs `items`")
            item = _wire_type(field.items, f"{path}[]", open_type)
            return Annotated[list[item], msgspec.Meta(max_length=length or MAX_ITEMS)]  # type: ignore[valid-type]
        case "object":
            return _struct(path, field.fields, open_type)
        case _:
            return open_type


def _struct(
    path: str, fields: tuple[Field, ...], open_type: Any = _ANY_JSON
) -> type[msgspec.Struct]:
    names = [field.name for field in fields]
    for name in names:
        if not _NAME.fullmatch(name):
            raise PluginError(f"{path}: field name {name!r} is not lower-case with underscores")
    if len(set(names)) != len(names):
        raise PluginError(f"{path}: a field is declared twice")
    members: list[Any] = []
    for field in fields:
        wire = _wire_type(field, f"{path}.{field.name}", open_type)
        if field.required:
            members.append((field.name, wire))
        else:
            members.append((field.name, wire | None, None))
    name = re.sub(r"\W", "_", path)
    return msgspec.defstruct(name, members, forbid_unknown_fields=True, kw_only=True)


class RecordCodec:
    """Checks records of one collection and gives them their canonical text."""

    def __init__(self, name: str, fields: tuple[Field, ...]) -> None:
        """Compile the fields.

        Raises:
            PluginError: the declaration is wrong.
        """
        self.name = name
        self.fields = fields
        self._decoder = msgspec.json.Decoder(_struct(name, fields), strict=True)
        self._open = tuple(f for f in fields if _holds_json(f))
        # Walking values of the type `json` in Python costs as much as all else of a push, so
        # records that fit this type, nearly all, are not walked.
        self._plain = (
            msgspec.json.Decoder(_struct(name, fields, _plain_json()), strict=True)
            if self._open
            else None
        )

    def decode(self, text: bytes) -> Row:
        """Check a record's JSON text and return it as a dict.

        Raises:
            RecordError: it does not fit; the pointer names the first value at fault.
        """
        plain = self._check(text)
        row: Row = orjson.loads(text)
        if not plain:
            for field in self._open:
                _check_open(row.get(field.name), field, f"/{field.name}")
        return row

    def _check(self, text: bytes) -> bool:
        """Check a text; return whether nothing in it needs a second look.

        Raises:
            RecordError: it does not fit.
        """
        if self._plain is not None and len(text) <= MAX_JSON:
            try:
                self._plain.decode(text)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                pass  # it may be wrong, or nest deeper than the quick look goes
            else:
                return True
        try:
            self._decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._explain(text, error) from None
        return not self._open

    def encode(self, row: Row) -> bytes:
        """Return the canonical text of a row that a plugin made, after checking it.

        Raises:
            RecordError: it does not fit.
        """
        try:
            text = orjson.dumps(row)
        except TypeError as error:
            raise RecordError(f"the row is not JSON: {error}") from None
        if not self._check(text):
            self.decode(text)
        return text

    def _explain(self, text: bytes, error: Exception) -> RecordError:
        try:
            value = msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return RecordError(f"not JSON: {error}")
        if not isinstance(value, dict):
            return RecordError("a row is a JSON object")
        found = _find_fault(value, self.fields, "")
        if found is None:
            return RecordError(str(error))
        pointer, reason = found
        return RecordError(reason, pointer=pointer)


def _holds_json(field: Field) -> bool:
    if field.type == "json":
        return True
    if field.items is not None and _holds_json(field.items):
        return True
    return any(_holds_json(inner) for inner in field.fields)


def _check_open(value: Any, field: Field, pointer: str) -> None:
    """Check values of the type ``json``: bounded, and no float anywhere in them."""
    if value is None:
        return
    if field.type == "json":
        if len(orjson.dumps(value)) > MAX_JSON:
            raise RecordError(f"more than {MAX_JSON} bytes of JSON", pointer=pointer)
        stack = [value]
        while stack:
            one = stack.pop()
            if isinstance(one, float):
                raise RecordError("no floats: send integers or text", pointer=pointer)
            if isinstance(one, int) and abs(one) > MAX_INTEGER:
                raise RecordError("an integer beyond 2^53", pointer=pointer)
            if isinstance(one, dict):
                stack.extend(one.values())
            elif isinstance(one, list):
                stack.extend(one)
    elif field.type == "list" and field.items is not None:
        for index, item in enumerate(value):
            _check_open(item, field.items, f"{pointer}/{index}")
    elif field.type == "object":
        for inner in field.fields:
            _check_open(value.get(inner.name), inner, f"{pointer}/{inner.name}")


def _find_fault(
    value: dict[str, Any], fields: tuple[Field, ...], pointer: str
) -> tuple[str, str] | None:
    """Find the first member that does not fit; only called for a record that was refused."""
    known = {field.name for field in fields}
    for name in value:
        if name not in known:
            return f"{pointer}/{_escape(name)}", "unknown field"
    for field in fields:
        at = f"{pointer}/{field.name}"
        if value.get(field.name) is None:
            if field.required:
                return at, "this field is required"
            continue
        fault = _find_value_fault(value[field.name], field, at)
        if fault is not None:
            return fault
    return None


def expected(field: Field) -> str:
    """Say what a value of a field is, to who sends it."""
    if field.values:
        return f"one of {', '.join(map(str, field.values))}"
    match field.type:
        case "text" | "i18n":
            kind = "text" if field.type == "text" else "text, or an object of language to text"
            return f"{kind}, at most {field.max_length or MAX_TEXT} characters"
        case "ref":
            return f"the id of a record of {field.of}"
        case "list":
            return f"an array of at most {field.max_length or MAX_ITEMS} items"
        case "object":
            return "an object"
        case "basis_points":
            return "an integer in 1/100 of a percent"
        case _:
            return FIELD_TYPES[field.type]


def _find_value_fault(value: Any, field: Field, pointer: str) -> tuple[str, str] | None:
    if field.type == "object" and isinstance(value, dict):
        return _find_fault(value, field.fields, pointer)
    if field.type == "list" and isinstance(value, list) and field.items is not None:
        for index, item in enumerate(value):
            fault = _find_value_fault(item, field.items, f"{pointer}/{index}")
            if fault is not None:
                return fault
    try:
        msgspec.convert(value, _wire_type(field, field.name), strict=True, from_attributes=False)
    except msgspec.ValidationError:
        return pointer, f"got {_seen(value)}; expected {expected(field)}{_bounds(field)}"
    return None


def _seen(value: Any) -> str:
    """Say what was sent, shortly."""
    if isinstance(value, str) and len(value) > _SEEN:
        return f"text of {len(value)} characters"
    if isinstance(value, list):
        return f"an array of {len(value)} items"
    if isinstance(value, dict):
        return "an object"
    if type(value) is int and abs(value) > MAX_INTEGER:
        return "an integer beyond 2^53"
    return msgspec.json.encode(value).decode()


def _bounds(field: Field) -> str:
    if field.values or field.type not in _NUMBERS:
        return ""
    low = "" if field.minimum is None else f", {field.minimum} or more"
    return low if field.maximum is None else f"{low}, {field.maximum} or less"


def _escape(name: str) -> str:
    """Escape a member's name for a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
