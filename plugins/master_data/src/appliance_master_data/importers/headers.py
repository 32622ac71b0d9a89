"""Header texts that several kinds of files share, in the languages accounting systems export."""

from __future__ import annotations

PRODUCT = ("Код", "Код товара", "Товар", "Код номенклатуры", "code", "product", "product code")
PRICE_LIST = ("Тип цены", "Вид цены", "Прайс-лист", "Код прайс-листа", "price list", "price type")
WAREHOUSE = ("Склад", "Код склада", "warehouse", "warehouse code")
PARTY = ("Контрагент", "Код контрагента", "Клиент", "party", "customer", "customer code")
OUTLET = ("Торговая точка", "Код точки", "Точка", "outlet", "outlet code")
ROUTE = ("Маршрут", "Код маршрута", "route", "route code")
NAME = ("Наименование", "Название", "Имя", "name", "title")
CURRENCY = ("Валюта", "currency")
ACTIVE = ("Активен", "Активна", "Действует", "active")
UNIT = ("Ед.", "Ед", "Ед. изм.", "Единица", "Единица измерения", "unit", "uom")
ORG = ("Подразделение", "Филиал", "Код филиала", "branch", "org", "org unit")
ADDRESS = ("Адрес", "Адрес доставки", "address")
GLN = ("GLN", "ГЛН")
