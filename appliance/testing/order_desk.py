"""OrderDesk: writes orders and photos on a device, offline, as a sales agent would.

Outlets, products and units are those the device pulled, and so are the masters that its orders are
priced by (`DevicePrices`). Members the desk does not know are filled by `SchemaSample`.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.api.pricing import PricedLine, RequestedLine
from appliance.testing.device import Device
from appliance.testing.device_prices import DevicePrices
from appliance.testing.held_records import HeldRecords
from appliance.testing.schema_sample import CannotSample, SchemaSample

ORDERS = "orders"
ATTACHMENTS = "attachments"


class OrderDesk:
    """Writes documents on one device.

    Args:
        device: pulled at least once.
        schemas: collection -> JSON Schema of its rows, of those the device may write.
        held: what the device holds.
        source: makes the choices.
        now_ms: UTC milliseconds by the device's clock.
        label: begins every order number; no other device may use it.
    """

    def __init__(
        self,
        device: Device,
        schemas: Mapping[str, Mapping[str, Any]],
        held: HeldRecords,
        source: random.Random,
        now_ms: int,
        label: str,
    ) -> None:
        self._device = device
        self._schemas = schemas
        self._source = source
        self._now_ms = now_ms
        self._today = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC).date()
        self._label = label
        self._held = held
        self._prices: DevicePrices | None = None

    def _sample(self, collection: str) -> SchemaSample:
        schema = self._schemas.get(collection)
        if schema is None:
            raise CannotSample(f"this device may not write {collection}")
        return SchemaSample(schema, self._held.pick, self._source, self._today)

    def order(self) -> tuple[str, str]:
        """Make an order of some lines and return its id and its outlet's.

        Raises:
            CannotSample: the device sees no outlet or price, or may not write orders.
        """
        outlets = [r for r in self._held.rows("outlets").values() if r.row.get("active", True)]
        if not outlets:
            raise CannotSample("the device sees no outlet")
        outlet = self._source.choice(outlets)
        if self._prices is None:
            self._prices = DevicePrices(self._device, self._held.user_id())
        prices = self._prices
        date = (self._today + datetime.timedelta(days=1)).isoformat()
        party = outlet.row.get("party_id")
        forms = self._held.find("parties", party).get("payment_forms")
        form = self._source.choice(forms) if forms else "bank"
        terms = prices.terms(outlet, date=date, payment_form=form)
        goods = [] if terms is None else prices.goods(terms)
        if terms is None or not goods:
            raise CannotSample(f"no price for outlet {outlet.id}")
        chosen = self._source.sample(goods, min(len(goods), self._source.randint(1, 12)))
        priced = prices.price(
            terms,
            (
                RequestedLine(
                    line_no=number,
                    product_id=product,
                    uom_id=uom,
                    qty=1_000 * self._source.randint(1, 24),
                )
                for number, (product, uom) in enumerate(chosen, 1)
            ),
        )
        known = {
            "state": "submitted",
            "revision": 1,
            "number": f"{self._label}-{self._device.next_n}",
            "user_id": self._held.user_id(),
            "created_at": self._now_ms,
            "tz_offset_min": 180,
            "order_kind": "sale",
            "outlet_id": outlet.id,
            "party_id": party,
            "payer_party_id": outlet.row.get("payer_party_id") or party,
            "price_list_id": priced.price_list_id,
            "pricing_rev": prices.revision,
            "currency": priced.currency,
            "tax_included": priced.tax_included,
            "warehouse_id": outlet.row.get("warehouse_id"),
            "delivery": "address",
            "requested_date": date,
            "payment_form": form,
            "source": "device",
            "comment": "Заказ без связи",
            "promo_ids": list(priced.promo_ids),
            "totals": msgspec.to_builtins(priced.totals),
            "lines": [_line(line) for line in priced.lines],
        }
        return self._device.create(ORDERS, self._sample(ORDERS).row(known)), outlet.id

    def photo(self, order: str, outlet: str, size: int) -> str:
        """Take a photo of `size` bytes of an order's outlet; return its attachment's id."""
        sample = self._sample(ATTACHMENTS)
        # A JPEG's first and last bytes around noise: nobody decodes it, everybody carries it.
        data = b"\xff\xd8\xff\xe0" + self._source.randbytes(max(0, size - 6)) + b"\xff\xd9"
        known = {
            "sha256": self._device.attach_blob(data),
            "mime": "image/jpeg",
            "size": len(data),
            "taken_at": self._now_ms,
            "kind": "photo",
            "ref_type": ORDERS,
            "ref_id": order,
            "outlet_id": outlet,
        }
        return self._device.create(ATTACHMENTS, sample.row(known))


def _line(line: PricedLine) -> dict[str, Any]:
    """Return a priced line as a record holds it, without what only explains it."""
    row: dict[str, Any] = msgspec.to_builtins(line)
    row["discounts"] = [
        {name: value for name, value in one.items() if name in ("kind", "ref_id", "bp", "amount")}
        for one in row.get("discounts", ())
    ]
    return {name: value for name, value in row.items() if value is not None and name in LINE_FIELDS}


LINE_FIELDS = (
    "line_no",
    "product_id",
    "uom_id",
    "qty",
    "list_price",
    "discounts",
    "net_price",
    "gross_amount",
    "line_amount",
    "doc_discount",
    "tax_category",
    "rate_bp",
    "tax_amount",
    "total",
    "gift_of_promo_id",
)
"""Fields of an order's line that pricing gives."""
