"""Names of people, companies and places that the imitated account is made of; all invented or generic."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from sources.sandbox.dice import pick

if TYPE_CHECKING:
    from random import Random


class Place(NamedTuple):
    """A city with enough around it to make a postal address."""

    city: str
    district: str
    region: str
    country: str
    postal_code: str


FIRST_NAMES: Final = (
    "Anna", "Marek", "Sofía", "Jürgen", "Chloé", "Liisa", "Piotr", "Ingrid", "Mateo", "Zoë", "Björn", "Ayşe",
    "José", "Hannah", "Oluwaseun", "Priya", "Kenji", "Mei", "Yusuf", "Fatima", "Dmitri", "Olena", "Søren",
    "Elif", "Rafael", "Beatriz", "Łukasz", "Nora", "Tomáš", "Katarína", "Ana-Maria", "Jean-Luc", "Siobhán",
    "Aoife", "Henrik", "Emma", "Noah", "Grace", "Thabo", "Amara", "Ravi", "Nguyễn", "Linh", "Carlos", "Lucía",
    "Dávid", "Eszter", "Giulia", "Marco", "Pekka", "Aino", "Viktor", "Mārtiņš", "Rūta", "Jonas", "Claire",
    "Oliver", "Amelia", "Samuel", "Ivana", "Daniel", "Miriam", "Theo", "Leila", "Omar", "Layla", "Noam",
    "Yael", "王芳", "健太", "محمد", "Анна",
)  # fmt: skip

LAST_NAMES: Final = (
    "Novák", "Müller", "García", "O'Brien", "Smith", "Tamm", "Kowalski", "Lindqvist", "Rossi", "Dubois",
    "van den Berg", "de la Cruz", "Yılmaz", "Okafor", "Sharma", "Tanaka", "Li", "Haddad", "Ivanov",
    "Shevchenko", "Sørensen", "Demir", "Silva", "Ferreira", "Wiśniewski", "Johansson", "Horváth", "Szabó",
    "Bianchi", "Virtanen", "Korhonen", "Petrov", "Bērziņš", "Kazlauskas", "Lefèvre", "Schröder", "Weiß",
    "Baker", "Murphy", "Ní Bhriain", "Nkosi", "Mbeki", "Patel", "Tran", "Pham", "Castro", "Moreno", "Kiss",
    "Nagy", "Conti", "Laine", "Saar", "Kask", "Fischer", "Wagner", "Becker", "Hoffmann", "Schäfer", "Moreau",
    "Girard", "Evans", "Wright", "St. John", "McDonald", "D'Angelo", "Cohen", "Levi", "陈", "鈴木", "الحسن",
)  # fmt: skip

COMPANY_HEADS: Final = (
    "Nordwind", "Blue Harbor", "Kvant", "Ateliers Réunis", "Sonnenfeld", "Granite Peak", "Lumen",
    "Baltic Freight", "Casa Verde", "Øresund", "Silverline", "Tallinna Puit", "Quercus", "Fjord & Field",
    "Helios", "Papillon", "Drift", "Red Fox", "Orchard", "Młyn", "Zephyr", "Ibérica de Papel", "Maple & Sons",
    "Astra", "Terranova", "Stahlwerk Süd", "Kite", "Brightwater", "Cinnabar", "Ostrava Tools", "Lighthouse",
    "Pixelworks", "Vega", "Rosewood", "Anchor", "Tundra", "Saffron", "Birchwood", "Copperfield", "Delta Mare",
    "Évora", "Falcon Ridge", "Gold Leaf", "Hinterland", "Iron Gate", "Juniper", "Keystone", "Longshore",
    "Meridian", "North Sea", "Opal", "Pinecrest", "Quill", "Riverbend", "Sandstone", "Tidewater", "Umbra",
    "Verdant", "Willow", "Yonder",
)  # fmt: skip

COMPANY_TRADES: Final = (
    "Logistics", "Software", "Foods", "Bau", "Énergie", "Consulting", "Textiles", "Medical", "Insurance",
    "Travel", "Robotics", "Packaging", "Media", "Farms", "Instruments", "Hotels", "Cycles", "Furniture",
    "Water", "Labs", "Automotive", "Chemicals", "Printing", "Telecom", "Aviation", "Ceramics", "Education",
    "Security", "Design", "Retail",
)  # fmt: skip

COMPANY_FORMS: Final = (
    "GmbH", "Ltd", "Inc.", "OÜ", "S.A.", "AB", "s.r.o.", "Sp. z o.o.", "BV", "S.p.A.", "Oy", "LLC",
    "& Co. KG", "SAS", "ApS", "Kft.", "A/S", "S.L.",
)  # fmt: skip

STREETS: Final = (
    "Hauptstraße", "Main St", "Rue de la Paix", "Pikk", "Gran Vía", "Long Lane", "Via Roma", "Storgatan",
    "ul. Nowa", "Mannerheimintie", "Market Square", "Kungsgatan", "Avenida da Liberdade", "Dlouhá",
    "Nørregade", "Church Road", "Keizersgracht", "Andrássy út", "Victoria Street", "5th Avenue",
)  # fmt: skip

PLACES: Final = (
    Place("Berlin", "Mitte", "Berlin", "Germany", "10115"),
    Place("München", "Schwabing", "Bayern", "Germany", "80801"),
    Place("Tallinn", "Kesklinn", "Harju maakond", "Estonia", "10123"),
    Place("Tartu", "Karlova", "Tartu maakond", "Estonia", "51003"),
    Place("Praha", "Holešovice", "Hlavní město Praha", "Czechia", "170 00"),
    Place("Paris", "Le Marais", "Île-de-France", "France", "75004"),
    Place("Lyon", "Croix-Rousse", "Auvergne-Rhône-Alpes", "France", "69004"),
    Place("Madrid", "Chamberí", "Comunidad de Madrid", "Spain", "28010"),
    Place("Lisboa", "Alfama", "Lisboa", "Portugal", "1100-148"),
    Place("London", "Camden", "England", "United Kingdom", "NW1 8AB"),
    Place("Dublin", "Ringsend", "Leinster", "Ireland", "D04 X2K5"),
    Place("Stockholm", "Södermalm", "Stockholms län", "Sweden", "118 20"),
    Place("København", "Nørrebro", "Hovedstaden", "Denmark", "2200"),
    Place("Warszawa", "Praga", "Mazowieckie", "Poland", "03-719"),
    Place("Budapest", "Terézváros", "Budapest", "Hungary", "1061"),
    Place("Milano", "Navigli", "Lombardia", "Italy", "20144"),
    Place("Amsterdam", "De Pijp", "Noord-Holland", "Netherlands", "1072 HB"),
    Place("New York", "Brooklyn", "New York", "United States", "11201"),
    Place("San Francisco", "SoMa", "California", "United States", "94103"),
    Place("São Paulo", "Pinheiros", "São Paulo", "Brazil", "05422-010"),
    Place("Tōkyō", "Shibuya", "Tōkyō", "Japan", "150-0002"),
    Place("القاهرة", "الزمالك", "Cairo Governorate", "Egypt", "11211"),
)

MAIL_HOSTS: Final = ("example.com", "example.org", "example.net", "mail.example.com", "büro.example")
"""Reserved by RFC 2606: no mail can ever reach a stranger."""

JOB_TITLES: Final = (
    "CEO", "Head of Procurement", "Einkaufsleiter", "Responsable achats", "Office Manager", "CTO",
    "Sales Director", "Jefe de compras", "Finance Manager", "Projektijuht", "IT Manager", "VP Operations",
    "Owner", "Assistant to the CEO",
)  # fmt: skip

PRODUCT_HEADS: Final = (
    "Standard", "Premium", "Entry", "Compact", "Enterprise", "Eco", "Classic", "Mobile", "Studio", "Field",
    "Night", "Onsite", "Remote", "Yearly", "Hourly", "Bundle", "Grün", "Léger", "Plus+", "Lite",
)  # fmt: skip

PRODUCT_KINDS: Final = (
    "licence", "support", "training", "installation", "sensor", "gateway", "audit", "subscription", "desk",
    "printer", "workshop", "migration", "controller", 'cable 2"', "maintenance", "consulting", "backup",
    "hosting", "scanner", "kit",
)  # fmt: skip


def company(rng: Random) -> str:
    """Make up the name of a company that might exist."""
    r = rng.random
    head, trade = pick(r, COMPANY_HEADS), pick(r, COMPANY_TRADES)
    return f"{head} {trade} {pick(r, COMPANY_FORMS)}"


def slug(text: str) -> str:
    """Keep the letters and digits that fit into a host name or a mailbox."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if c.isascii() and c.isalnum()).lower() or "name"
