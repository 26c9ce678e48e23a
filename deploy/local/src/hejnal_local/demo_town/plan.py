"""The hand-made skeleton of the town. Metres east and north of the market square."""

from dataclasses import dataclass
from typing import Literal

Xy = tuple[float, float]

NAME = "Bugielsk"
TERYT = "2699011"
CENTER_LAT, CENTER_LON = 51.05, 20.95

BOUNDARY: tuple[Xy, ...] = (
    (-3400, -300),
    (-3150, 900),
    (-2500, 1700),
    (-1300, 2450),
    (300, 2600),
    (1900, 2500),
    (3100, 1900),
    (3400, 500),
    (3250, -900),
    (2500, -1900),
    (1100, -2450),
    (-600, -2550),
    (-2100, -2250),
    (-3050, -1400),
)

RIVER = (
    "Bugla",
    26.0,
    ((-4000, -250), (-2500, -650), (-1500, -500), (-600, -760), (300, -640), (1200, -900), (2200, -720), (4000, -1150)),
)
STREAM = ("Młynówka", 5.0, ((-850, 3000), (-1000, 1700), (-1420, 620), (-1750, 150), (-1850, -560)))
LAKE = ("Zalew Bugielski", ((1750, -1050), (2150, -960), (2600, -1120), (2700, -1400), (2250, -1560), (1850, -1400)))
RAILWAY: tuple[Xy, ...] = ((-4000, 1420), (-1500, 1270), (600, 1210), (2000, 1290), (4000, 1600))
SQUARE = ("Rynek", ((-55, -40), (55, -48), (62, 44), (-50, 50)))


@dataclass(frozen=True, slots=True)
class Artery:
    """A road that carries the town's traffic."""

    name: str
    kind: Literal["primary", "secondary", "tertiary"]
    line: tuple[Xy, ...]


ARTERIES: tuple[Artery, ...] = (
    Artery("Warszawska", "primary", ((0, 47), (110, 600), (240, 1215), (420, 1900), (620, 3000))),
    Artery("Kielecka", "primary", ((-52, 5), (-900, 80), (-1800, -40), (-2700, 130), (-3900, 90))),
    Artery("Radomska", "primary", ((58, 0), (900, 120), (1800, 60), (2700, 250), (3900, 330))),
    Artery("Krakowska", "primary", ((0, -44), (-60, -430), (-110, -750), (-210, -1340), (-310, -2000), (-220, -3000))),
    Artery("Aleja Tysiąclecia", "secondary", ((-1800, -40), (-1540, 700), (-720, 940), (175, 930), (1200, 900), (1800, 60))),
    Artery("Nadrzeczna", "secondary", ((-1800, -40), (-1300, -330), (-60, -430), (900, -480), (1500, -420), (1800, 60))),
    Artery("Kolejowa", "tertiary", ((-1700, 1160), (-700, 1110), (220, 1100), (1200, 1130), (2100, 1190))),
    Artery("Mostowa", "tertiary", ((1130, -455), (1190, -880), (1140, -1450))),
    Artery("Leśna", "tertiary", ((-2300, -1350), (-1200, -1300), (-210, -1340), (1140, -1450), (1750, -1700))),
    Artery("Północna", "tertiary", ((-1350, 1850), (-300, 1900), (420, 1900), (1500, 1880), (2600, 1750))),
)


@dataclass(frozen=True, slots=True)
class District:
    """A part of the town with its own pattern of streets and houses."""

    name: str
    postcode: str
    outline: tuple[Xy, ...]
    turn_deg: float
    along_m: float
    across_m: float
    houses: Literal["old", "house", "block", "hall"]
    landuse: str = "residential"


DISTRICTS: tuple[District, ...] = (
    District("Stare Miasto", "27-990", ((-330, -330), (330, -350), (360, 330), (-340, 340)), 6, 100, 120, "old"),
    District(
        "Śródmieście",
        "27-991",
        (
            (-1790, -40),
            (-1300, -325),
            (-60, -425),
            (900, -475),
            (1490, -415),
            (1790, 60),
            (1195, 895),
            (175, 925),
            (-715, 935),
            (-1535, 695),
        ),
        4,
        160,
        210,
        "block",
    ),
    District("Skałka", "27-992", ((-2950, 170), (-1880, 30), (-1640, 640), (-1820, 1230), (-2500, 1270)), -12, 190, 230, "block"),
    District(
        "Kolejarz",
        "27-993",
        ((-1900, 1310), (200, 1290), (2100, 1360), (2700, 1640), (2500, 2150), (400, 2430), (-1300, 2280)),
        3,
        135,
        210,
        "house",
    ),
    District(
        "Zarzecze",
        "27-994",
        ((-2250, -780), (-600, -860), (900, -830), (1100, -1500), (700, -2250), (-800, -2350), (-2100, -1900)),
        -5,
        140,
        220,
        "house",
    ),
    District(
        "Słoneczne",
        "27-992",
        ((1860, 130), (2650, 300), (3150, 420), (2950, 1150), (2050, 1120), (1450, 700)),
        10,
        130,
        190,
        "house",
    ),
    District(
        "Majówka", "27-994", ((-3150, -350), (-2400, -540), (-1950, -420), (-1900, -110), (-2700, 60)), -8, 120, 180, "house"
    ),
    District(
        "Strefa Przemysłowa",
        "27-993",
        ((2000, -120), (3150, 120), (3100, -700), (1800, -600)),
        14,
        260,
        300,
        "hall",
        "industrial",
    ),
)

GREENS: tuple[tuple[str, str, tuple[Xy, ...]], ...] = (
    ("Park Miejski", "park", ((420, -330), (820, -380), (860, -140), (450, -90))),
    ("Błonia nad Buglą", "meadow", ((-1200, -400), (1400, -520), (1300, -860), (-1300, -600))),
    ("Las Miejski", "forest", ((-3300, -1000), (-2350, -850), (-2250, -1900), (-2900, -1500))),
    ("Las Zalewowy", "forest", ((1700, -1650), (2800, -1550), (2400, -1950), (1200, -2350), (1150, -1700))),
    ("Las Północny", "forest", ((-2500, 1500), (-1950, 1400), (-1350, 2250), (-1500, 2400))),
    ("Cmentarz Komunalny", "cemetery", ((-1050, 1550), (-700, 1530), (-680, 1790), (-1030, 1800))),
    ("Stadion Miejski", "pitch", ((1180, 220), (1420, 240), (1400, 420), (1160, 400))),
    ("Ogrody Działkowe Relaks", "allotments", ((2250, 1380), (2900, 1450), (2850, 1700), (2350, 1600))),
)


@dataclass(frozen=True, slots=True)
class Landmark:
    """A known place with its own grounds."""

    name: str
    kind: str
    at: Xy
    size_m: tuple[float, float] = (60, 45)


LANDMARKS: tuple[Landmark, ...] = (
    Landmark("Ratusz", "town_hall", (0, 2), (26, 20)),
    Landmark("Urząd Miejski", "office", (-150, 190)),
    Landmark("Szkoła Podstawowa nr 1", "school", (250, 260), (80, 60)),
    Landmark("Szkoła Podstawowa nr 2", "school", (-900, 420), (90, 70)),
    Landmark("Szkoła Podstawowa nr 3", "school", (-2250, 700), (90, 70)),
    Landmark("Szkoła Podstawowa nr 4", "school", (700, 1650), (90, 70)),
    Landmark("Szkoła Podstawowa nr 5", "school", (-900, -1650), (90, 70)),
    Landmark("Szkoła Podstawowa nr 6", "school", (2400, 700), (90, 70)),
    Landmark("Liceum im. Marii Skłodowskiej-Curie", "school", (-480, 560), (90, 60)),
    Landmark("Zespół Szkół Technicznych", "school", (1250, 640), (100, 70)),
    Landmark("Przedszkole nr 1 Słoneczko", "kindergarten", (-330, -200), (50, 40)),
    Landmark("Przedszkole nr 2 Jarzębinka", "kindergarten", (-2100, 420), (50, 40)),
    Landmark("Przedszkole nr 3 Pod Dębem", "kindergarten", (200, -1750), (50, 40)),
    Landmark("Szpital Powiatowy", "hospital", (-1180, 230), (140, 90)),
    Landmark("Komenda Powiatowa Policji", "police", (620, 330), (60, 50)),
    Landmark("Straż Miejska", "police", (170, -150), (36, 28)),
    Landmark("Państwowa Straż Pożarna", "fire_station", (1000, 330), (80, 50)),
    Landmark("Ochotnicza Straż Pożarna Zarzecze", "fire_station", (-520, -1480), (40, 30)),
    Landmark("Dworzec Kolejowy", "station", (420, 1160), (90, 26)),
    Landmark("Dworzec Autobusowy", "bus_station", (120, 1050), (60, 40)),
    Landmark("Kościół św. Floriana", "church", (-130, -110), (46, 28)),
    Landmark("Kościół Matki Bożej Królowej Polski", "church", (-2350, 330), (50, 30)),
    Landmark("Miejska Biblioteka Publiczna", "library", (300, -40), (40, 30)),
    Landmark("Miejskie Centrum Kultury", "culture", (-560, 120), (70, 50)),
    Landmark("Pływalnia Delfin", "sports", (1050, 520), (80, 50)),
    Landmark("Targowisko Miejskie", "market", (-700, -180), (100, 60)),
    Landmark("Plaża Miejska", "beach", (1820, -1000), (60, 30)),
    Landmark("Oczyszczalnia Ścieków", "waterworks", (2900, -620), (120, 80)),
)
