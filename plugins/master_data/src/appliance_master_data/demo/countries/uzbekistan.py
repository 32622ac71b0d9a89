"""Uzbekistan."""

from __future__ import annotations

from appliance_master_data.demo.countries.country import Area, Country, Rate, Town
from appliance_master_data.demo.tax_numbers import stir

UZBEKISTAN = Country(
    code="UZ",
    currency="UZS",
    language="uz",
    calling="998",
    tax_rounding="per_line",
    cash_round_minor=10_000,
    money=(150, 1, 1_000_000),
    rates=(
        Rate("standard", 1_500, "2019-10-01", "2022-12-31"),
        Rate("standard", 1_200, "2023-01-01"),
        Rate("reduced", 1_200, "2023-01-01"),
    ),
    areas=(
        Area(
            "TAS",
            "Asia/Tashkent",
            (
                Town("Toshkent", 413_111_000, 692_797_000),
                Town("Chirchiq", 414_689_000, 695_822_000),
                Town("Yangiyoʻl", 411_125_000, 690_472_000),
            ),
        ),
        Area(
            "SKD",
            "Asia/Samarkand",
            (
                Town("Samarqand", 396_542_000, 669_597_000),
                Town("Urgut", 394_022_000, 672_431_000),
                Town("Kattaqoʻrgʻon", 398_989_000, 662_561_000),
            ),
        ),
        Area(
            "FER",
            "Asia/Tashkent",
            (
                Town("Fargʻona", 403_842_000, 717_843_000),
                Town("Margʻilon", 404_703_000, 717_247_000),
                Town("Qoʻqon", 405_286_000, 709_425_000),
            ),
        ),
    ),
    streets=(
        *("Amir Temur koʻchasi", "Navoiy koʻchasi", "Mustaqillik koʻchasi", "Bobur koʻchasi"),
        *("Beruniy koʻchasi", "Mirzo Ulugʻbek koʻchasi", "Furqat koʻchasi", "Nukus koʻchasi"),
        *("Shota Rustaveli koʻchasi", "Bunyodkor shoh koʻchasi", "Chilonzor koʻchasi"),
        *("Oybek koʻchasi", "Muqimiy koʻchasi", "Yangi hayot koʻchasi", "Gulobod koʻchasi"),
        *("Registon koʻchasi", "Dahbed koʻchasi", "Bogʻishamol koʻchasi", "Universitet xiyoboni"),
    ),
    address="{town} sh., {street}, {house}-uy",
    men=(
        *("Aziz:aziz", "Bobur:bobur", "Davron:davron", "Jasur:jasur", "Otabek:otabek"),
        *("Rustam:rustam", "Sardor:sardor", "Ulugʻbek:ulugbek", "Sherzod:sherzod"),
        *("Farrux:farrux", "Akmal:akmal", "Shuhrat:shuhrat", "Bekzod:bekzod", "Doniyor:doniyor"),
    ),
    women=(
        *("Dilnoza:dilnoza", "Feruza:feruza", "Gulnora:gulnora", "Kamola:kamola", "Lola:lola"),
        *("Malika:malika", "Nigora:nigora", "Sevara:sevara", "Shahnoza:shahnoza", "Zilola:zilola"),
        *("Nodira:nodira", "Barno:barno", "Iroda:iroda", "Umida:umida", "Yulduz:yulduz"),
    ),
    surnames=(
        *("Karimov", "Rahimov", "Yusupov", "Abdullayev", "Toshmatov", "Ergashev", "Saidov"),
        *("Nazarov", "Xolmatov", "Qodirov", "Mirzayev", "Usmonov", "Ismoilov", "Sultonov"),
        *("Hakimov", "Joʻrayev", "Normatov", "Raxmonov", "Turgʻunov", "Sobirov", "Azimov"),
    ),
    feminine="a",
    companies=("«{}» MChJ", "«{} Savdo» MChJ", "«{} Trade» MChJ"),
    traders=("YaTT {}",),
    chains=("Registon Market", "Baraka Savdo", "Chinor", "Sharq Bozori", "Oqtepa Market", "Humo"),
    shops={
        "supermarket": ("«{}» supermarketi",),
        "minimarket": ("«{}» minimarketi",),
        "shop": ("«{}» doʻkoni", "«{}» oziq-ovqat doʻkoni"),
        "kiosk": ("«{}» kioskasi",),
        "cafe": ("«{}» kafesi", "«{}» oshxonasi"),
    },
    names=(
        *("Baraka", "Navroʻz", "Lola", "Chinor", "Sarbon", "Guliston", "Oltin vodiy", "Anhor"),
        *("Bahor", "Doʻstlik", "Mehr", "Shirin", "Nur", "Zarafshon", "Saodat", "Orzu", "Yulduz"),
        *("Turon", "Hamkor", "Ziyo", "Boʻston", "Oydin", "Sayyoh", "Umid", "Sharof", "Ipak yoʻli"),
    ),
    numbered="",
    positions=("direktor", "tovarshunos", "sotuvchi", "hisobchi", "xaridor"),
    tax_ids=lambda number, person: (stir(number), ""),
)
