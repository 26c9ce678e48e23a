"""Service level objectives: what a town may expect, and the rules and alerts that follow.

Burn rates and windows are those of the SRE Workbook, chapter 5 (multiwindow, multi-burn-rate alerts), for a budget of 30 days:
an alert asks a long window whether it matters and a short one whether it still goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21600, "1d": 86400, "3d": 259200, "30d": 2592000}
WINDOWS = tuple(_SECONDS)


@dataclass(frozen=True, slots=True)
class Burn:
    """A share of the budget used so fast that somebody has to look."""

    name: str
    severity: str
    pairs: tuple[tuple[float, str, str], ...]
    """Burn rate, long window, short window."""
    words: str


FAST = Burn(
    "Fast", "page", ((14.4, "1h", "5m"), (6.0, "6h", "30m")), "szybko: przy tym tempie miesięczny zapas starczy na 2–5 dni"
)
SLOW = Burn(
    "Slow", "ticket", ((3.0, "1d", "2h"), (1.0, "3d", "6h")), "powoli: przy tym tempie zapasu nie starczy do końca miesiąca"
)


@dataclass(frozen=True, slots=True)
class Objective:
    """What is promised.

    `bad` and `all` say in PromQL how many events went badly and how many there were, with `$w` for the window, `$s` for its
    seconds and `$i` for those between two evaluations.
    """

    key: str
    """In the names of the recorded series."""
    alert: str
    title: str
    promise: str
    goal: float
    bad: str
    all: str
    runbook: str
    service: str
    least_bad: float = 0
    """So many bad events must lie in an alert's long window: one slow start of three at night wakes nobody."""

    @property
    def budget(self) -> float:
        """Share of the events that may go badly."""
        return round(1 - self.goal, 9)

    def error_ratio(self, window: str) -> str:
        """Name of the recorded share of bad events in a window."""
        return f"hejnal:{self.key}:error_ratio_{window}"


_NOT_OURS = 'route!~"/metrics|/healthz|/readyz", job=~"(.+-)?(citizen-api|operator-gateway)"'
_RECORDED = (
    "(sum(increase(hejnal_recorder_recorded_seconds_total[$w]) "
    "unless on (instance, job) last_over_time(hejnal_recorder_standby[$w]) == 1) or vector(0))"
)
# Of a town younger than the window only its own time counts; one sample more than intervals lies in it.
_EXPECTED = (
    "sum(avg_over_time(hejnal:cameras_expected[$w]) * clamp_max((count_over_time(hejnal:cameras_expected[$w$is]) - 1) * $i, $s))"
)

OBJECTIVES = (
    Objective(
        key="recording",
        alert="HejnalRecording",
        title="Kompletność nagrań",
        promise="99,5 % czasu włączonych kamer jest w archiwum od razu, bez dosyłania z kart kamer",
        goal=0.995,
        bad=f"clamp_min({_EXPECTED} - {_RECORDED}, 0)",
        all=_EXPECTED,
        runbook="nagrania-niepelne.md",
        service="recorder",
    ),
    Objective(
        key="live_start",
        alert="HejnalLiveStart",
        title="Start podglądu na żywo",
        promise="99 % podglądów pokazuje obraz w ciągu 1 s",
        goal=0.99,
        bad='sum(increase(hejnal_gateway_first_picture_seconds_count[$w])) '
        '- sum(increase(hejnal_gateway_first_picture_seconds_bucket{le="1.0"}[$w]))',
        all="sum(increase(hejnal_gateway_first_picture_seconds_count[$w]))",
        runbook="podglad-wolny.md",
        service="operator-gateway",
        least_bad=5,
    ),
    Objective(
        key="delivery",
        alert="HejnalDelivery",
        title="Wysyłka komunikatów",
        promise="99 % wiadomości jest przyjętych przez dostawcę w ciągu 5 min",
        goal=0.99,
        bad='sum(increase(hejnal_notifier_waited_seconds_count[$w])) '
        '- sum(increase(hejnal_notifier_waited_seconds_bucket{le="300.0"}[$w]))',
        all="sum(increase(hejnal_notifier_waited_seconds_count[$w]))",
        runbook="dostarczanie-stoi.md",
        service="notifier",
        least_bad=5,
    ),
    Objective(
        key="api",
        alert="HejnalApi",
        title="Dostępność stron i API",
        promise="99,9 % żądań do obu drzwi (mieszkańcy, operatorzy) nie kończy się błędem serwera",
        goal=0.999,
        bad=f'sum(increase(hejnal_http_requests_total{{status=~"5..", {_NOT_OURS}}}[$w]))',
        all=f"sum(increase(hejnal_http_requests_total{{{_NOT_OURS}}}[$w]))",
        runbook="bledy-serwera.md",
        service="operator-gateway",
        least_bad=5,
    ),
)  # fmt: skip

_HEADER = (
    "# Zrobione z deploy/monitoring/src/hejnal_monitoring/objectives.py: tam zmieniać, potem\n"
    "# python -m hejnal_monitoring write\n"
)


def rules(interval_s: int = 30, lengths_s: Mapping[str, Mapping[str, int]] | None = None) -> str:
    """The recording rules (Prometheus rule file), evaluated every `interval_s`.

    `lengths_s` gives windows other lengths, by objective and window, for whoever cannot wait for three days.
    """
    lines = [
        _HEADER + "groups:",
        "  - name: hejnal-cele",
        f"    interval: {interval_s}s",
        "    rules:",
        "      # Ile kamer ma być nagrywanych; gdy ingest milczy, tyle, ile ich miał ostatnio:",
        "      # inaczej jego śmierć byłaby dobrą wiadomością.",
        "      - record: hejnal:cameras_expected",
        '        expr: sum(hejnal_ingest_cameras{condition!="off"}) or last_over_time(hejnal:cameras_expected[10m])',
    ]
    for objective in OBJECTIVES:
        lines.append(f"      # {objective.title}: {objective.promise}")
        for window in WINDOWS:
            seconds = (lengths_s or {}).get(objective.key, _SECONDS)[window]
            bad, total = (_filled(expr, window, seconds, interval_s) for expr in (objective.bad, objective.all))
            lines += [
                f"      - record: {objective.error_ratio(window)}",
                "        expr: |",
                f"          clamp_max(({bad}",
                f"            or vector(0)) / ({total} > 0), 1) or vector(0)",
            ]
    return "\n".join(lines) + "\n"


def alerts() -> str:
    """The alerts on how fast the budgets are used (Prometheus rule file)."""
    lines = [_HEADER + "groups:", "  - name: hejnal-zapas", "    rules:"]
    for objective in OBJECTIVES:
        for burn in (FAST, SLOW):
            lines += [
                f"      - alert: {objective.alert}Budget{burn.name}",
                "        expr: |",
                *_condition(objective, burn),
                f"        for: {'2m' if burn is FAST else '15m'}",
                f"        labels: {{severity: {burn.severity}, service: {objective.service}, objective: {objective.key}}}",
                "        annotations:",
                f"          summary: '{objective.title}: źle poszło {{{{ $value | humanizePercentage }}}}'",
                f"          description: 'Obietnica: {objective.promise}. Zapas na błędy ubywa {burn.words}.'",
                f"          runbook_url: docs/runbooks/{objective.runbook}",
            ]
    return "\n".join(lines) + "\n"


def _filled(expr: str, window: str, seconds: int, interval_s: int) -> str:
    if seconds != _SECONDS[window]:
        window, expr = f"{seconds}s", expr.replace("$w$is", f"{seconds + interval_s}s")
    return expr.replace("$w", window).replace("$s", str(seconds)).replace("$i", str(interval_s))


def _condition(objective: Objective, burn: Burn) -> list[str]:
    lines: list[str] = []
    for rate, long, short in burn.pairs:
        limit = f"{rate * objective.budget:.5g}"
        test = f"{objective.error_ratio(long)} > {limit} and {objective.error_ratio(short)} > {limit}"
        if objective.least_bad:
            test += f"\n              and {objective.bad.replace('$w', long)} >= {objective.least_bad:g}"
        lines.append(("          " if not lines else "            or ") + f"({test})")
    return lines
