"""What every document of the trade has: header and footer."""

from __future__ import annotations

from typing import NewType

import msgspec

from appliance.api.values import Timestamp

Day = NewType("Day", str)
"""A day, ``YYYY-MM-DD``; "" where there is none."""


class TaxId(msgspec.Struct, frozen=True, kw_only=True):
    """A number by which an authority knows a company.

    Attributes:
        number: as it is written.
        name: what it is called, such as ``КПП``; "" for the usual one of the language.
    """

    number: str
    name: str = ""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A company or a person.

    Attributes:
        name: the legal name.
        tax_ids: in the order in which they are printed.
        address: the legal address.
    """

    name: str = ""
    tax_ids: tuple[TaxId, ...] = ()
    address: str = ""


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues the document.

    Attributes:
        name: the legal name.
        tax_ids: in the order in which they are printed.
        address: the legal address.
        phone: as people dial it.
        org_unit: the branch.
        country: ISO 3166, such as ``BG``; notes that its law asks for go by it.
    """

    name: str = ""
    tax_ids: tuple[TaxId, ...] = ()
    address: str = ""
    phone: str = ""
    org_unit: str = ""
    country: str = ""


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs.

    Attributes:
        name: in print; "" leaves room for it to be written.
        image: the signature given on a screen, PNG or JPEG; empty where it is signed by hand.
        sha256: of a blob, in place of `image`.
    """

    name: str = ""
    image: bytes = b""
    sha256: str = ""


class Fiscal(msgspec.Struct, frozen=True, kw_only=True):
    """What a fiscal device answered; only a plugin that drives one fills it in.

    Attributes:
        device: its number.
        number: of the fiscal document.
        sign: its fiscal sign.
        qr: what its QR code holds.
        mobile_trade: whether Bulgarian law asks for the mark of trade without a fixed place.
    """

    device: str = ""
    number: str = ""
    sign: str = ""
    qr: str = ""
    mobile_trade: bool = False


class DocumentData(msgspec.Struct, frozen=True, kw_only=True):
    """Header and footer of every document. A document's own data adds its fields.

    The name of its template is the tag of its class: ``class Notice(DocumentData, frozen=True,
    kw_only=True, tag="notice")``.

    Attributes:
        language: of the document, BCP 47.
        document_id: the record's id.
        content_hash: hexadecimal digits of a SHA-256 of what the paper attests; its first 8 stand
            in the QR code beside the id.
        number: of the document, for people.
        issued_at: when it was made, UTC milliseconds.
        tz_offset_min: minutes that the local time there is ahead of UTC.
        currency: of all its amounts, ISO 4217.
        issuer: who issues it.
        copy: 0 for the original, else which copy it is.
        vehicle: the van's plate.
        driver: a name.
        route: its name.
        appliance: the id or name of the box.
        fiscal: None for a document that no fiscal device printed, which says so.
        handed_over: who signs on the giving side.
        received: who signs on the taking side.
        comment: anything else.
    """

    language: str
    document_id: str
    content_hash: str = ""
    number: str = ""
    issued_at: Timestamp
    tz_offset_min: int = 0
    currency: str = ""
    issuer: Issuer = Issuer()
    copy: int = 0
    vehicle: str = ""
    driver: str = ""
    route: str = ""
    appliance: str = ""
    fiscal: Fiscal | None = None
    handed_over: Signer = Signer()
    received: Signer = Signer()
    comment: str = ""

    @property
    def check(self) -> str:
        """What the QR code for checking holds: the id, and the first 8 digits of the hash."""
        return (
            f"{self.document_id}:{self.content_hash[:8]}"
            if self.content_hash
            else (self.document_id)
        )
