"""What people get: live pictures, warnings, pages; and how far the promises are kept."""

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from hejnal_monitoring.dashboards.panels import Query, board, lines, number
from hejnal_monitoring.objectives import FAST, OBJECTIVES, SLOW, Objective


def _quantile(share: float, metric: str, by: str = "le") -> str:
    """A quantile over 5 minutes; 0 while nothing happens."""
    return f"(histogram_quantile({share}, sum by ({by}) (rate({metric}_bucket[5m]))) >= 0) or vector(0)"


def live() -> Dashboard:
    """Podgląd na żywo."""
    first = "hejnal_gateway_first_picture_seconds"
    late = "hejnal_gateway_send_latency_seconds"
    return board(
        "hejnal-podglad",
        "Hejnał: podgląd na żywo",
        "Jak szybko pojawia się obraz, ile osób patrzy i czy maszyna nadąża.",
        [
            number("Widzów teraz", "sum(hejnal_gateway_viewers) or vector(0)", "Otwarte podglądy."),
            number(
                "Start obrazu: 95 %",
                _quantile(0.95, first),
                "W takim czasie obraz ma 95 na 100 widzów (5 min).",
                unit="s",
                limits=(1, 3),
                decimals=2,
            ),
            number(
                "Przekodowania",
                "sum(hejnal_gateway_transcodes) or vector(0)",
                "Strumienie, których przeglądarka nie umie; kosztują procesor.",
            ),
            number(
                "Odmowy (godzina)",
                "sum(increase(hejnal_gateway_viewers_refused_total[1h])) or vector(0)",
                "full: maszyna pełna; own: jedna osoba za dużo; transcodes: za dużo przekodowań.",
                limits=(1, 10),
            ),
            lines(
                "Start obrazu",
                [Query(_quantile(0.5, first), "połowa"), Query(_quantile(0.99, first), "99 %")],
                "Od kliknięcia do pierwszej pełnej klatki.",
                unit="s",
                limit=1,
            ),
            lines(
                "Opóźnienie w bramce",
                [Query(_quantile(0.5, late), "połowa"), Query(_quantile(0.99, late), "99 %")],
                "Od przyjścia klatki do wysłania jej ostatniemu widzowi.",
                unit="s",
            ),
            lines(
                "Widzowie",
                [Query("sum(hejnal_gateway_viewers)", "widzowie"), Query("sum(hejnal_gateway_relays)", "strumienie z ingest")],
                "Wielu widzów jednej kamery bierze jeden strumień.",
            ),
            lines(
                "Pakiety na sekundę",
                [
                    Query("sum(rate(hejnal_gateway_rtp_packets_total[5m]))", "wysłane"),
                    Query("sum(rate(hejnal_gateway_rtp_resent_total[5m]))", "powtórzone"),
                    Query("sum(rate(hejnal_gateway_rtp_unsent_total[5m]))", "niewysłane"),
                ],
                "Powtórzone: łącza widzów gubią. Niewysłane: maszyna nie nadąża.",
                unit="pps",
            ),
            lines(
                "Koniec podglądu na godzinę według przyczyny",
                [Query("sum by (reason) (increase(hejnal_gateway_viewers_ended_total[1h])) or vector(0)", "{{reason}}")],
                "closed: widz zamknął; inne: zerwane.",
            ),
            lines(
                "Zerwania strumieni i przekodowań na godzinę",
                [
                    Query("sum(increase(hejnal_gateway_relay_breaks_total[1h])) or vector(0)", "strumienie z ingest"),
                    Query("sum(increase(hejnal_gateway_transcodes_died_total[1h])) or vector(0)", "przekodowania"),
                ],
                "Powinno być blisko 0.",
            ),
        ],
    )


def warnings() -> Dashboard:
    """Ostrzeganie: lejek i koszt."""
    return board(
        "hejnal-ostrzeganie",
        "Hejnał: ostrzeganie",
        "Lejek od komunikatu do telefonu, dostawcy i koszt SMS.",
        [
            number(
                "Zaplanowane (doba)",
                "sum(increase(hejnal_notifier_planned_deliveries_total[1d])) or vector(0)",
                "Wiadomości, które wynikły z komunikatów.",
            ),
            number(
                "Przyjęte przez dostawców (doba)",
                "sum(increase(hejnal_notifier_waited_seconds_count[1d])) or vector(0)",
                "Z kodami logowania.",
            ),
            number(
                "Najdłużej czeka",
                "max(hejnal_notifier_oldest_due_seconds) or vector(0)",
                "Wiadomość, która mogłaby już wyjść.",
                unit="s",
                limits=(60, 300),
            ),
            number(
                "SMS w tym miesiącu",
                "max(hejnal_notifier_sms_spent_zloty) or vector(0)",
                "Koszt według cennika w ustawieniach.",
                unit="currencyPLN",
                decimals=2,
            ),
            lines(
                "Lejek na minutę",
                [
                    Query("sum(rate(hejnal_notifier_planned_deliveries_total[5m]) * 60)", "zaplanowane"),
                    Query("sum(rate(hejnal_notifier_waited_seconds_count[5m]) * 60) or vector(0)", "przyjęte"),
                    Query("sum(rate(hejnal_notifier_shown_total[5m]) * 60)", "pokazane na telefonie"),
                    Query("sum(rate(hejnal_notifier_contacts_failed_total[5m]) * 60) or vector(0)", "adresy nie do użytku"),
                ],
                "Każdy następny stopień jest mniejszy; szukaj, gdzie spada za bardzo.",
            ),
            lines(
                "Czekają na wysłanie",
                [Query("sum by (channel) (hejnal_notifier_due_deliveries)", "{{channel}}")],
                "Wiadomości, które mogą już wyjść.",
                stacked=True,
            ),
            lines(
                "Czas do przyjęcia przez dostawcę: 95 %",
                [
                    Query(
                        "(histogram_quantile(0.95, sum by (le, channel) (rate(hejnal_notifier_waited_seconds_bucket[5m]))) >= 0) "
                        "or vector(0)",
                        "{{channel}}",
                    )
                ],
                "Obietnica: 99 % w ciągu 5 minut.",
                unit="s",
                limit=300,
            ),
            lines(
                "Dostawcy",
                [Query("min by (channel, provider) (hejnal_notifier_provider_up)", "{{channel}} {{provider}}")],
                "1: przyjmuje; 0: odpoczywa po błędach, próbowany co chwilę.",
            ),
            lines(
                "Próby według wyniku na minutę",
                [
                    Query(
                        "sum by (channel, outcome) (rate(hejnal_notifier_attempts_total[5m]) * 60) or vector(0)",
                        "{{channel}} {{outcome}}",
                    )
                ],
                "Odmowy i błędy obok przyjętych.",
            ),
            lines(
                "Koszt SMS i budżet",
                [
                    Query("max(hejnal_notifier_sms_spent_zloty)", "wydane"),
                    Query("min(hejnal_notifier_sms_budget_zloty) < +Inf or vector(0)", "budżet (0: bez granicy)"),
                ],
                "W tym miesiącu; alarm od 80 %.",
                unit="currencyPLN",
            ),
            lines(
                "Części SMS na godzinę",
                [
                    Query("sum(increase(hejnal_notifier_sms_parts_total[1h])) or vector(0)", "części"),
                    Query("sum(increase(hejnal_notifier_spared_sms_total[1h]))", "oszczędzone dzięki powiadomieniom"),
                ],
                "Za część się płaci; długi tekst to kilka części.",
            ),
            lines(
                "Przeglądarki według klucza powiadomień",
                [Query("max by (key, state) (hejnal_notifier_push_subscriptions)", "{{key}} {{state}}")],
                "current: obecny; older: jeszcze podpisuje; missing: brakuje go w pliku. Liczone co 5 minut.",
                stacked=True,
            ),
            lines(
                "Komunikaty, które czekają na drugą osobę",
                [
                    Query("max(hejnal_citizen_drafts_waiting) or vector(0)", "czekają"),
                    Query(
                        'sum(increase(hejnal_citizen_scheduled_drafts_total{outcome!="published"}[1d])) or vector(0)',
                        "zwrócone w dobie",
                    ),
                ],
                "Alarm po kwadransie czekania.",
            ),
        ],
    )


def messages() -> Dashboard:
    """Kafka, skrzynki nadawcze, odłożone."""
    return board(
        "hejnal-wiadomosci",
        "Hejnał: wiadomości między usługami",
        "Kafka, skrzynki nadawcze (outbox) i wiadomości odłożone (DLQ).",
        [
            number(
                "Czekają na obsłużenie",
                "sum(hejnal_bus_lag_messages) or vector(0)",
                "We wszystkich kolejkach.",
                limits=(1000, 10000),
            ),
            number(
                "Najstarszy niewysłany fakt",
                "max(hejnal_outbox_oldest_age_seconds) or vector(0)",
                "Alarm po dwóch minutach.",
                unit="s",
                limits=(30, 120),
            ),
            number(
                "Odłożone (doba)",
                'sum(increase(hejnal_bus_messages_total{outcome="dlq"}[1d])) or vector(0)',
                "Których usługa nie umiała obsłużyć: `make dead-letters`.",
                limits=(1, 100),
            ),
            number(
                "Odbiorcy, którzy stanęli",
                "sum(hejnal_bus_consumer_stopped) or vector(0)",
                "Czekają na człowieka.",
                limits=(1, 1),
            ),
            lines(
                "Zaległość według odbiorcy",
                [Query("sum by (group, topic) (hejnal_bus_lag_messages)", "{{group}}: {{topic}}")],
                "Alarm, gdy nie zejdzie poniżej 1000 przez 10 minut.",
                limit=1000,
            ),
            lines(
                "Wiek najstarszego w skrzynce",
                [Query("max by (schema) (hejnal_outbox_oldest_age_seconds)", "{{schema}}")],
                "0: wszystko wysłane.",
                unit="s",
                limit=120,
            ),
            lines(
                "Obsłużone na sekundę",
                [Query('sum by (group) (rate(hejnal_bus_messages_total{outcome!="ignored"}[5m]))', "{{group}}")],
                "Ile wiadomości każda usługa obsługuje.",
            ),
            lines(
                "Odłożone i powtarzane na minutę",
                [
                    Query('sum by (group) (rate(hejnal_bus_messages_total{outcome="dlq"}[5m]) * 60)', "odłożone {{group}}"),
                    Query("sum(rate(hejnal_bus_retries_total[5m]) * 60) or vector(0)", "powtórzone"),
                ],
                "Powtarzane: baza albo sąsiad na chwilę nie odpowiada.",
            ),
            lines(
                "Czas obsługi: 99 %",
                [
                    Query(
                        "(histogram_quantile(0.99, sum by (le, group) (rate(hejnal_bus_handling_seconds_bucket[5m]))) >= 0) "
                        "or vector(0)",
                        "{{group}}",
                    )
                ],
                "Razem z powtórzeniami.",
                unit="s",
            ),
            lines(
                "Gotowość",
                [Query("min by (job, check) (hejnal_health_check_ok)", "{{job}}: {{check}}")],
                "1: jest; 0: brakuje. To samo mówi /readyz.",
            ),
        ],
    )


def promises() -> Dashboard:
    """Cele i zapas na błędy."""
    panels = [
        panel
        for objective in OBJECTIVES
        for panel in (
            number(
                f"{objective.title}: zapas miesiąca",
                f"1 - hejnal:{objective.key}:error_ratio_30d / {objective.budget:g} or vector(0)",
                f"Ile zapasu na błędy zostało w 30 dniach. {objective.promise}.",
                unit="percentunit",
                bad="below",
                limits=(0.5, 0.1),
            ),
            _burn(objective),
        )
    ]
    doors = 'route!~"/metrics|/healthz|/readyz", job=~"(.+-)?(citizen-api|operator-gateway)"'
    errors = lines(
        "Błędy według drogi na minutę",
        [
            Query(
                f'sum by (job, route, status) (rate(hejnal_http_requests_total{{status=~"5..", {doors}}}[5m]) * 60) or vector(0)',
                "{{job}} {{route}} {{status}}",
            )
        ],
        "Która strona albo wywołanie kończy się błędem serwera.",
    )
    times = lines(
        "Czas odpowiedzi: 95 %",
        [
            Query(
                "(histogram_quantile(0.95, sum by (le, job) "
                f"(rate(hejnal_http_request_duration_seconds_bucket{{{doors}}}[5m]))) >= 0) or vector(0)",
                "{{job}}",
            )
        ],
        "Obu drzwi; strumienie zdarzeń konsoli są długie z natury.",
        unit="s",
    )
    return board(
        "hejnal-cele",
        "Hejnał: cele i zapas na błędy",
        "Co obiecujemy, ile z zapasu na błędy zostało i jak szybko ubywa (SRE Workbook, rozdz. 5).",
        [*panels, errors, times],
        span="now-24h",
    )


def _burn(objective: Objective) -> timeseries.Panel:
    return lines(
        f"{objective.title}: tempo ubywania",
        [Query(f"{objective.error_ratio(window)} / {objective.budget:g}", window) for window in ("5m", "1h", "6h", "3d")],
        f"1: zapas starczy równo na miesiąc. Budzi od {FAST.pairs[0][0]} (1 h) i {FAST.pairs[1][0]:g} (6 h), "
        f"na dzień od {SLOW.pairs[0][0]:g} (doba) i {SLOW.pairs[1][0]:g} (3 dni).",
        span=18,
        limit=FAST.pairs[1][0],
    )
