"""The simulated SMS gateway: the HTTP interface that Polish gateways offer (`POST /sms.do`), with receipts.

Understood parameters: `to`, `message`, `from`, `encoding`, `idx` with `check_idx=1` (a second message with the same idx within
24 h is refused with error 53), `nounicode`, `max_parts`, `expiration_date`, `notify_url`, `test`, `format=json`.
Errors come with status 200 as `{"error": n, "message": …}`; the numbers are the gateway's published ones.
"""

import asyncio
import secrets
import time
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from hejnal_notifier.sinks import outcomes
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.outcomes import Flakiness, Outcome
from hejnal_runtime.sms_text import Encoding, split_text

IDX_TTL_S = 24 * 3600
RECEIPT_DELAY_S = 0.2
PRICE_POINTS = 0.16
MAX_WAITING_RECEIPTS = 10_000

_DELIVERED = ("404", "DELIVERED")
_UNDELIVERED = ("405", "UNDELIVERED")
_SENT = ("403", "SENT")


def _error(number: int, message: str) -> web.Response:
    return web.json_response({"error": number, "message": message})


class SmsGateway:
    """Accepts messages and sends delivery receipts to the `notify_url` of each (loopback addresses only)."""

    def __init__(self, mailbox: Mailbox, conditions: Conditions, *, token: str = "", credit: int = 100_000) -> None:
        self._mailbox = mailbox
        self._conditions = conditions
        self._token = token
        self._points = PRICE_POINTS * credit
        self._flakiness = Flakiness()
        self._taken: dict[str, float] = {}
        self._receipts: asyncio.Queue[tuple[float, str, dict[str, str]]] = asyncio.Queue(MAX_WAITING_RECEIPTS)

    def routes(self) -> list[web.RouteDef]:
        """Routes of the gateway."""
        return [web.post("/sms.do", self.submit), web.post("/user.do", self.account)]

    async def account(self, request: web.Request) -> web.Response:
        """What is left: `credits=1`."""
        await request.post()
        if self._conditions.is_down("sms"):
            return web.Response(status=503, text="Service Unavailable")
        if self._token and request.headers.get("Authorization") != f"Bearer {self._token}":
            return _error(101, "Invalid authorization info")
        return web.json_response({"points": round(self._points, 4)})

    async def submit(self, request: web.Request) -> web.Response:
        """Take one message."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self._conditions.is_down("sms"):
            self._mailbox.refuse("sms", "outage")
            return web.Response(status=503, text="Service Unavailable")
        if self._token and request.headers.get("Authorization") != f"Bearer {self._token}":
            return _error(101, "Invalid authorization info")
        number, text, idx = form.get("to", ""), form.get("message", ""), form.get("idx", "")
        if not text:
            return _error(11, "There is no message")
        outcome = outcomes.of_number(number)
        if not number.lstrip("+").isdigit() or outcome is Outcome.BOUNCE:
            self._mailbox.refuse("sms", Outcome.BOUNCE)
            return _error(13, "Lack of valid phone numbers")
        if outcome is Outcome.FULL or (outcome is Outcome.FLAKY and self._flakiness.refuses(number)):
            self._mailbox.refuse("sms", outcome)
            return _error(201, "System internal error")
        split = split_text(text)
        if form.get("nounicode") == "1" and split.encoding is Encoding.UCS2:
            return _error(11, "Special characters are used and nounicode is set")
        if len(split.parts) > int(form.get("max_parts", "6")):
            return _error(12, "The message has more parts than defined in max_parts")
        if form.get("check_idx") == "1" and self._repeats(idx):
            self._mailbox.refuse("sms", "repeat")
            return _error(53, "Not unique idx parameter")
        await self._conditions.take_time(slow=outcome is Outcome.SLOW)
        self._points -= PRICE_POINTS * len(split.parts)
        message_id = secrets.token_hex(12).upper()
        self._mailbox.add(
            "sms",
            "+" + number.lstrip("+"),
            key=idx or message_id,
            text=text,
            headers={"from": form.get("from", ""), "idx": idx, "parts": str(len(split.parts)), "encoding": split.encoding.value},
        )
        self._queue_receipts(outcome, message_id, number, idx, form.get("notify_url", ""))
        entry = {
            "id": message_id,
            "points": PRICE_POINTS * len(split.parts),
            "number": number.lstrip("+"),
            "date_sent": int(time.time()),
        }
        entry |= {"submitted_number": number, "status": "QUEUE", "error": None, "idx": idx, "parts": len(split.parts)}
        return web.json_response({"count": 1, "list": [entry]})

    def _repeats(self, idx: str) -> bool:
        now = time.monotonic()
        if idx in self._taken and now - self._taken[idx] < IDX_TTL_S:
            return True
        self._taken[idx] = now
        return False

    def _queue_receipts(self, outcome: Outcome, message_id: str, number: str, idx: str, notify_url: str) -> None:
        if not notify_url or outcome is Outcome.SILENT or urlsplit(notify_url).hostname not in {"127.0.0.1", "::1", "localhost"}:
            return
        match outcome:
            case Outcome.UNDELIVERED:
                statuses = [_SENT, _UNDELIVERED]
            case Outcome.NOISY:
                statuses = [_DELIVERED, _DELIVERED, _SENT]
            case _:
                statuses = [_DELIVERED]
        for place, (status, name) in enumerate(statuses):
            fields = {"MsgId": message_id, "status": status, "status_name": name, "idx": idx, "to": number.lstrip("+")}
            fields["donedate"] = str(int(time.time()))
            if not self._receipts.full():
                self._receipts.put_nowait((time.monotonic() + RECEIPT_DELAY_S * (place + 1), notify_url, fields))

    async def run(self) -> None:
        """Send receipts until cancelled; a receiver that is away is asked again a few times."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            while True:
                due_at, url, fields = await self._receipts.get()
                await asyncio.sleep(max(0.0, due_at - time.monotonic()))
                await _send_receipt(http, url, fields)


async def _send_receipt(http: aiohttp.ClientSession, url: str, fields: dict[str, str]) -> None:
    for attempt in range(5):
        try:
            async with http.get(url, params=fields) as response:
                if response.status < 500:
                    return
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.2 * 2**attempt)
