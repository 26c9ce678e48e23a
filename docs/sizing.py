"""Write the sizing guide: what a town needs, reckoned from the measured figures in `docs/reference/benchmarks.json`.

python docs/sizing.py           writes docs/guide/dobor-sprzetu.md
python docs/sizing.py --check   exits 1 when it is out of date
"""

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURED = HERE / "reference" / "benchmarks.json"
PAGE = HERE / "guide" / "dobor-sprzetu.md"

MBIT_PER_CAMERA = 4.0
RESERVE = 2.0
"""Cores are reckoned with so much in hand: databases, Kafka and the operating system of a small machine live on it."""
CAMERAS_PER_PROCESS = 250
"""One ingest process is one event loop; at 190 cameras it is busy for about half of its time."""
WALL_SHARE_OF_MAIN = 0.2
"""A tile of the wall shows the sub stream: about a fifth of the main stream's packets."""
OPENED_SHARE, OPENED_WITHIN_S, READS_PER_VISIT = 0.10, 300, 6
"""After an emergency one resident in ten opens the page within five minutes, with six requests each."""
BYTES_PER_FACT = 900
FACTS_PER_CAMERA_S = 0.55
"""A fragment every two seconds, a word of state every 20 s."""
INDEX_BYTES_PER_FRAGMENT = 115
"""Rows and indexes in PostgreSQL: `bench-index` took 28 GB for 8.2 million segments of thirty fragments."""


@dataclass(frozen=True, slots=True)
class Town:
    """What is asked for."""

    name: str
    cameras: int
    days: int
    tiles: int
    residents: int
    pushed: int
    sms: int


TOWNS = (
    Town("mała gmina", 20, 30, 12, 10_000, 2_000, 500),
    Town("miasto jak Starachowice i Ciechanów razem", 190, 30, 60, 50_000, 15_000, 1_500),
    Town("duże miasto powiatowe", 500, 30, 120, 150_000, 50_000, 10_000),
    Town("miasto wojewódzkie", 2_000, 30, 300, 500_000, 200_000, 50_000),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures everything is reckoned from, each named by its benchmark."""

    ingest_percent: dict[int, float]
    """By the number of cameras of one process: waking up once for many is cheaper."""
    ingest_mb: float
    recorder_percent: float
    us_per_packet: float
    packets_per_viewer_s: float
    idle_gateway_percent: float
    pushes_per_s: float
    push_cpu_ms: float
    api_percent_per_request: float
    plan_per_s: float

    @classmethod
    def of(cls, measurements: list[dict[str, Any]]) -> "Measured":
        """Taken from the benchmarks. Raises LookupError naming the benchmark that was not run."""

        def one(bench: str, **like: Any) -> dict[str, Any]:
            for row in measurements:
                if row["bench"] == bench and row["system"] == "hejnal" and all(row.get(k) == v for k, v in like.items()):
                    return row
            raise LookupError(f"no figure in {MEASURED.name}: run `make bench-{bench}` ({like})")

        ingest = one("ingest", cameras=190)
        live = one("live", viewers=20)
        pushes = one("notify", measure="web push", deliveries=100_000)
        api = one("api", what="reads", per_s=50.0)
        recorder = one("recorder", cameras=190)
        return cls(
            ingest_percent={
                row["cameras"]: row["core_percent_per_camera"]
                for row in measurements
                if row["bench"] == "ingest" and row["system"] == "hejnal"
            },
            ingest_mb=ingest["rss_mb"] / ingest["cameras"],
            recorder_percent=recorder["core_percent_per_camera"],
            us_per_packet=live["us_per_packet"],
            packets_per_viewer_s=live["packets"] / live["viewers"] / 8,
            idle_gateway_percent=live["idle_core_percent"],
            pushes_per_s=pushes["per_second"],
            push_cpu_ms=1000 * pushes["cpu_s"]["notifier"] / pushes["deliveries"],
            api_percent_per_request=api["cpu_percent"] / api["per_s"],
            plan_per_s=one("notify", measure="plan", deliveries=100_000)["per_second"],
        )


@dataclass(frozen=True, slots=True)
class Need:
    """What one town needs."""

    town: Town
    ingest_cores: float
    ingest_processes: int
    ingest_gb: float
    recorder_cores: float
    gateway_cores: float
    api_cores: float
    write_mb_s: float
    archive_tb: float
    index_gb: float
    facts_per_s: float
    told_s: float
    cores: int
    memory_gb: int


def need(town: Town, figures: Measured) -> Need:
    """The arithmetic, line by line as the page tells it."""
    measured = max(size for size in figures.ingest_percent if size <= max(town.cameras, min(figures.ingest_percent)))
    ingest = town.cameras * figures.ingest_percent[measured] / 100
    processes = math.ceil(town.cameras / CAMERAS_PER_PROCESS)
    ingest_gb = town.cameras * figures.ingest_mb / 1000
    recorder = town.cameras * figures.recorder_percent / 100
    packets_s = town.tiles * figures.packets_per_viewer_s * WALL_SHARE_OF_MAIN
    gateway = packets_s * figures.us_per_packet / 1e6 + figures.idle_gateway_percent / 100
    requests_s = town.residents * OPENED_SHARE * READS_PER_VISIT / OPENED_WITHIN_S
    api = requests_s * figures.api_percent_per_request / 100
    write = town.cameras * MBIT_PER_CAMERA / 8
    index = town.cameras * town.days * 86_400 / 2 * INDEX_BYTES_PER_FRAGMENT / 1e9
    told = town.pushed / figures.pushes_per_s
    cores = ingest + recorder + gateway + api + 1  # the notifier while it sends
    return Need(
        town=town,
        ingest_cores=ingest,
        ingest_processes=processes,
        ingest_gb=ingest_gb,
        recorder_cores=recorder,
        gateway_cores=gateway,
        api_cores=api,
        write_mb_s=write,
        archive_tb=write * 86_400 * town.days / 1e6,
        index_gb=index,
        facts_per_s=town.cameras * FACTS_PER_CAMERA_S,
        told_s=told,
        cores=math.ceil(cores * RESERVE),
        memory_gb=math.ceil(4 + ingest_gb + 0.2 * (processes + 4) + index / 4),
    )


def page(figures: Measured, measured_at: str) -> str:
    """The guide, in Polish."""
    needs = [need(town, figures) for town in TOWNS]

    def row(name: str, cells: list[str]) -> str:
        return f"| {name} | {' | '.join(cells)} |"

    def number(value: float, digits: int = 1) -> str:
        return f"{value:,.{digits}f}".replace(",", "\u00a0").replace(".", ",")

    def whole(value: float) -> str:
        return number(value, 0)

    f = figures
    lines = [
        "<!-- generated by docs/sizing.py from the measured figures; `make contracts` writes it anew -->",
        "",
        "# Dobór sprzętu",
        "",
        "Dla informatyka gminy. Każda liczba jest policzona z pomiarów w [benchmarks](../reference/benchmarks.md)",
        f"({measured_at[:10]}, wirtualna maszyna z dwoma rdzeniami); na innym sprzęcie zmierz sam: `make bench`.",
        "Rdzeń znaczy: jeden rdzeń takiej maszyny.",
        "",
        row("", [one.town.name for one in needs]),
        row("---", ["---"] * len(needs)),
        row("kamery (4 Mbit/s), dni archiwum", [f"{one.town.cameras}, {one.town.days}" for one in needs]),
        row(
            "mieszkańcy, powiadamiani w przeglądarce, SMS",
            [f"{whole(one.town.residents)}, {whole(one.town.pushed)}, {whole(one.town.sms)}" for one in needs],
        ),
        row("oglądane naraz kafelki", [str(one.town.tiles) for one in needs]),
        row("**rdzenie, z zapasem ×2**", [f"**{max(2, one.cores)}**" for one in needs]),
        row("**pamięć**", [f"**{max(4, one.memory_gb)} GB**" for one in needs]),
        row("**archiwum na dysku**", [f"**{number(one.archive_tb)} TB**" for one in needs]),
        row("zapis ciągły", [f"{whole(one.write_mb_s)} MB/s" for one in needs]),
        row(
            "ingest: rdzenie, procesy, pamięć",
            [f"{number(one.ingest_cores, 2)}; {one.ingest_processes}; {number(one.ingest_gb)} GB" for one in needs],
        ),
        row("recorder: rdzenie", [number(one.recorder_cores, 2) for one in needs]),
        row("operator-gateway: rdzenie", [number(one.gateway_cores, 2) for one in needs]),
        row("citizen-api: rdzenie w szczycie", [number(one.api_cores, 2) for one in needs]),
        row("wszyscy powiadomieni w przeglądarce po", [f"{whole(max(1, one.told_s))} s" for one in needs]),
        row(
            "fakty w Kafce",
            [f"{whole(one.facts_per_s)}/s, {number(one.facts_per_s * BYTES_PER_FACT / 1e6, 2)} MB/s" for one in needs],
        ),
        row("indeks nagrań w PostgreSQL", [f"{number(one.index_gb)} GB" for one in needs]),
        "",
        "## Rachunek",
        "",
        row("co", ["wzór", "pomiar"]),
        row("---", ["---", "---"]),
        row(
            "ingest",
            [
                "kamery × koszt przy najbliższej mniejszej zmierzonej liczbie ("
                + "; ".join(f"{size}: {number(percent, 2)} %" for size, percent in sorted(f.ingest_percent.items()))
                + f" rdzenia); {number(f.ingest_mb, 2)} MB na kamerę",
                "`bench-ingest`, 190 kamer, ze skrótami, synchronizacją i faktami",
            ],
        ),
        row("procesy ingest", [f"kamery / {CAMERAS_PER_PROCESS}, w górę", "jedna pętla zdarzeń na proces"]),
        row("recorder", [f"kamery × {number(f.recorder_percent, 3)} % rdzenia", "`bench-recorder`, 190 kamer"]),
        row(
            "podgląd",
            [
                (
                    f"kafelki × {whole(f.packets_per_viewer_s)} pakietów/s × {number(WALL_SHARE_OF_MAIN)} × "
                    f"{number(f.us_per_packet, 2)} µs + {number(f.idle_gateway_percent)} % spoczynku"
                ),
                "`bench-live`, 20 widzów",
            ],
        ),
        row(
            "strona mieszkańca",
            [
                (
                    f"{whole(100 * OPENED_SHARE)} % mieszkańców × {READS_PER_VISIT} zapytań w {OPENED_WITHIN_S // 60} min × "
                    f"{number(f.api_percent_per_request, 2)} % rdzenia·s"
                ),
                "`bench-api`, 50/s",
            ],
        ),
        row(
            "powiadomienia",
            [
                f"odbiorcy / {whole(f.pushes_per_s)} na sekundę; {number(f.push_cpu_ms, 2)} ms procesora każde",
                "`bench-notify`, 100 000, na maszynie z odbiorcą",
            ],
        ),
        row("plan wysyłki", [f"odbiorcy / {whole(f.plan_per_s)} na sekundę", "`bench-notify`"]),
        row("archiwum", ["kamery × 4 Mbit/s ÷ 8 × 86 400 s × dni", "rachunek"]),
        row("indeks", [f"kamery × dni × 43 200 fragmentów × {INDEX_BYTES_PER_FRAGMENT} B", "`bench-index`, 8,2 mln segmentów"]),
        row("Kafka", [f"kamery × {number(FACTS_PER_CAMERA_S, 2)} faktu/s × {BYTES_PER_FACT} B", "fakty, nigdy obraz"]),
        row("rdzenie razem", [f"suma + 1 (notifier, gdy wysyła), × {whole(RESERVE)}", "zapas na bazę, Kafkę i system"]),
        "",
        "## Co z tego wynika",
        "- **Dysk decyduje.** Archiwum pisze równo i bez przerwy, więc wystarczą dyski talerzowe w RAID 6 albo RAID 10;",
        "  PostgreSQL i Kafka na SSD.",
        "- Do około 250 kamer wszystko mieści się na jednej maszynie (zasilanie i dyski podwójne, kopie zapasowe poza nią).",
        "- Powyżej: ingest i recorder na osobnych maszynach; wtedy obraz idzie przez sieć dwa razy (odbiór i przejęcie),",
        f"  czyli przy 2 000 kamer {whole(2 * 2_000 * MBIT_PER_CAMERA / 1000)} Gbit/s: sieć 25 Gbit/s i kilka rejestratorów,",
        "  każdy ze swoimi dyskami.",
        "- Tempo SMS wyznacza umowa z operatorem, nie serwer: 1 500 mieszkańców na trzech kanałach jest u dostawców po",
        "  około 6 s.",
        "- Wartości powyżej 190 kamer i 100 000 wiadomości są policzone, nie zmierzone.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """The exit code."""
    kept = json.loads(MEASURED.read_text(encoding="utf-8"))
    written = page(Measured.of(kept["measurements"]), kept["machine"]["measured_at"])
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != written:
            print(f"{PAGE.relative_to(HERE.parent)} is out of date: `make contracts`")
            return 1
        return 0
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
