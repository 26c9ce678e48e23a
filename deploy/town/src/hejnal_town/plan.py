"""The plan of Bugielsk, in metres east and north of the middle of the market square, before anything is bent."""

from dataclasses import dataclass
from typing import Literal

from hejnal_town.geometry import Point, ellipse

RoadKind = Literal["trunk", "primary", "secondary", "tertiary", "residential", "pedestrian", "footway"]
Houses = Literal["tenement", "townhouse", "house", "block", "hall"]

HALF_WIDTH_M: dict[RoadKind, float] = {
    "trunk": 11, "primary": 9, "secondary": 8, "tertiary": 6.5, "residential": 5, "pedestrian": 5, "footway": 2,
}  # fmt: skip

RIVER_NAME = "Bugielka"
RIVER: tuple[Point, ...] = (
    (-3300, 60), (-2700, -170), (-2200, -420), (-1650, -330), (-1200, -560), (-700, -430), (-250, -520), (200, -470),
    (620, -580), (1050, -470), (1450, -640), (1950, -540), (2500, -800), (3300, -720),
)  # fmt: skip
RIVER_HALF_WIDTH_M = 14.0
STREAM_NAME = "Struga Leśna"
STREAM: tuple[Point, ...] = ((-2500, 2100), (-2150, 1500), (-2080, 900), (-1960, 350), (-1980, -330))
POND_CENTER: Point = (-1180, -820)

RAILWAY: tuple[Point, ...] = ((-3300, 1330), (-2200, 1190), (-900, 1060), (100, 1020), (1100, 1090), (2200, 1300), (3300, 1660))
STATION: Point = (-150, 1035)

OLD_TOWN = ellipse((0, 0), 290, 225)
BOUNDARY: tuple[Point, ...] = (
    (-2500, 1750), (-1500, 2150), (-300, 2050), (900, 2250), (1900, 2050), (2550, 1350), (2700, 300), (2550, -900),
    (2000, -1750), (900, -1980), (-300, -2060), (-1500, -1850), (-2350, -1250), (-2650, -200), (-2750, 900),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MainRoad:
    """A road that was there before the houses."""

    name: str
    kind: RoadKind
    points: tuple[Point, ...]
    houses: Houses | None = "townhouse"
    smooth: bool = True


MAIN_ROADS: tuple[MainRoad, ...] = (
    MainRoad("Obwodnica Bugielska", "trunk", (
        (-2900, 1690), (-2000, 1560), (-900, 1780), (300, 1800), (1300, 1820), (1960, 1350), (2130, 500), (2080, -400),
        (1980, -1250), (2250, -2300)), None),
    MainRoad("Warszawska", "primary", ((0, 225), (5, 420), (30, 800), (60, 1300), (40, 1800), (20, 2300))),
    MainRoad("Krakowska", "primary", ((0, -225), (-10, -420), (-20, -620), (-70, -1000), (-180, -1500), (-220, -2300))),
    MainRoad("Lubelska", "primary", ((290, 0), (620, 30), (1100, 90), (1600, 40), (2110, 90), (2900, 140))),
    MainRoad("Radomska", "primary", ((-290, 0), (-620, 20), (-1150, 110), (-1700, 140), (-2300, 330), (-2950, 520))),
    MainRoad("Sandomierska", "secondary", ((-50, -880), (300, -860), (800, -980), (1400, -1130), (2010, -1180),
            (2800, -1400))),
    MainRoad("Kielecka", "secondary", ((-60, -960), (-420, -960), (-900, -1080), (-1500, -1180), (-2100, -1400),
            (-2700, -1750))),
    MainRoad("aleja Jana Pawła II", "secondary", ((30, 810), (420, 800), (850, 790), (1400, 780), (2080, 760))),
    MainRoad("aleja Niepodległości", "secondary", ((30, 810), (-380, 790), (-800, 760), (-1250, 760), (-1700, 690),
            (-2250, 560))),
    MainRoad("Mostowa", "secondary", ((-640, 20), (-660, -250), (-690, -520), (-700, -800), (-720, -1020))),
    MainRoad("aleja Wojska Polskiego", "secondary", (
        (840, 790), (850, 400), (870, 60), (880, -300), (860, -600), (850, -990))),
    MainRoad("Dworcowa", "tertiary", ((-150, 985), (-150, 790), (-160, 500), (-140, 215))),
    MainRoad("Kolejowa", "tertiary", ((-1250, 1200), (-700, 1150), (-150, 1110), (60, 1115), (600, 1160),
            (1300, 1230), (1970, 1380))),
    MainRoad("Podwale", "tertiary", (*ellipse((0, 0), 300, 235), (300.0, 0.0)), "tenement", smooth=False),
    MainRoad("Bulwar nad Bugielką", "footway", (
        (-1150, -480), (-700, -370), (-250, -460), (200, -410), (620, -520), (1050, -410), (1440, -570)), None),
)  # fmt: skip

# The chartered town: the square, two streets from each of its corners, and the next street parallel to each side.
SQUARE_HALF_M = 52.0
OLD_STREETS: tuple[tuple[str, RoadKind, tuple[Point, ...]], ...] = (
    ("Rynek", "pedestrian", ((-52, 52), (52, 52), (52, -52), (-52, -52), (-52, 52))),
    ("Szewska", "pedestrian", ((-52, 52), (-52, 232))),
    ("Grodzka", "residential", ((52, 52), (52, 231))),
    ("Piekarska", "residential", ((52, 52), (294, 52))),
    ("Sukiennicza", "residential", ((52, -52), (294, -52))),
    ("Kościelna", "residential", ((52, -52), (52, -231))),
    ("Rzeźnicza", "residential", ((-52, -52), (-52, -231))),
    ("Zamkowa", "pedestrian", ((-52, -52), (-294, -52))),
    ("Szpitalna", "residential", ((-52, 52), (-294, 52))),
    ("Bednarska", "residential", ((150, 205), (150, -205))),
    ("Garncarska", "residential", ((-150, 205), (-150, -205))),
    ("Bracka", "residential", ((-235, 145), (235, 145))),
    ("Rybacka", "residential", ((-235, -145), (235, -145))),
)


@dataclass(frozen=True, slots=True)
class District:
    """A part of the town and how it was built."""

    name: str
    outline: tuple[Point, ...]
    angle_deg: float
    spacing_m: tuple[float, float]
    """Between streets along and across."""
    houses: Houses
    postcode: str
    names: str
    """Which pool its streets are named from."""
    density: float = 1.0
    """Share of plots that are built."""


DISTRICTS: tuple[District, ...] = (
    District("Śródmieście", ((-640, 30), (-640, 770), (30, 800), (850, 790), (860, 50), (300, 0), (0, 235), (-300, 0)),
             2, (150, 128), "townhouse", "27-931", "people"),
    District("Nadrzecze", ((-640, 10), (-300, -5), (0, -240), (300, -5), (860, 40), (860, -380), (300, -400),
            (-250, -440), (-660, -340)),
             -3, (140, 118), "townhouse", "27-931", "crafts"),
    District("Osiedle Tysiąclecia", ((870, 70), (860, 780), (2070, 750),
            (2110, 90)), 4, (240, 190), "block", "27-934", "history"),
    District("Kolonia Kolejowa", ((-1250, 1190), (-150, 1110), (1300, 1220), (1290, 1780), (300, 1760), (-900, 1740)),
             -4, (170, 140), "house", "27-935", "trees", 0.9),
    District("Osiedle Leśne", ((-1890, 160), (-1900, 690), (-1250, 770), (-660, 760), (-660, 40), (-1150, 110)),
             8, (170, 135), "house", "27-933", "birds", 0.92),
    District("Zarzecze", ((-690, -600), (-30, -640), (840, -700), (850, -990), (300, -870), (-60, -890), (-420, -960),
            (-710, -1000)),
             6, (160, 130), "house", "27-932", "flowers", 0.95),
    District("Kolonia Kielecka", ((-720, -1030), (-1500, -1170), (-1450, -1720), (-180, -1760), (-90, -1000), (-420, -970)),
             -10, (175, 145), "house", "27-936", "fields", 0.88),
    District("Piaski", ((-70, -1000), (300, -880), (850, -1000), (1420, -1140), (1350, -1650), (-170, -1700)),
             12, (180, 150), "house", "27-936", "places", 0.85),
    District("Strefa Przemysłowa", ((880, 60), (2090, 60), (2060, -420), (1450, -480), (880, -380)),
             0, (300, 175), "hall", "27-937", "industry", 0.95),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Area:
    """Ground that is neither street nor plot."""

    name: str
    kind: str
    """As in the map's style: park, forest, cemetery, pitch, meadow, allotments, industrial, farmland."""
    outline: tuple[Point, ...]
    keeps_houses_out: bool = True


AREAS: tuple[Area, ...] = (
    Area("Park Miejski im. Kościuszki", "park", ((-620, -80), (-330, -120), (-290, -330), (-420, -400), (-640, -330))),
    Area("Park Jordanowski", "park", ((420, 420), (640, 430), (650, 620), (430, 610))),
    Area("Skwer Sybiraków", "park", ((-420, 560), (-260, 560), (-260, 690), (-420, 690))),
    Area("Cmentarz parafialny", "cemetery", ((-1150, 210), (-890, 200), (-880, 430), (-1130, 440))),
    Area("Stadion Bugielka", "pitch", ((350, -210), (560, -200), (560, -360), (350, -370))),
    Area("Las Bugielski", "forest", (
        (-2700, 1900), (-1700, 2100), (-1300, 1700), (-1950, 1480), (-2010, 800), (-2350, 640), (-2700, 800))),
    Area("Las Piaskowy", "forest", ((300, -1750), (900, -1720), (1500, -1680), (1780, -1300), (2000, -1400),
            (1900, -1800), (900, -2050))),
    Area("Łęgi", "meadow", ((-2600, -150), (-1950, -520), (-1250, -640), (-1100, -760), (-1500, -900), (-2300, -900))),
    Area("Łęgi Wschodnie", "meadow", ((1000, -560), (1500, -720), (2000, -620), (2500, -900), (2300, -1050),
            (1500, -960), (950, -800))),
    Area("ROD Kolejarz", "allotments", ((1340, 1250), (1880, 1390), (1700, 1640), (1330, 1720))),
    Area("ROD Słonecznik", "allotments", ((-1880, -60), (-1350, 30), (-1300, -260), (-1700, -230))),
    Area("Pola Zachodnie", "farmland", ((-2700, 450), (-2300, 380), (-1950, 100), (-2100, -300), (-2640, -100))),
    Area("Pola Południowe", "farmland", ((-1500, -1830), (-1480, -1250), (-2050, -1430), (-2300, -1250))),
    Area("Pola Wschodnie", "farmland", ((2180, 650), (2180, -300), (2560, -700), (2680, 200), (2580, 1200), (2200, 1150))),
    Area("Tereny kolejowe", "railway", ((-700, 1010), (-150, 985), (450, 985), (450, 1060), (-150, 1085),
            (-700, 1110)), False),
    Area("Strefa Przemysłowa", "industrial", ((880, 50), (2090, 60), (2060, -420), (1450, -480), (890, -370)), False),
)  # fmt: skip
