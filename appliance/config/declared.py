"""What a technician declares under names of his own: printers, collections, roles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from appliance.config.address import Address
from appliance.config.errors import Wrong
from appliance.config.forms import (
    BUCKET,
    FIELD_TYPE,
    NAME,
    NAME_OR_STAR,
    NAME_PATTERN,
    PATH,
    PORT,
    PRINTER_HOST,
    PROFILE,
    SENTENCE,
    SIMPLE_TYPES,
    USB_NAME,
    VAN,
    WHO,
    Form,
)
from appliance.config.keys import doc, text, whole
from appliance.config.kinds import Text
from appliance.config.usb_name import UsbName


class Printer(msgspec.Struct, frozen=True, kw_only=True):
    """`[printers.NAME]`: one printer of the appliance.

    `folder` is absolute once the settings are loaded.
    """

    transport: Annotated[
        Literal["file", "usb", "serial", "tcp"],
        doc('How bytes reach the printer; "file" writes each document into a folder.'),
    ] = "file"
    profile: Annotated[
        str | None,
        text(
            PROFILE,
            "What the printer can do: a profile of the appliance or a file of "
            "`printing.profiles`; `fieldbox printer profiles` lists them.",
            unset='known by the USB ids that it plugs in with, else "generic"',
        ),
    ] = None
    columns: Annotated[
        int,
        whole(
            0,
            96,
            "Characters of the printer's usual font across the paper, 8 at least; 0 for as many "
            "as the profile says.",
        ),
    ] = 0
    users: Annotated[
        tuple[str, ...],
        text(WHO, "Logins of the people whose documents go to this printer."),
    ] = ()
    devices: Annotated[
        tuple[str, ...],
        text(WHO, "Ids of the devices whose documents go to this printer, whoever has them."),
    ] = ()
    vans: Annotated[
        tuple[str, ...],
        text(
            VAN,
            "Number plates or codes of the vans whose drivers' documents go to this printer.",
        ),
    ] = ()
    format: Annotated[
        Literal["picture", "text", "bytes"],
        doc(
            'What the "file" transport writes: a picture of the paper (PNG), plain text, or the '
            "bytes that a printer of the profile would get."
        ),
    ] = "picture"
    folder: Annotated[
        Path,
        text(
            PATH,
            'The folder of the "file" transport, relative to `state_dir`.',
            unset="the printer's name",
        ),
    ] = Path()
    usb: Annotated[
        UsbName | None,
        text(
            USB_NAME,
            'Which printer of the "usb" transport, as `fieldbox printer list` shows it.',
            unset="the only one plugged in",
        ),
    ] = None
    port: Annotated[
        Path | None,
        text(
            PORT,
            'The port of the "serial" transport, which needs it; best a name below '
            "`/dev/serial/by-id`, which stays the cable's own.",
            unset="none",
        ),
    ] = None
    baud: Annotated[
        int,
        whole(300, 4_000_000, 'Bits a second of the "serial" transport, as the printer is set.'),
    ] = 9_600
    parity: Annotated[
        Literal["none", "even", "odd"], doc('The parity of the "serial" transport.')
    ] = "none"
    flow: Annotated[
        Literal["none", "rts_cts", "xon_xoff"],
        doc('How a printer of the "serial" transport says that it takes no more.'),
    ] = "none"
    host: Annotated[
        Address | None,
        text(
            PRINTER_HOST,
            'The address of the "tcp" transport, which needs it, and its port where that is '
            "not 9100.",
            unset="none",
        ),
    ] = None


KEYS_OF_TRANSPORT = {
    "file": ("folder", "format"),
    "usb": ("usb",),
    "serial": ("port", "baud", "parity", "flow"),
    "tcp": ("host",),
}
"""The keys of `Printer` that belong to one transport alone."""


class DeclaredField(msgspec.Struct, frozen=True, kw_only=True):
    """`[collections.NAME.fields.FIELD]`: one field of a record.

    `type` is a simple field type, or ``ref:COLLECTION``.
    """

    type: Annotated[
        str,
        text(FIELD_TYPE, "What the field holds: one of the field types."),
    ]
    required: Annotated[bool, doc("Whether every record must have this field.")] = False
    title: Annotated[
        str, text(SENTENCE, "What the field means, for people.", unset="the field's name")
    ] = ""

    @property
    def kind(self) -> str:
        """The field type alone: ``ref`` for ``ref:outlets``."""
        return self.type.partition(":")[0]

    @property
    def of(self) -> str | None:
        """The collection a ``ref`` points to, None for every other type."""
        return self.type.partition(":")[2] or None


def field_from_text(short: str) -> DeclaredField:
    """``"text!"`` -> a required text; ``"ref:outlets"`` -> a reference. Raises `Wrong`."""
    try:
        name = FIELD_TYPE.parse(short.removesuffix("!"))
    except Wrong as wrong:
        raise Wrong(wrong.reason, SHORT_FIELD.allowed) from None
    return DeclaredField(type=name, required=short.endswith("!"))


SHORT_FIELD = Form(
    f'{FIELD_TYPE.allowed}; a "!" at the end makes it required',
    field_from_text,
    f"^(?:{'|'.join(SIMPLE_TYPES)}|ref:{NAME_PATTERN})!?$",
)


class DeclaredCollection(msgspec.Struct, frozen=True, kw_only=True):
    """`[collections.NAME]`: a data set that needs no plugin.

    `fields` keep the order in which they are written.
    """

    title: Annotated[
        str, text(SENTENCE, "What the collection is, for people.", unset="the collection's name")
    ] = ""
    key: Annotated[
        tuple[str, ...],
        text(NAME, "The required fields that identify a record in an import.", least=1),
    ]
    bucket: Annotated[
        str,
        text(
            BUCKET,
            'The bucket a record lives in: "all" for every device, or a template that names '
            'required fields, such as "outlet:{outlet_id}".',
        ),
    ] = "all"
    read: Annotated[
        tuple[str, ...],
        text(NAME_OR_STAR, 'The roles whose devices receive the records; "*" is everyone.'),
    ] = ("*",)
    write: Annotated[
        tuple[str, ...],
        text(NAME_OR_STAR, 'The roles whose devices may send records; "*" is everyone.'),
    ] = ()
    conflict: Annotated[
        Literal["server_wins", "append_only", "field_merge"],
        doc("What happens when a device changed an older version than the stored one."),
    ] = "server_wins"
    fields: Annotated[
        Mapping[str, DeclaredField],
        doc("The fields of a record, apart from its id.", short=Text(SHORT_FIELD)),
    ]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """`[roles.NAME]`: what a role may do beyond what plugins and collections say."""

    title: Annotated[
        str,
        text(
            SENTENCE,
            "What the role is, for people. A role that nobody else brings needs one, so that a "
            "slip makes no new role.",
            unset="a role of Fieldbox or of a plugin",
        ),
    ] = ""
    read: Annotated[
        tuple[str, ...], text(NAME, "Further collections that this role may read.")
    ] = ()
    write: Annotated[
        tuple[str, ...], text(NAME, "Further collections that this role may write.")
    ] = ()
