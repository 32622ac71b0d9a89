"""Ireland."""

from __future__ import annotations

from appliance_master_data.demo.countries.country import Area, Country, Rate, Town
from appliance_master_data.demo.tax_numbers import vat_ie

IRELAND = Country(
    code="IE",
    currency="EUR",
    language="en",
    calling="353",
    tax_rounding="per_category",
    cash_round_minor=5,
    money=(128, 10_000, 100),
    rates=(
        Rate("standard", 2_300, "2012-01-01", "2020-08-31"),
        Rate("standard", 2_100, "2020-09-01", "2021-02-28"),
        Rate("standard", 2_300, "2021-03-01"),
        Rate("reduced", 0, "2012-01-01"),
    ),
    areas=(
        Area(
            "ORK",
            "Europe/Dublin",
            (
                Town("Cork", 518_985_000, -84_756_000),
                Town("Mallow", 521_347_000, -86_461_000),
                Town("Midleton", 519_153_000, -81_805_000),
            ),
        ),
    ),
    streets=(
        *("Patrick Street", "Oliver Plunkett Street", "Washington Street", "North Main Street"),
        *("MacCurtain Street", "Barrack Street", "Shandon Street", "Douglas Road", "Western Road"),
        *("Blarney Street", "South Mall", "Grand Parade", "Bandon Road", "College Road"),
        *("Wellington Road", "Quaker Road", "Friars Walk", "Glasheen Road", "Main Street"),
    ),
    address="{house} {street}, {town}",
    men=(
        *("Aidan:aidan", "Brendan:brendan", "Ciaran:ciaran", "Declan:declan", "Eoin:eoin"),
        *("Fergal:fergal", "Kevin:kevin", "Liam:liam", "Niall:niall", "Sean:sean", "Conor:conor"),
    ),
    women=(
        *("Aoife:aoife", "Bridget:bridget", "Caoimhe:caoimhe", "Deirdre:deirdre", "Emer:emer"),
        *("Fiona:fiona", "Grainne:grainne", "Maeve:maeve", "Niamh:niamh", "Orla:orla"),
    ),
    surnames=(
        *("Murphy", "Kelly", "O'Sullivan", "Walsh", "O'Brien", "Byrne", "Ryan", "O'Connor"),
        *("Doyle", "McCarthy", "Gallagher", "Doherty", "Lynch", "Murray", "Quinn", "Moore"),
        *("McLoughlin", "Carroll", "Connolly", "Daly", "Wilson", "Dunne", "Brennan", "Burke"),
    ),
    feminine="",
    companies=("{} Ltd", "{} Foods Ltd", "{} Retail DAC"),
    traders=("{} t/a The Corner Shop", "{} Stores"),
    chains=("Leeside Market", "Munster Fresh", "Harbour Foodhall", "Greenway Stores"),
    shops={
        "supermarket": ("{} Supermarket",),
        "minimarket": ("{} Express", "{} Convenience"),
        "shop": ("{} Stores", "{} Grocery", "The {} Shop"),
        "kiosk": ("{} Kiosk", "{} Newsagents"),
        "cafe": ("{} Café", "{} Tea Rooms", "{} Deli"),
    },
    names=(
        *("Shandon", "Lee Valley", "Harbour", "Blackrock", "Elm Tree", "Riverside", "Old Mill"),
        *("Bridge End", "Hillcrest", "Orchard", "Lough", "Meadow", "Station", "Abbey", "Castle"),
        *("Green Gate", "Lighthouse", "Village", "Corner", "Sunny Side", "Willow", "Park View"),
    ),
    numbered="",
    positions=("manager", "buyer", "shop assistant", "accountant", "owner"),
    tax_ids=lambda number, person: (vat_ie(number), f"IE{vat_ie(number)}" if not person else ""),
)
