"""Names for generated rows: invented, of no real company or person."""

REGIONS = (
    ("North", 0.17), ("South", 0.14), ("East", 0.12), ("West", 0.19),
    ("Central", 0.15), ("Coast", 0.11), ("Highlands", 0.07), ("Islands", 0.05),
)  # fmt: skip
CHANNELS = (("Web", 0.52), ("Store", 0.27), ("Marketplace", 0.14), ("Phone", 0.07))
TEAMS = ("Field", "Inside", "Key accounts")

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Kitchen": ("Cookware", "Knives", "Bakeware", "Coffee"),
    "Home": ("Lighting", "Textiles", "Storage", "Decoration"),
    "Garden": ("Tools", "Pots", "Furniture", "Grills"),
    "Office": ("Paper", "Writing", "Desks", "Accessories"),
    "Electronics": ("Audio", "Wearables", "Cables", "Smart home"),
    "Sports": ("Running", "Cycling", "Camping", "Fitness"),
    "Toys": ("Games", "Puzzles", "Models", "Outdoor play"),
    "Beauty": ("Skin care", "Hair care", "Fragrance", "Bath"),
}
MARGINS = {
    "Kitchen": 0.46, "Home": 0.52, "Garden": 0.41, "Office": 0.35,
    "Electronics": 0.22, "Sports": 0.38, "Toys": 0.44, "Beauty": 0.61,
}  # fmt: skip
"""Profit's share of the list price."""
RETURNS = {
    "Kitchen": 0.03, "Home": 0.04, "Garden": 0.03, "Office": 0.02,
    "Electronics": 0.08, "Sports": 0.06, "Toys": 0.04, "Beauty": 0.02,
}  # fmt: skip
"""Share of lines that are returned."""
PRICES = {
    "Kitchen": 32, "Home": 38, "Garden": 55, "Office": 14,
    "Electronics": 78, "Sports": 49, "Toys": 24, "Beauty": 19,
}  # fmt: skip
"""Median list price."""

STYLES = (
    "Aster", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Haven", "Iris", "Juniper",
    "Kestrel", "Linden", "Maple", "Nimbus", "Onyx", "Pebble", "Quill", "Raven", "Sable", "Tundra",
)  # fmt: skip
KINDS = ("Classic", "Compact", "Duo", "Eco", "Family", "Light", "Max", "Mini", "Plus", "Pro")
CUSTOMER_FIRST = (
    "Ada", "Ben", "Cara", "Dan", "Elif", "Finn", "Gia", "Hugo", "Ines", "Jon", "Kai", "Lea",
    "Milo", "Nora", "Omar", "Pia", "Quinn", "Rosa", "Sami", "Tess", "Uma", "Vera", "Wim", "Yara",
)  # fmt: skip
CUSTOMER_LAST = (
    "Abel", "Brandt", "Castro", "Duval", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov",
    "Jansen", "Kaya", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Silva",
    "Tanaka", "Ueda", "Varga", "Weber", "Young", "Zeman",
)  # fmt: skip
REP_FIRST = (
    "Alba", "Boris", "Chloe", "Dario", "Edith", "Felix", "Greta", "Henri", "Ilse", "Jarek",
    "Klara", "Luca", "Mira", "Nils", "Olga", "Paul", "Rita", "Sven", "Tilda", "Ugo", "Vito",
    "Wanda", "Xenia", "Zoe",
)  # fmt: skip
REP_LAST = (
    "Adler", "Berg", "Costa", "Dahl", "Egger", "Falk", "Gruber", "Holm", "Ilves", "Janssens",
    "Keller", "Lund", "Marino", "Nagy", "Olsen", "Pavic", "Ricci", "Sato", "Toth", "Urban",
    "Vidal", "Wolf", "Yilmaz", "Zander", "Zorn",
)  # fmt: skip
"""None of them is a customer's, so that a name says which of both it is."""
COUNTRIES = {
    "North": "Sweden", "South": "Italy", "East": "Poland", "West": "France",
    "Central": "Germany", "Coast": "Netherlands", "Highlands": "Switzerland", "Islands": "Ireland",
}  # fmt: skip
