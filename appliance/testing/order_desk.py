"""OrderDesk: writes orders and photos on a device, offline, as a sales agent would.

Outlets, products, units and prices are those the device pulled. Amounts follow the domain model,
section 8, steps 7, 9 and 10: integers, one rounding function, totals as sums of rounded lines.
Members the desk does not know are filled by `SchemaSample`.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from typing import Any

from appliance.testing.device import Device, Record
from appliance.testing.schema_sample import CannotSample, SchemaSample

ORDERS = "orders"
ATTACHMENTS = "attachments"

_LINE_DIVISOR = 1_000 * 10 ** (4 - 2)  # quantity in 1/1 000 x price in 1/10 000 -> minor units
_DEFAULT_RATE_BP = 2_000


def rdiv(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero: the only rounding of the domain model."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


class OrderDesk:
    """Writes documents on one device.

    Args:
        device: pulled at least once.
        schemas: collection -> JSON Schema of its rows, of those the device may write.
        source: makes the choices.
        now_ms: UTC milliseconds by the device's clock.
        label: begins every order number; no other device may use it.
    """

    def __init__(
        self,
        device: Device,
        schemas: Mapping[str, Mapping[str, Any]],
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
        self._held: dict[str, dict[str, Record]] = {}
        self._sold: dict[str, list[Mapping[str, Any]]] | None = None

    def _rows(self, collection: str) -> Mapping[str, Record]:
        if collection not in self._held:
            self._held[collection] = {r.id: r for r in self._device.rows(collection)}
        return self._held[collection]

    def _find(self, collection: str, row_id: Any) -> Mapping[str, Any]:
        record = self._rows(collection).get(row_id)
        return {} if record is None else record.row

    def _pick(self, collection: str) -> str | None:
        ids = list(self._rows(collection))
        return self._source.choice(ids) if ids else None

    def _sample(self, collection: str) -> SchemaSample:
        schema = self._schemas.get(collection)
        if schema is None:
            raise CannotSample(f"this device may not write {collection}")
        return SchemaSample(schema, self._pick, self._source, self._today)

    def _user_id(self) -> str | None:
        user = self._device.identity.user
        if isinstance(user, dict):
            return user.get("id")
        for record in self._rows("users").values():
            if user in (record.id, record.row.get("login")):
                return record.id
        return user if isinstance(user, str) else None

    def order(self) -> tuple[str, str]:
        """Make an order of some lines and return its id and its outlet's.

        Raises:
            CannotSample: the device sees no outlet or price, or may not write orders.
        """
        outlets = [r for r in self._rows("outlets").values() if r.row.get("active", True)]
        if not outlets:
            raise CannotSample("the device sees no outlet")
        outlet = self._source.choice(outlets)
        price_list, prices = self._prices(outlet.row)
        if not prices:
            raise CannotSample(f"no price for outlet {outlet.id}")
        about = self._find("price_lists", price_list)
        included = bool(about.get("tax_included", True))
        chosen = self._source.sample(prices, min(len(prices), self._source.randint(1, 12)))
        lines = [self._line(n, row, included) for n, row in enumerate(chosen, 1)]
        party = outlet.row.get("party_id")
        known = {
            "state": "submitted",
            "revision": 1,
            "number": f"{self._label}-{self._device.next_n}",
            "user_id": self._user_id(),
            "created_at": self._now_ms,
            "tz_offset_min": 180,
            "order_kind": "sale",
            "outlet_id": outlet.id,
            "party_id": party,
            "payer_party_id": outlet.row.get("payer_party_id") or party,
            "price_list_id": price_list,
            "currency": about.get("currency"),
            "tax_included": included,
            "warehouse_id": outlet.row.get("warehouse_id"),
            "delivery": "address",
            "requested_date": (self._today + datetime.timedelta(days=1)).isoformat(),
            "payment_form": "bank",
            "source": "device",
            "comment": "Заказ без связи",
            "totals": _totals(lines),
            "lines": lines,
        }
        return self._device.create(ORDERS, self._sample(ORDERS).row(known)), outlet.id

    def _prices(self, outlet: Mapping[str, Any]) -> tuple[str | None, list[Mapping[str, Any]]]:
        """Prices of the outlet's list, else of its party's, else of any list the device sees."""
        party = self._find("parties", outlet.get("party_id"))
        lists = [outlet.get("price_list_id"), party.get("price_list_id")]
        sold = self._sold_by_list()
        for wanted in [*lists, *sold]:
            if wanted is not None and (rows := sold.get(wanted)):
                return wanted, rows
        return None, []

    def _sold_by_list(self) -> Mapping[str, list[Mapping[str, Any]]]:
        if self._sold is None:
            self._sold = {}
            products = self._rows("products")
            for price in self._rows("prices").values():
                product = products.get(price.row["product_id"])
                if product is not None and product.row.get("active", True):
                    self._sold.setdefault(price.row["price_list_id"], []).append(price.row)
        return self._sold

    def _line(self, number: int, price: Mapping[str, Any], included: bool) -> dict[str, Any]:
        product = self._find("products", price["product_id"])
        quantity = 1_000 * self._source.randint(1, 24)
        category = product.get("tax_category", "standard")
        rate = next(
            (
                r.row["rate_bp"]
                for r in self._rows("tax_rates").values()
                if r.row.get("tax_category") == category
            ),
            _DEFAULT_RATE_BP,
        )
        amount = rdiv(quantity * price["price"], _LINE_DIVISOR)
        tax = rdiv(amount * rate, 10_000 + rate if included else 10_000)
        return {
            "line_no": number,
            "product_id": price["product_id"],
            "uom_id": price.get("uom_id"),
            "qty": quantity,
            "list_price": price["price"],
            "net_price": price["price"],
            "gross_amount": amount,
            "line_amount": amount,
            "tax_category": category,
            "rate_bp": rate,
            "tax_amount": tax,
            "total": amount if included else amount + tax,
        }

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


def _totals(lines: list[dict[str, Any]]) -> dict[str, Any]:
    taxes: dict[tuple[str, int], int] = {}
    for line in lines:
        key = (line["tax_category"], line["rate_bp"])
        taxes[key] = taxes.get(key, 0) + line["tax_amount"]
    total = sum(line["total"] for line in lines)
    return {
        "net": total - sum(line["tax_amount"] for line in lines),
        "discount": 0,
        "tax": [
            {"tax_category": category, "rate_bp": rate, "tax_amount": amount}
            for (category, rate), amount in taxes.items()
        ],
        "gross": sum(line["gross_amount"] for line in lines),
        "rounding": 0,
        "payable": total,
    }
