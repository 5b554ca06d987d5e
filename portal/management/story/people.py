"""The people and companies of the story. All of them are invented."""

from portal.management.story.investors import Person
from portal.management.story.issuances import Plan

HERO = Person("Mina Larsson")
"""The investor whom the sign-in page offers: the first to sign up."""

NEWCOMER = Person("Jonah Whitfield")
"""He has handed in his papers and waits for a decision."""

FIRST = [
    "Ada",
    "Bertil",
    "Chioma",
    "Dmitri",
    "Elif",
    "Farid",
    "Greta",
    "Hiro",
    "Imani",
    "Jasper",
    "Kavya",
    "Lucia",
    "Magnus",
    "Nadia",
    "Oskar",
    "Priya",
    "Quentin",
    "Rosa",
    "Samir",
    "Talia",
    "Umberto",
    "Vera",
    "Wendell",
    "Ximena",
    "Yusuf",
    "Zelda",
    "Anton",
    "Beatriz",
    "Cyrus",
    "Dagny",
    "Emeka",
    "Fiona",
    "Gustav",
    "Helene",
    "Ivo",
    "Juno",
]
LAST = [
    "Quillfeather",
    "Osterhaus",
    "Marchbanks",
    "Velazco",
    "Thistlewood",
    "Nakagawara",
    "Bramwell",
    "Okonjo",
    "Pemberton",
    "Salvatierra",
    "Whitcombe",
    "Dragomir",
]
FUNDS = ("Bluewater Family Office LLC", "Northgate Capital Partners LP", "Silverbirch Trust Company")
ABROAD = {5: "DE", 13: "GB", 21: "CH", 29: "NO"}


def investors(count: int) -> list[Person]:
    """So many investors: the hero first, three of them companies, some of them abroad."""
    cast = [HERO, *(Person(name, kind="entity", born="2011-06-01") for name in FUNDS)]
    for number in range(count - len(cast)):
        name = f"{FIRST[number % len(FIRST)]} {LAST[(number * 5 + number // len(FIRST)) % len(LAST)]}"
        born = f"{1950 + number * 7 % 45}-{number % 12 + 1:02d}-{number * 3 % 28 + 1:02d}"
        cast.append(Person(name, country=ABROAD.get(number, "US"), born=born))
    return cast[:count]


HARBORVIEW = Plan(
    legal_name="Harborview Logistics Park LLC",
    country="US",
    asset_kind="real_estate",
    asset_name="Harborview Logistics Park",
    record={
        "address": "400 Terminal Road, Savannah, GA 31408, US",
        "parcel": "1-0984-02-017",
        "floor_area": "212,000 square feet, two halls",
        "valuation": "18400000.00 USD, appraised 2025-05-30",
    },
    code="HARBOR-B",
    security_name="Class B units",
    security_kind="fund_unit",
    scale=4,
    authorised=40_000,
    offered=20_000,
    price_minor=25_000,
    people=("Ines Okafor", "Walter Brandt", "Sofia Reyes"),
    domain="harborview",
    summary="Two logistics halls beside the port of Savannah, let for eleven years. Rent is paid out every quarter.",
    step=1,
    min_investment_minor=100_000,
)
CASTELLAN = Plan(
    legal_name="Castellan Robotics, Inc.",
    country="US",
    asset_kind="equity",
    asset_name="Shares of Castellan Robotics, Inc.",
    record={"jurisdiction": "Delaware, US", "file_number": "7718203", "class": "Series A preferred"},
    code="CASTEL-A",
    security_name="Series A preferred",
    security_kind="preferred",
    scale=0,
    authorised=2_000_000,
    offered=400_000,
    price_minor=640,
    people=("Rafael Monteiro", "Anneke Visser"),
    domain="castellan",
    summary="Warehouse robots that lift what people should not. Series A for the second factory line.",
    min_investment_minor=50_000,
)
FJORDLIGHT = Plan(
    legal_name="Fjordlight Energy AS",
    country="NO",
    asset_kind="revenue_share",
    asset_name="Revenue of the Storfjord solar field",
    record={
        "source_of_revenue": "Power sold by the Storfjord solar field under contract until 2031",
        "share_percent": "6.5",
    },
    code="FJORD-R31",
    security_name="Revenue share 2031",
    security_kind="revenue_share",
    scale=2,
    authorised=5_000,
    offered=3_000,
    price_minor=100_000,
    people=("Sigrid Haugen", "Lars Eikeland"),
    domain="fjordlight",
    summary="6.5 % of what the field earns, shared by quarter until the end of 2031.",
    min_investment_minor=100_000,
)
JUNIPER = Plan(
    legal_name="Juniper Street Lofts LLC",
    country="US",
    asset_kind="real_estate",
    asset_name="Juniper Street Lofts",
    record={"address": "88 Juniper Street, Asheville, NC 28801, US", "parcel": "9649-38-2210", "flats": "34"},
    code="JUNIPER-A",
    security_name="Class A units",
    security_kind="fund_unit",
    scale=4,
    authorised=60_000,
    offered=30_000,
    price_minor=5_000,
    people=("Delia Marsh", "Owen Fairchild"),
    domain="juniper",
    summary="34 flats in a former mill, nine in ten let. Units share in the rent.",
    min_investment_minor=50_000,
)
