"""Columns that several kinds of files share, with the headers accounting systems give them.

A kind of file takes its columns from here and says only what they mean to it.
"""

from __future__ import annotations

from appliance.api import ImportColumn
from appliance.api.importing import ColumnType

Headers = tuple[str, ...]

PRODUCT: Headers = (
    *("Код", "Код товара", "Товар", "Код номенклатуры"),
    *("code", "product", "product code"),
)
GROUP: Headers = ("Группа", "Код группы", "group", "group code")
PRICE_LIST: Headers = (
    *("Тип цены", "Вид цены", "Прайс-лист", "Код прайс-листа"),
    *("price list", "price type"),
)
WAREHOUSE: Headers = ("Склад", "Код склада", "warehouse", "warehouse code")
PARTY: Headers = ("Контрагент", "Код контрагента", "Клиент", "party", "customer", "customer code")
OUTLET: Headers = ("Торговая точка", "Код точки", "Точка", "outlet", "outlet code")
ROUTE: Headers = ("Маршрут", "Код маршрута", "route", "route code")
CONTRACT: Headers = ("Договор", "Номер договора", "contract", "contract number")
BARCODE: Headers = ("Штрихкод", "Штрих-код", "Штрихкоды", "EAN", "GTIN", "barcode", "barcodes")
KIND: Headers = ("Вид", "kind")
VAT: Headers = ("Ставка НДС", "НДС", "НДС, %", "VAT", "VAT rate", "tax")


def own_code(headers: Headers, doc: str) -> ImportColumn:
    """Return the column with the code of the record that the row is about."""
    return ImportColumn(
        name="code",
        headers=tuple(dict.fromkeys(("Код", *headers, "code"))),
        type="code",
        required=True,
        doc=doc,
    )


def named(name: str, headers: Headers, doc: str, *, required: bool = False) -> ImportColumn:
    """Return a column with the code of another record."""
    return ImportColumn(name=name, headers=headers, type="code", required=required, doc=doc)


def product(doc: str = "The product's code.", *, required: bool = True) -> ImportColumn:
    """Return the column with a product's code."""
    return named("product", PRODUCT, doc, required=required)


def party(doc: str, *, required: bool = True) -> ImportColumn:
    """Return the column with a party's code."""
    return named("party", PARTY, doc, required=required)


def outlet(doc: str = "Its code.", *, required: bool = True) -> ImportColumn:
    """Return the column with an outlet's code."""
    return named("outlet", OUTLET, doc, required=required)


def price_list(doc: str, *, required: bool = False) -> ImportColumn:
    """Return the column with a price list's code."""
    return named("price_list", PRICE_LIST, doc, required=required)


def warehouse(doc: str, *, required: bool = False) -> ImportColumn:
    """Return the column with a warehouse's code."""
    return named("warehouse", WAREHOUSE, doc, required=required)


def org(doc: str = "The code of its org unit.") -> ImportColumn:
    """Return the column with an org unit's code."""
    headers = ("Подразделение", "Филиал", "Код филиала", "branch", "org", "org unit")
    return named("org", headers, doc)


def phone(doc: str) -> ImportColumn:
    """Return the column with a telephone number."""
    headers = ("Телефон", "Мобильный телефон", "phone", "mobile")
    return named("phone", headers, doc)


def portal_access(doc: str) -> ImportColumn:
    """Return the column that says who may order for himself."""
    return flag("portal_access", ("Доступ в кабинет", "Доступ в ЛК", "portal access"), doc)


def segments() -> ImportColumn:
    """Return the column with segments."""
    headers = ("Сегменты", "Сегмент", "segments", "segment")
    return ImportColumn(name="segments", headers=headers, doc="Its segments, with commas between.")


def credit_limit() -> ImportColumn:
    """Return the column with the most that may be owed."""
    headers = ("Кредитный лимит", "Лимит долга", "credit limit")
    return number("credit_limit_minor", headers, "In the currency's major unit.", scale=2)


def payment_terms() -> ImportColumn:
    """Return the column with the days that a payment has."""
    headers = ("Отсрочка, дней", "Отсрочка", "payment terms")
    return number("payment_terms_days", headers, "Days until payment is due.")


def payment_forms() -> ImportColumn:
    """Return the column with the ways to pay."""
    headers = ("Формы оплаты", "Форма оплаты", "payment forms")
    doc = "How it may pay: cash, bank, card, consignment, with commas between; absent: anyhow."
    return ImportColumn(name="payment_forms", headers=headers, doc=doc)


def login(name: str, headers: Headers, doc: str, *, required: bool = False) -> ImportColumn:
    """Return a column with a user's login."""
    return ImportColumn(name=name, headers=headers, required=required, doc=doc)


def name(doc: str = "Its name.", *, required: bool = True) -> ImportColumn:
    """Return the column with the record's name."""
    headers = ("Наименование", "Название", "Имя", "name", "title")
    return ImportColumn(name="name", headers=headers, required=required, doc=doc)


def kind(headers: Headers, doc: str, *, required: bool = False) -> ImportColumn:
    """Return the column that says of which kind the record is."""
    return ImportColumn(name="kind", headers=(*KIND, *headers), required=required, doc=doc)


def unit(doc: str, *, required: bool = False) -> ImportColumn:
    """Return the column with the code of a unit of measure."""
    headers = ("Ед.", "Ед", "Ед. изм.", "Единица", "Единица измерения", "unit", "uom")
    return named("unit", headers, doc, required=required)


def currency(doc: str, *, required: bool = True) -> ImportColumn:
    """Return the column with a currency."""
    return named("currency", ("Валюта", "currency"), doc, required=required)


def address(doc: str, *, required: bool = False) -> ImportColumn:
    """Return the column with an address."""
    headers = ("Адрес", "Адрес доставки", "address")
    return ImportColumn(name="address", headers=headers, required=required, doc=doc)


def gln() -> ImportColumn:
    """Return the column with a GLN (GS1 General Specifications, section 1.4.4: 13 digits)."""
    return named("gln", ("GLN", "ГЛН"), "Its global location number.")


def active(doc: str = "Absent: it is.") -> ImportColumn:
    """Return the column that says whether the record is in use."""
    headers = ("Активен", "Активна", "Действует", "active")
    return ImportColumn(name="active", headers=headers, type="bool", doc=doc)


def sort(doc: str) -> ImportColumn:
    """Return the column with the record's place among others."""
    headers = ("Порядок", "Сортировка", "№", "sort", "order")
    return ImportColumn(name="sort", headers=headers, type="int", doc=doc)


def number(
    name: str,
    headers: Headers,
    doc: str,
    *,
    scale: int = 0,
    required: bool = False,
) -> ImportColumn:
    """Return a column with a number; ``scale`` is how many decimals it keeps, 0 for none."""
    type_: ColumnType = "decimal" if scale else "int"
    return ImportColumn(
        name=name, headers=headers, type=type_, scale=scale, required=required, doc=doc
    )


def date(name: str, headers: Headers, doc: str, *, required: bool = False) -> ImportColumn:
    """Return a column with a day."""
    return ImportColumn(name=name, headers=headers, type="date", required=required, doc=doc)


def flag(name: str, headers: Headers, doc: str) -> ImportColumn:
    """Return a column with yes or no."""
    return ImportColumn(name=name, headers=headers, type="bool", doc=doc)


def valid_from(doc: str = "The first day; absent: since always.") -> ImportColumn:
    """Return the column with the first day that the record holds."""
    return date("valid_from", ("Дата начала", "Действует с", "valid from"), doc)


def valid_to(doc: str = "The last day.") -> ImportColumn:
    """Return the column with the last day that the record holds."""
    return date("valid_to", ("Дата окончания", "Действует по", "valid to"), doc)
