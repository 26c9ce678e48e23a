"""Cameras and their links; what is recorded of them and where it lies."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from hejnal_monitoring.dashboards.panels import Query, board, lines, number


def cameras() -> Dashboard:
    """Kamery i łącza."""
    return board(
        "hejnal-kamery",
        "Hejnał: kamery i łącza",
        "Które kamery dają obraz, jak pewne są łącza i co kamery mówią o sobie.",
        [
            number("Na żywo", 'sum(hejnal_ingest_cameras{condition="live"}) or vector(0)', "Kamery, które dają obraz."),
            number(
                "Bez obrazu",
                'sum(hejnal_ingest_cameras{condition=~"connecting|retrying"}) or vector(0)',
                "Powinny dawać obraz, a nie dają. Przyczyna stoi w konsoli przy kamerze.",
                limits=(1, 3),
            ),
            number("Wyłączone", 'sum(hejnal_ingest_cameras{condition="off"}) or vector(0)', "Wyłączone przez człowieka."),
            number(
                "Czekające na dosłanie z kart",
                "sum(hejnal_ingest_backfill_gaps) or vector(0)",
                "Luki, które zostaną wypełnione z kart pamięci kamer.",
            ),
            lines(
                "Kamery według stanu",
                [Query("sum by (condition) (hejnal_ingest_cameras)", "{{condition}}")],
                "live: obraz; connecting, retrying: łączy się; off: wyłączona.",
                stacked=True,
            ),
            lines(
                "Bez obrazu według grup",
                [
                    Query(
                        'sum by (camera_group) (hejnal_ingest_group_cameras{condition=~"connecting|retrying"}) or vector(0)',
                        "{{camera_group}}",
                    )
                ],
                "Cała grupa naraz to wspólne łącze albo zasilanie.",
            ),
            lines(
                "Zgubione pakiety na sekundę",
                [Query("sum(rate(hejnal_ingest_rtp_packets_lost_total[5m])) or vector(0)", "zgubione")],
                "Ponad kilka na sekundę widać jako szarpanie: łącze radiowe jest za słabe.",
                unit="pps",
            ),
            lines(
                "Przerwy w strumieniach na minutę",
                [Query("sum by (reason) (rate(hejnal_ingest_breaks_total[5m]) * 60) or vector(0)", "{{reason}}")],
                "Dziury w strumieniu, który trwał dalej.",
            ),
            lines(
                "Próby połączenia na minutę",
                [Query("sum by (outcome) (rate(hejnal_ingest_connects_total[5m]) * 60) or vector(0)", "{{outcome}}")],
                "Po wyniku: nieudane mówią, czego brak (trasa, hasło, strumień).",
            ),
            lines(
                "Zasłonięcia i usterki obrazu",
                [Query('sum by (kind) (increase(hejnal_ingest_tampered_total{phase="onset"}[1h])) or vector(0)', "{{kind}}")],
                "Ile razy w godzinie kamera została zasłonięta, przestawiona, oślepiona, zamarła.",
            ),
        ],
    )


def recordings() -> Dashboard:
    """Nagrania i dysk."""
    return board(
        "hejnal-nagrania",
        "Hejnał: nagrania i dysk",
        "Czy wszystko jest nagrane, gdzie leży i na jak długo starczy miejsca.",
        [
            number(
                "Komplet z godziny",
                "1 - hejnal:recording:error_ratio_1h or vector(0)",
                "Ile z tego, co kamery powinny dać, jest w archiwum.",
                unit="percentunit",
                bad="below",
                limits=(0.99, 0.93),
                decimals=2,
            ),
            number(
                "Dni do pełna",
                "clamp_max(min(hejnal_recorder_days_until_full), 365) or vector(0)",
                "Prognoza; 365: ponad rok.",
                unit="d",
                bad="below",
                limits=(14, 7),
            ),
            number("Wolne miejsce", "min(hejnal_recorder_archive_free_bytes) or vector(0)", "Na dysku archiwum.", unit="bytes"),
            number(
                "Poziom dysku",
                "max(hejnal_recorder_disk_level) or vector(0)",
                "0: dość; 1: ponad 90 %; 2: ponad 95 %; 3: ponad 99 %, nie przyjmuje nagrań.",
                limits=(1, 2),
            ),
            lines(
                "Komplet nagrań",
                [
                    Query("1 - hejnal:recording:error_ratio_5m or vector(0)", "5 minut"),
                    Query("1 - hejnal:recording:error_ratio_1d or vector(0)", "doba"),
                ],
                "Udział czasu włączonych kamer, który jest w archiwum.",
                unit="percentunit",
            ),
            lines(
                "Luki na godzinę według przyczyny",
                [Query("sum by (cause) (increase(hejnal_recorder_gaps_total[1h])) or vector(0)", "{{cause}}")],
                "link_down, camera_reboot: kamera; ingest_lost, stalled, no_keyframe, clock_step: do wyjaśnienia.",
                stacked=True,
            ),
            lines(
                "Bufor: nieprzejęte",
                [
                    Query("sum(hejnal_ingest_spool_untaken_bytes)", "nieprzejęte"),
                    Query("sum(hejnal_ingest_spool_limit_bytes)", "granica"),
                ],
                "Nagrania, których rejestrator jeszcze nie ma. Alarm od połowy granicy.",
                unit="bytes",
            ),
            lines(
                "Opóźnienie rejestratora",
                [Query("max(hejnal_recorder_lag_seconds)", "wiek najnowszego")],
                "Ile ma najnowszy odcinek w chwili zapisania w spisie.",
                unit="s",
                limit=120,
            ),
            lines(
                "Zapis na sekundę",
                [
                    Query("sum(rate(hejnal_ingest_fragment_bytes_total[5m]))", "do bufora"),
                    Query("sum(rate(hejnal_recorder_takeover_bytes_total[5m])) or vector(0)", "do archiwum"),
                ],
                "Powinny iść razem.",
                unit="Bps",
            ),
            lines(
                "Przyrost na dobę",
                [Query("max(hejnal_recorder_growth_bytes_per_day)", "bajty na dobę")],
                "Średnia z ostatnich pełnych dni; z niej jest prognoza.",
                unit="bytes",
            ),
            lines(
                "Usunięte odcinki na godzinę",
                [Query("sum by (reason) (increase(hejnal_recorder_segments_deleted_total[1h])) or vector(0)", "{{reason}}")],
                "age: minął termin; space: zabrakło miejsca (to skraca przechowywanie).",
            ),
            lines(
                "Utracone i brakujące na godzinę",
                [
                    Query("sum(increase(hejnal_ingest_spool_given_up_total[1h])) or vector(0)", "utracone z bufora"),
                    Query("sum(increase(hejnal_recorder_media_missing_total[1h])) or vector(0)", "brak pliku"),
                ],
                "Powinno być 0.",
            ),
        ],
    )
