"""Life in the demo town, so that no page is empty at first sight: residents with wishes, announcements, reports.

Everything goes the way it goes in a real town: residents sign in with the code that arrives in the sinks, the editor's
announcements enter through the staff API, a phone subscribes at the demo's push service.
"""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT_S = 10
CODE_WAIT_S = 20


class DemoLifeError(RuntimeError):
    """The demo town did not take what was to be put in; the text says what it answered."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A resident with a wish."""

    contact: str
    channel: str
    categories: tuple[str, ...]


RESIDENTS = (
    Resident("krystyna.maj@example.org", "email", ("events", "roads")),
    Resident("601 202 303", "sms", ("waste", "air")),
)
PHONE_CATEGORIES = ("roads", "events")

REPORTS = (
    ("road_damage", "Głęboka dziura przy przejściu, rowery ją omijają jezdnią.", 0.0011, 0.0016),
    ("lighting", "Od tygodnia nie świecą dwie latarnie przy placu zabaw.", -0.0013, 0.0022),
    ("water_leak", "Woda leje się spod asfaltu i zalewa chodnik przed bramą.", 0.0004, -0.0009),  # urgent: the watch room's alert
)


def announcements(now: datetime, streets: list[str]) -> list[dict[str, Any]]:
    """What the town has to say today."""

    def until(hours: float) -> str:
        return (now + timedelta(hours=hours)).isoformat()

    return [
        {
            "category": "roads",
            "severity": "warning",
            "texts": {
                "pl": {
                    "title": f"Ulica {streets[0]} zamknięta dla samochodów",
                    "body": "Wymieniamy nawierzchnię. Autobusy jadą objazdem, przystanki są przeniesione o 100 metrów.",
                    "instruction": "Jedź inną drogą. Piesi mogą przejść.",
                },
                "en": {
                    "title": f"{streets[0]} Street closed to cars",
                    "body": "The surface is being renewed. Buses take a detour.",
                },
                "uk": {
                    "title": f"Вулиця {streets[0]} закрита для автомобілів",
                    "body": "Ремонтуємо дорогу. Автобуси їдуть в об’їзд.",
                },
            },
            "area": {"kind": "streets", "streets": streets[:2]},
            "valid_until": until(30),
            "channels": ["push", "email"],
        },
        {
            "category": "air",
            "severity": "notice",
            "texts": {"pl": {"title": "Dziś wieczorem gorsze powietrze", "body": "Po zmroku lepiej nie biegać i zamknąć okna."}},
            "area": {"kind": "town"},
            "valid_until": until(14),
            "channels": ["push", "sms"],
        },
        {
            "category": "events",
            "severity": "info",
            "texts": {
                "pl": {"title": "Jarmark na Rynku w sobotę", "body": "Od 10:00 do 18:00. Rękodzieło, miód i muzyka na żywo."}
            },
            "area": {"kind": "town"},
            "valid_until": until(96),
            "channels": ["push", "email"],
        },
    ]


class DemoLife:
    """Fills one running town; repeating it adds nothing, since every act carries a key of its own."""

    def __init__(self, *, citizen: str, staff: str, sinks: str, staff_token: str, town: Mapping[str, Any]) -> None:
        self._citizen = citizen
        self._staff = staff
        self._sinks = sinks
        self._token = staff_token
        self._town = town

    def fill(self) -> None:
        """Residents first, so that they are told of what follows."""
        for resident in RESIDENTS:
            self._subscribe(resident)
        self._subscribe_phone()
        for number, body in enumerate(announcements(datetime.now(UTC), self._main_streets())):
            headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": f"demo-announcement-{number}"}
            self._call(f"{self._staff}/staff/v1/announcements", body, headers)
        center = self._town["center"]
        for number, (category, text, north, east) in enumerate(REPORTS):
            fields = {"category": category, "text": text, "lat": str(center["lat"] + north), "lon": str(center["lon"] + east)}
            self._send_report(fields, f"demo-report-{number}")

    def _main_streets(self) -> list[str]:
        """The two streets with the most addresses."""
        counts: dict[str, int] = {}
        for address in self._town["addresses"]:
            counts[address["street"]] = counts.get(address["street"], 0) + 1
        return sorted(counts, key=lambda street: (-counts[street], street))[:2]

    def _subscribe(self, resident: Resident) -> None:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        after = self._last_arrival()
        sent = self._call(f"{self._citizen}/api/v1/sign-in/codes", {"contact": resident.contact}, opener=browser)
        consent = self._call(f"{self._citizen}/api/v1/town")["consent"]["version"]
        answer = {
            "challenge_id": sent["challenge_id"],
            "code": self._arrived_code(resident.channel, after),
            "consent": {"version": consent},
        }
        self._call(f"{self._citizen}/api/v1/sign-in/sessions", answer, opener=browser)
        wish = {"filters": [{"categories": list(resident.categories), "channels": [resident.channel]}]}
        self._call(f"{self._citizen}/api/v1/me/subscription", wish, opener=browser, method="PUT")

    def _subscribe_phone(self) -> None:
        device = self._call(f"{self._sinks}/push/subscriptions", {})
        body = {"endpoint": device["endpoint"], "keys": device["keys"], "categories": list(PHONE_CATEGORIES)}
        self._call(f"{self._citizen}/api/v1/push-subscriptions", body)

    def _last_arrival(self) -> int:
        return int(self._call(f"{self._sinks}/api/messages")["last_id"])

    def _arrived_code(self, channel: str, after: int) -> str:
        deadline = time.monotonic() + CODE_WAIT_S
        while time.monotonic() < deadline:
            for message in self._call(f"{self._sinks}/api/messages?channel={channel}&since={after}")["messages"]:
                found = re.search(r"\b(\d{6})\b", f"{message['subject']} {message['text']}")
                if found:
                    return found.group(1)
            time.sleep(0.1)
        raise DemoLifeError(f"no sign-in code arrived by {channel} within {CODE_WAIT_S} s")

    def _send_report(self, fields: Mapping[str, str], key: str) -> None:
        boundary = "hejnal-demo"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
        ]
        data = ("".join(parts) + f"--{boundary}--\r\n").encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": key, "Origin": self._citizen}
        self._open(urllib.request.Request(f"{self._citizen}/api/v1/reports", data, headers))  # noqa: S310 our own door

    def _call(
        self,
        url: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        opener: urllib.request.OpenerDirector | None = None,
        method: str | None = None,
    ) -> dict[str, Any]:
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))
        all_headers = {"Content-Type": "application/json", "Origin": origin, **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, all_headers, method=method)  # noqa: S310 our own doors
        answer: dict[str, Any] = json.loads(self._open(request, opener) or b"{}")
        return answer

    def _open(self, request: urllib.request.Request, opener: urllib.request.OpenerDirector | None = None) -> bytes:
        try:
            with (opener or urllib.request.build_opener()).open(request, timeout=TIMEOUT_S) as response:
                content: bytes = response.read()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
            raise DemoLifeError(f"{request.get_method()} {request.full_url} answered {error.code}: {said}") from error
        except OSError as error:
            raise DemoLifeError(f"{request.full_url}: {error}") from error
        return content
