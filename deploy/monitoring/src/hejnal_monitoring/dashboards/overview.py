"""The one that answers in five seconds whether all is well."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from hejnal_monitoring.dashboards.panels import Query, board, lines, number


def overview() -> Dashboard:
    """Czy wszystko gra."""
    return board(
        "hejnal-przeglad",
        "Hejnał: czy wszystko gra",
        "Zielone: gra. Żółte: do obejrzenia w dzień. Czerwone: teraz. Każdy alarm ma kartę działania w docs/runbooks.",
        [
            number(
                "Alarmy, które budzą",
                'count(ALERTS{alertstate="firing", severity="page"}) or vector(0)',
                "Ile ich świeci teraz. Powinno być 0.",
                limits=(1, 1),
            ),
            number(
                "Alarmy na dzień",
                'count(ALERTS{alertstate="firing", severity="ticket"}) or vector(0)',
                "Do zajęcia się w godzinach pracy.",
                limits=(1, 5),
            ),
            number(
                "Usługi, które działają",
                'sum(up{job=~"(.+-)?(ingest|recorder|notifier|citizen-api|operator-gateway)"}) or vector(0)',
                "Pięć rodzajów usług; więcej, gdy któraś ma kilka egzemplarzy.",
                bad="below",
                limits=(5, 5),
            ),
            number(
                "Czego usługom brak",
                "count(hejnal_health_check_ok == 0) or vector(0)",
                "Ile sprawdzeń gotowości mówi „nie” (baza, Kafka, dysk). Powinno być 0.",
                limits=(1, 1),
            ),
            number(
                "Kamery z obrazem",
                'sum(hejnal_ingest_cameras{condition="live"}) / (sum(hejnal_ingest_cameras{condition!="off"}) > 0) or vector(0)',
                "Udział włączonych kamer, które dają obraz.",
                unit="percentunit",
                bad="below",
                limits=(0.98, 0.8),
                decimals=1,
            ),
            number(
                "Nagrania: komplet z 5 minut",
                "1 - hejnal:recording:error_ratio_5m or vector(0)",
                "Ile z tego, co kamery powinny dać, jest w archiwum. Obietnica: 99,5 % w miesiącu.",
                unit="percentunit",
                bad="below",
                limits=(0.98, 0.93),
                decimals=1,
            ),
            number(
                "Dysk archiwum: dni do pełna",
                "clamp_max(min(hejnal_recorder_days_until_full), 365) or vector(0)",
                "Prognoza; 365 znaczy: ponad rok.",
                unit="d",
                bad="below",
                limits=(14, 7),
            ),
            number(
                "Najdłużej czekająca wysyłka",
                "max(hejnal_notifier_oldest_due_seconds) or vector(0)",
                "Jak długo najstarsza wiadomość do mieszkańca czeka, choć mogłaby wyjść.",
                unit="s",
                limits=(60, 300),
            ),
            number(
                "Kanały, które działają",
                "count(max by (channel) (hejnal_notifier_provider_up) == 1) or vector(0)",
                "SMS, e-mail, powiadomienia, organizacje: te, które mają choć jednego działającego dostawcę.",
                bad="below",
                limits=(1, 1),
            ),
            number(
                "Wiadomości w kolejkach",
                "sum(hejnal_bus_lag_messages) or vector(0)",
                "Ile wiadomości w Kafce czeka na obsłużenie.",
                limits=(1000, 10000),
            ),
            number(
                "Błędy stron i API (5 min)",
                "hejnal:api:error_ratio_5m or vector(0)",
                "Udział odpowiedzi 5xx na obu drzwiach. Obietnica: poniżej 0,1 % w miesiącu.",
                unit="percentunit",
                limits=(0.001, 0.0144),
                decimals=2,
            ),
            number(
                "Kopia zapasowa: wiek",
                "time() - max(hejnal_backup_last_success_timestamp_seconds) or vector(-1)",
                "Ile minęło od ostatniej udanej kopii; -1 znaczy: nie widać żadnej.",
                unit="s",
                limits=(93600, 172800),
            ),
            lines(
                "Alarmy, które świecą",
                [Query('sum by (alertname) (ALERTS{alertstate="firing", severity!="watchdog"}) or vector(0)', "{{alertname}}")],
                "Nazwa alarmu prowadzi do karty: docs/runbooks/README.md.",
                span=24,
                stacked=True,
            ),
        ],
    )
