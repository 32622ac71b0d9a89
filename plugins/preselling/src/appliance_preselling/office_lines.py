"""The lines of an order as a file of accounting says they are."""

from __future__ import annotations

from typing import Any

from appliance.api import Context, ImportColumn, ImportRowError, ImportValues, Row
from appliance.api.pricing import Branch
from appliance_preselling import order_amounts
from appliance_preselling.order_terms import OrderTerms
from appliance_preselling.order_view import OrderView

COLUMNS = (
    ImportColumn(
        name="line_no",
        headers=("Строка", "№ строки", "line"),
        type="int",
        doc="The number of the line; absent: the line of that product.",
    ),
    ImportColumn(
        name="product",
        headers=("Товар", "Код товара", "product", "product code"),
        type="code",
        doc="The product's code. One that the order does not have is a new line.",
    ),
    ImportColumn(
        name="unit",
        headers=("Ед.", "Единица", "unit", "uom"),
        type="code",
        doc="The code of the unit; absent: the line's, of a new line the base unit.",
    ),
    ImportColumn(
        name="qty",
        headers=("Количество", "quantity", "qty"),
        type="decimal",
        scale=3,
        doc="How much the order is for; 0 takes the line out; absent: it stays.",
    ),
    ImportColumn(
        name="price",
        headers=("Цена", "price"),
        type="decimal",
        scale=4,
        doc="The price of one unit after discounts; absent: it stays.",
    ),
    ImportColumn(
        name="shipped",
        headers=("Отгружено", "shipped"),
        type="decimal",
        scale=3,
        doc="How much of it was shipped in all; absent: it stays.",
    ),
    ImportColumn(
        name="line_reason",
        headers=("Код причины", "reason code"),
        type="code",
        doc="The code of the reason why less was shipped or ordered.",
    ),
)

_BRANCH = Branch(country="", currency="", tax_rounding="per_line")
"""How amounts are rounded where no org unit sells."""

_UNIT = """
SELECT products.id, unit.id, products.body ->> '$.tax_category'
FROM products CROSS JOIN product_uoms AS unit ON unit.product_id = products.id
WHERE products.code = :product AND (unit.uom_code = :unit OR (:unit IS NULL AND unit.is_base))
"""
_CODES = """
SELECT products.id, products.code, unit.id, unit.uom_code
FROM json_each(:ids) AS wanted
CROSS JOIN product_uoms AS unit ON unit.id = wanted.value
CROSS JOIN products ON products.id = unit.product_id
"""


def all_shipped(order: Row) -> bool:
    """Tell whether of every line all was shipped, or is marked as cut."""
    return all(
        (line.get("shipped_qty") or 0) >= line["qty"] or line.get("status") == "cut"
        for line in order["lines"]
    )


class Lines:
    """The lines of one order, changed in place.

    Attributes:
        shipped: what was shipped of some line changed.
    """

    def __init__(self, order: Row, context: Context) -> None:
        """Take an order, a copy that may be changed."""
        self._order = order
        self._context = context
        self._lines: list[dict[str, Any]] = order["lines"]
        self._codes: dict[str, tuple[str, str]] = {}
        ids = [line["uom_id"] for line in self._lines]
        for _, code, unit_id, unit in context.select(_CODES, {"ids": _array(ids)}):
            self._codes[unit_id] = (code, unit)
        self._taken: set[int] = set()
        self._priced = False
        self.shipped = False

    def take(self, values: ImportValues) -> None:
        """Take a row of the file.

        Raises:
            ImportRowError: there is no such line, or it cannot be so.
        """
        number, product = values.get("line_no"), values.get("product")
        if number is None and product is None:
            for name in ("qty", "price", "shipped", "line_reason"):
                if values.get(name) is not None:
                    raise ImportRowError("say of which line: its number or product", column=name)
            return
        line = self._found(number, product, values.get("unit"))
        if line is None:
            line = self._added(number, product, values)
        if line["line_no"] in self._taken:
            text = f"two rows are about line {line['line_no']} of the order"
            raise ImportRowError(text, column="line_no")
        self._taken.add(line["line_no"])
        self._set(line, values)

    def settle(self) -> None:
        """Take out what is not ordered any more, and work the amounts out anew where needed.

        Raises:
            ImportRowError: no line is left.
        """
        left = [line for line in self._lines if line["qty"]]
        if not left:
            raise ImportRowError("no line of the order is left; cancel it instead", column="qty")
        self._order["lines"] = self._lines = left
        if self._priced:
            view = OrderView("", self._order, None, self._context)
            terms = OrderTerms.of(view).terms
            order_amounts.work_out(self._order, _BRANCH if terms is None else terms.branch)
            load = {"weight_g": view.load.weight_g, "volume_cm3": view.load.volume_cm3}
            known = {name: amount for name, amount in load.items() if amount is not None}
            self._order["totals"] |= known

    def ship_the_rest(self) -> None:
        """Of lines of which nothing is said, all was shipped."""
        for line in self._lines:
            if line.get("shipped_qty") is None and line.get("status") != "cut":
                line["shipped_qty"], line["status"] = line["qty"], "shipped"

    def _found(self, number: int | None, product: str | None, unit: str | None) -> Any:
        """Return the line that a row is about, None where it is a new one."""
        if number is not None:
            line = next((one for one in self._lines if one["line_no"] == number), None)
            if line is None:
                if product is None:
                    text = f"the order has no line {number}; a new one needs its product"
                    raise ImportRowError(text, column="line_no")
                return None
            code, uom = self._codes.get(line["uom_id"], ("", ""))
            if product not in (None, code):
                text = f"line {number} of the order is {code}, not {product}"
                raise ImportRowError(text, column="product")
            if unit not in (None, uom):
                text = f"line {number} of the order is in {uom}; take it out and add another"
                raise ImportRowError(text, column="unit")
            return line
        found = [
            line
            for line in self._lines
            if self._codes.get(line["uom_id"], ("", ""))[0] == product
            and unit in (None, self._codes[line["uom_id"]][1])
        ]
        if len(found) > 1:
            text = f"the order has several lines of {product}; say which: its number"
            raise ImportRowError(text, column="line_no")
        return found[0] if found else None

    def _added(self, number: int | None, product: str | None, values: ImportValues) -> Any:
        """Return a new line with nothing in it yet."""
        unit, price = values.get("unit"), values.get("price")
        found = self._context.select(_UNIT, {"product": product, "unit": unit})
        if not found:
            text = f"there is no product {product}" + (f" in {unit}" if unit else "")
            raise ImportRowError(text, column="product")
        if price is None or not values.get("qty"):
            text = f"{product} is a new line of the order: it needs a quantity and a price"
            raise ImportRowError(text, column="product")
        product_id, uom_id, category = found[0]
        most = max(line["line_no"] for line in self._lines)
        line = {
            "line_no": number or most + 1,
            "product_id": product_id,
            "uom_id": uom_id,
            "qty": 0,
            "list_price": price,
            "net_price": price,
            "tax_category": category,
            "rate_bp": self._rate(category),
        }
        self._lines.append(line)
        return line

    def _rate(self, category: str) -> int:
        for line in self._lines:
            if line["tax_category"] == category:
                return int(line["rate_bp"])
        view = OrderView("", self._order, None, self._context)
        order_terms = OrderTerms.of(view)
        rate = None
        if order_terms.terms is not None:
            terms = order_terms.terms
            date = terms.tax_date or terms.pricing_date
            rate = order_terms.book.tax_rate(terms.branch.country, category, date)
        if rate is None:
            text = f"the tax rate of {category} is not known; import tax_rates first"
            raise ImportRowError(text, column="product")
        return rate

    def _set(self, line: dict[str, Any], values: ImportValues) -> None:
        qty, price, shipped = (values.get(name) for name in ("qty", "price", "shipped"))
        for name, amount in (("qty", qty), ("price", price), ("shipped", shipped)):
            if amount is not None and amount < 0:
                raise ImportRowError("the number must not be negative", column=name)
        if qty is not None and qty != line["qty"]:
            line["qty"], self._priced = qty, True
            for discount in line.get("discounts") or ():
                discount.pop("amount", None)  # it was that of another quantity
        if price is not None and price != line["net_price"]:
            line["net_price"], self._priced = price, True
            line["list_price"] = max(line["list_price"], price)
            line.pop("discounts", None)
        if shipped is not None and shipped != line.get("shipped_qty"):
            if shipped > line["qty"]:
                text = f"more than the {line['qty'] / 1_000:g} that were ordered"
                raise ImportRowError(f"{shipped / 1_000:g} is {text}", column="shipped")
            line["shipped_qty"], self.shipped = shipped, True
            whole = shipped == line["qty"]
            line["status"] = "shipped" if whole else "changed" if shipped else "cut"
        reason = values.get("line_reason")
        if reason is not None:
            self._reason(line, reason)

    def _reason(self, line: dict[str, Any], code: str) -> None:
        found = self._context.select("SELECT id FROM reason_codes WHERE code = ?", (code,))
        if not found:
            raise ImportRowError(f"there is no reason {code}", column="line_reason")
        if line.get("reason_id") != found[0][0]:
            line["reason_id"], self.shipped = found[0][0], True


def _array(values: list[str]) -> str:
    return "[" + ",".join(f'"{value}"' for value in values) + "]"
