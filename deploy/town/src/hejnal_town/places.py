"""Public buildings and other places that everyone in town knows."""

from dataclasses import dataclass

from hejnal_town.geometry import Point, bend
from hejnal_town.houses import Builder, rectangle
from hejnal_town.plan import DISTRICTS, STATION


@dataclass(frozen=True, slots=True)
class Place:
    """A known place on the drawing board."""

    name: str
    kind: str
    at: Point


# name, kind, place (ruled), width and depth of its building in metres (None: no building of its own), angle
_PUBLIC: tuple[tuple[str, str, Point, tuple[float, float] | None, float], ...] = (
    ("Ratusz", "town_hall", (0, 6), (34, 22), 0),
    ("Kościół św. Mikołaja", "church", (100, -98), (42, 18), 0),
    ("Zamek – Muzeum Ziemi Bugielskiej", "museum", (-200, -100), (40, 34), 6),
    ("Szkoła Podstawowa nr 1 im. Mikołaja Kopernika", "school", (-300, 330), (58, 20), 4),
    ("Szkoła Podstawowa nr 2 im. Henryka Sienkiewicza", "school", (560, 240), (64, 22), 5),
    ("Szkoła Podstawowa nr 3 im. Orląt Lwowskich", "school", (1500, 420), (80, 24), 6),
    ("Szkoła Podstawowa nr 4 im. Jana Brzechwy", "school", (-1350, 420), (60, 22), 9),
    ("Szkoła Podstawowa nr 5 im. Marii Konopnickiej", "school", (300, -780), (60, 22), 5),
    ("I Liceum Ogólnokształcące im. Tadeusza Kościuszki", "school", (210, 330), (62, 22), 4),
    ("Zespół Szkół Technicznych", "school", (980, 560), (72, 26), 3),
    ("Przedszkole nr 1 „Bajka”", "kindergarten", (-520, 250), (32, 18), 2),
    ("Przedszkole nr 2 „Pod Topolą”", "kindergarten", (1750, 560), (36, 20), 4),
    ("Przedszkole nr 3 „Skowronek”", "kindergarten", (-1520, 560), (32, 18), 8),
    ("Przedszkole nr 4 „Słoneczko”", "kindergarten", (400, -1250), (32, 18), 12),
    ("Szpital Powiatowy", "hospital", (400, 680), (90, 40), 3),
    ("Przychodnia Zdrowia", "clinic", (1240, 300), (40, 20), 4),
    ("Komenda Powiatowa Policji", "police", (-480, 680), (44, 20), 2),
    ("Straż Miejska", "police", (-150, 60), None, 0),
    ("Komenda Powiatowa PSP", "fire_station", (720, -120), (48, 22), -3),
    ("OSP Bugielsk-Zarzecze", "fire_station", (-400, -780), (28, 18), 6),
    ("Miejska Biblioteka Publiczna", "library", (-380, 120), (36, 20), 2),
    ("Bugielskie Centrum Kultury", "culture", (420, 140), (48, 32), 3),
    ("Kryta pływalnia „Fala”", "sport", (640, -300), (52, 34), -3),
    ("Hala sportowa", "sport", (1120, 480), (54, 34), 4),
    ("Dworzec kolejowy", "station", (STATION[0], STATION[1] + 40), (64, 16), -3),
    ("Dworzec autobusowy", "bus_station", (-330, 900), (46, 16), -3),
    ("Urząd Skarbowy", "office", (300, 560), (44, 20), 3),
    ("Sąd Rejonowy", "office", (-400, 420), (46, 24), 3),
    ("Powiatowy Urząd Pracy", "office", (660, 600), (36, 18), 3),
    ("Poczta Polska – Urząd Pocztowy Bugielsk 1", "post_office", (130, 90), None, 0),
    ("Targowisko miejskie", "market", (-560, -200), None, 0),
    ("Oczyszczalnia ścieków", "utility", (1900, -350), (60, 34), 0),
    ("Kościół Matki Bożej Królowej Polski", "church", (1350, 620), (44, 22), 6),
    ("Stadion Bugielka", "stadium", (455, -285), None, 0),
    ("Cmentarz parafialny", "cemetery", (-1015, 320), None, 0),
    ("Park Miejski im. Kościuszki", "park", (-460, -240), None, 0),
    ("Park Jordanowski", "park", (535, 520), None, 0),
    ("Rynek", "square", (0, -30), None, 0),
)  # fmt: skip


_AROUND = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7))


def build_places(builder: Builder) -> list[Place]:
    """Put up the public buildings, moving each a little where a street is in the way; before any house is built."""
    places = []
    for name, kind, ruled, size, angle in _PUBLIC:
        at = bend(*ruled)
        if kind == "town_hall" and size is not None:
            builder.place(rectangle(at, *size, angle), kind, on_open_ground=True)
        elif size is not None:
            at = _room_for(builder, at, size, angle, kind) or at
        places.append(Place(name, kind, at))
    for district in DISTRICTS:
        x = sum(point[0] for point in district.outline) / len(district.outline)
        y = sum(point[1] for point in district.outline) / len(district.outline)
        places.append(Place(district.name, "district", bend(x, y)))
    places.append(Place("Stare Miasto", "district", bend(0, 110)))
    return places


def _room_for(builder: Builder, at: Point, size: tuple[float, float], angle: float, kind: str) -> Point | None:
    """The nearest free spot within 140 m, in growing rings; None when there is none."""
    for radius in range(0, 145, 10):
        for dx, dy in _AROUND if radius else _AROUND[:1]:
            spot = (at[0] + dx * radius, at[1] + dy * radius)
            if builder.place(rectangle(spot, *size, angle), kind):
                return spot
    return None
