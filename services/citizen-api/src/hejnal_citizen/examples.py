"""An example for every JSON body of the API, by operation; a test sees that each is there and is what the route takes."""

from typing import Any

_NAMES = {"pl": "Woda", "en": "Water", "uk": "Вода"}
_HOME = {"label": "Dom", "area": {"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 300}}
_PUSH = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
    "keys": {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    },
}
_BROWSER = _PUSH | {"categories": ["water", "safety"], "min_severity": "notice", "places": [_HOME], "language": "pl"}
_CODE = {"challenge_id": "0192f0c1-7f3a-7c11-9d53-4b1f1c3f8a10", "code": "402718", "consent": {"version": "2026-11"}}
_ANNOUNCEMENT = {
    "category": "water",
    "severity": "warning",
    "texts": {"pl": {"title": "Brak wody na Polnej", "body": "Do godz. 18 na ul. Polnej nie będzie wody."}},
    "area": {"kind": "streets", "streets": ["Polna"]},
    "valid_until": "2026-11-23T17:00:00Z",
    "channels": ["push", "email", "sms"],
}
_CATEGORY = {"names": _NAMES}
_REPORT_CATEGORY = _CATEGORY | {"unit": "Wodociągi Miejskie", "urgent": True}
_CONSULTATION = {
    "kind": "camera_site",
    "texts": {"pl": {"title": "Kamera przy szkole", "body": "Gdzie ma stanąć kamera?"}},
    "options": [
        {
            "code": "gate",
            "names": {"pl": "Przy bramie"},
            "place": {"lat": 51.051, "lon": 20.948},
            "view_cone": {"azimuth_deg": 90, "angle_deg": 70, "range_m": 60},
        },
        {"code": "none", "names": {"pl": "Bez kamery"}},
    ],
    "vote_rule": "device",
    "opens_at": "2026-12-01T07:00:00Z",
    "closes_at": "2026-12-15T22:00:00Z",
}
EXAMPLES: dict[str, Any] = {
    # residents
    "request_code": {"contact": "600 100 200", "language": "pl"},
    "sign_in": _CODE,
    "request_contact_code": {"contact": "anna@example.pl", "language": "pl"},
    "add_contact": _CODE,
    "add_push_contact": _PUSH,
    "give_consent": {"version": "2026-11", "language": "pl"},
    "put_pause": {"until": "2026-12-01T06:00:00Z"},
    "put_subscription": {
        "expected_version": 4,
        "filters": [{"categories": ["water", "power"], "places": [_HOME], "channels": ["push", "sms"]}],
        "quiet_hours": {"starts": "22:00", "ends": "06:30"},
    },
    "send_test_messages": {"contact_id": None},
    "create_push_subscription": _BROWSER,
    "put_push_subscription": _BROWSER,
    "message_shown": {"announcement_id": "0192f0c1-7f3a-7c11-9d53-4b1f1c3f8a10", "version": 1},
    "vote": {"choices": ["gate"]},
    "give_opinion": {"text": "Przy bramie jest ciemno, tam kamera ma sens."},
    "submit_footage_request": {
        "place": "Rynek, przy fontannie",
        "from": "2026-11-20T16:00:00Z",
        "to": "2026-11-20T17:00:00Z",
        "description": "Czerwona kurtka, rower miejski, idę w stronę ratusza.",
        "name": "Anna Nowak",
        "contact": "anna@example.pl",
    },
    "report_me_too": {"device": "pT4nX0aJt9s2kQ7d", "language": "pl"},
    "send_report_message": {"text": "Dziura jest już większa, leży przy krawężniku."},
    "reopen_report": {"reason": "Załatano tylko połowę."},
    "rate_report": {"rating": 5, "comment": "Szybko i dobrze."},
    # staff
    "create_announcement_category": _CATEGORY | {"code": "water"},
    "change_announcement_category": _CATEGORY,
    "create_draft": _ANNOUNCEMENT,
    "change_draft": _ANNOUNCEMENT,
    "reject_draft": {"reason": "Zły obszar: awaria jest na Łąkowej."},
    "create_template": {"name": "Awaria wodociągu", "body": {"category": "water", "severity": "warning"}, "valid_for_h": 8},
    "change_template": {"name": "Awaria wodociągu", "body": {"category": "water", "severity": "notice"}, "valid_for_h": 6},
    "issue_announcement": _ANNOUNCEMENT,
    "preview_announcement": _ANNOUNCEMENT,
    "update_announcement": _ANNOUNCEMENT | {"expected_version": 1},
    "cancel_announcement": {
        "expected_version": 2,
        "texts": {"pl": {"title": "Woda wróciła", "body": "Awaria na ul. Polnej usunięta."}},
    },
    "create_consultation": _CONSULTATION,
    "change_consultation": _CONSULTATION,
    "moderate_opinion": {"state": "hidden", "reason": "reklama"},
    "enter_paper_form": {"form": "12/2026", "choices": ["gate"], "opinion": "Popieram."},
    "answer_footage_request": {"outcome": "provided", "answer": "Nagranie do odbioru w pokoju 12."},
    "extend_footage_request": {"reason": "Nagranie wymaga anonimizacji wielu osób."},
    "hand_over_footage": {"hold_id": "hold-17"},
    "confirm_identity": {"way": "in_person"},
    "put_back_office": {"enabled": True, "url": "https://zgloszenia.example.pl/open311/v2", "services": {"road_damage": "101"}},
    "create_open311_key": {"label": "Aplikacja powiatowa"},
    "create_report_category": _REPORT_CATEGORY | {"code": "water_leak"},
    "change_report_category": _REPORT_CATEGORY,
    "answer_report": {"expected_version": 1, "status": "in_progress", "answer": "Ekipa jest w drodze."},
    "merge_report": {"expected_version": 2, "into": "0192f0c1-7f3a-7c11-9d53-4b1f1c3f8a10"},
    "write_to_reporter": {"text": "Czy dziura jest na jezdni, czy na chodniku?"},
    "moderate_report": {"action": "hide", "subject": "text", "reason": "dane osobowe sąsiada"},
    "blur_photo": {"rectangles": [{"x": 0.1, "y": 0.2, "width": 0.2, "height": 0.1}]},
    "route_report": {"expected_version": 1, "unit": "Zarząd Dróg Miejskich"},
}


def add_to(document: dict[str, Any]) -> None:
    """Put the examples into an OpenAPI document."""
    for operations in document["paths"].values():
        for operation in operations.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            example = EXAMPLES.get(operation.get("operationId", ""))
            if body is not None and example is not None:
                body["example"] = example
