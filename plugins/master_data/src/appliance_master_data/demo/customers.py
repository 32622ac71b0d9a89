"""Whom the demo company sells to: invented shops in the streets of Nizhny Novgorod."""

from __future__ import annotations

from typing import NamedTuple


class Customer(NamedTuple):
    """A party.

    Attributes:
        name: as people call it.
        legal_name: as papers name it; a sole trader's begins with ИП.
        channel: what kind of shop its outlets are.
    """

    name: str
    legal_name: str
    channel: str


class District(NamedTuple):
    """A part of the town, looked after as one route.

    Attributes:
        name: of the route.
        lat_e7, lon_e7: its middle, degrees times 10^7.
        customers: eight parties. Each has an outlet here, the first two have two.
        addresses: ten, of the parties' outlets in their order, then of the second outlets.
    """

    name: str
    lat_e7: int
    lon_e7: int
    customers: tuple[Customer, ...]
    addresses: tuple[str, ...]


SHOP, KIOSK, CAFE, MARKET = "магазин у дома", "киоск", "кафе", "минимаркет"

DISTRICTS: tuple[District, ...] = (
    District(
        "Верхняя часть",
        563_110_000,
        440_050_000,
        (
            Customer("Гастроном «Откос»", "ООО «Откос-Торг»", MARKET),
            Customer("«Покровский»", "ООО «Покровский двор»", MARKET),
            Customer("Продукты на Белинского", "ИП Соколова Марина Викторовна", SHOP),
            Customer("Кафе «Лестница»", "ООО «Лестница»", CAFE),
            Customer("«Ковалиха»", "ИП Журавлёв Олег Петрович", SHOP),
            Customer("Кондитерская «Сахарок»", "ООО «Сахарок»", CAFE),
            Customer("Киоск у сквера", "ИП Мухина Ирина Сергеевна", KIOSK),
            Customer("«Родник»", "ООО «Родник-НН»", SHOP),
        ),
        (
            "Верхневолжская наб., 14",
            "ул. Большая Покровская, 52",
            "ул. Белинского, 38",
            "ул. Рождественская, 20",
            "ул. Ковалихинская, 11",
            "ул. Алексеевская, 9",
            "ул. Горького, 148",
            "ул. Ванеева, 63",
            "ул. Минина, 27",
            "пр. Гагарина, 44",
        ),
    ),
    District(
        "Автозавод",
        562_440_000,
        438_620_000,
        (
            Customer("Универсам «Молодёжный»", "ООО «Молодёжный-Маркет»", MARKET),
            Customer("«Конвейер»", "ООО «Конвейер плюс»", MARKET),
            Customer("Продукты 24", "ИП Кузнецов Андрей Иванович", SHOP),
            Customer("«Лескова, 10»", "ИП Белова Татьяна Юрьевна", SHOP),
            Customer("Столовая «Смена»", "ООО «Смена-Общепит»", CAFE),
            Customer("Киоск «Парк»", "ИП Тихонов Роман Олегович", KIOSK),
            Customer("«Хозяюшка»", "ООО «Хозяюшка»", SHOP),
            Customer("«Южный»", "ИП Гаврилова Елена Павловна", SHOP),
        ),
        (
            "пр. Молодёжный, 31",
            "пр. Октября, 17",
            "ул. Дьяконова, 22",
            "ул. Лескова, 10",
            "пр. Ленина, 95",
            "ул. Смирнова, 5",
            "ул. Плотникова, 4",
            "Южное шоссе, 16",
            "ул. Веденяпина, 18",
            "пр. Кирова, 29",
        ),
    ),
    District(
        "Сормово и Канавино",
        563_390_000,
        438_830_000,
        (
            Customer("«Баррикады»", "ООО «Баррикады-Торг»", MARKET),
            Customer("«Ярмарка»", "ООО «Нижняя ярмарка»", MARKET),
            Customer("Продукты на Коминтерна", "ИП Орлов Сергей Михайлович", SHOP),
            Customer("«Светлояр»", "ИП Фомина Анна Андреевна", SHOP),
            Customer("Кафе «Корабел»", "ООО «Корабел»", CAFE),
            Customer("Киоск «Вокзальный»", "ИП Аксёнов Игорь Львович", KIOSK),
            Customer("«Заречный»", "ООО «Заречный дом»", SHOP),
            Customer("«У Палыча на углу»", "ИП Павлов Пётр Павлович", SHOP),
        ),
        (
            "ул. Баррикад, 2",
            "ул. Совнаркомовская, 25",
            "ул. Коминтерна, 168",
            "ул. Культуры, 13",
            "пр. Кораблестроителей, 30",
            "ул. Фильченкова, 8",
            "ул. Исполкома, 6",
            "ул. Ефремова, 7",
            "ул. Ужгородская, 3",
            "ул. Гордеевская, 42",
        ),
    ),
)
"""Three districts: 24 parties, 30 outlets."""
