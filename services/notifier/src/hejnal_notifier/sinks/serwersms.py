"""The simulated SerwerSMS account: submissions, reports by id or our own id, messages of residents."""

import secrets
from datetime import datetime
from typing import Any

from aiohttp import web

from hejnal_notifier.sinks import outcomes
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.outcomes import Flakiness, Outcome
from hejnal_runtime.quiet_hours import TOWN_TIME
from hejnal_runtime.sms_text import Encoding, split_text

PATH = "/serwersms"


class SerwerSms:
    """`POST /serwersms/messages/{send_sms,reports,recived}.json`, `/account/limits.json` with JSON bodies and a bearer token."""

    def __init__(self, mailbox: Mailbox, conditions: Conditions, *, token: str = "", credit: int = 100_000) -> None:
        self._mailbox = mailbox
        self._conditions = conditions
        self._token = token
        self._credit = credit
        self._flakiness = Flakiness()
        self._messages: dict[str, dict[str, Any]] = {}
        self._received: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        """Routes of the account."""
        return [
            web.post(f"{PATH}/messages/send_sms.json", self._send),
            web.post(f"{PATH}/messages/reports.json", self._reports),
            web.post(f"{PATH}/messages/recived.json", self._recived),
            web.post(f"{PATH}/account/limits.json", self._limits),
        ]

    def text(self, sender: str, body: str) -> None:
        """A resident's SMS, to be asked for."""
        at = f"{datetime.now(TOWN_TIME):%Y-%m-%d %H:%M:%S}"
        self._received.append({"id": secrets.token_hex(5), "phone": sender, "text": body, "type": "nd", "recived": at})

    async def _body(self, request: web.Request) -> dict[str, Any]:
        if self._conditions.is_down("sms"):
            self._mailbox.refuse("sms", "outage")
            raise web.HTTPServiceUnavailable
        if self._token and request.headers.get("Authorization") != f"Bearer {self._token}":
            raise web.HTTPUnauthorized
        body: dict[str, Any] = await request.json()
        return body

    async def _send(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        number, text = str(body.get("phone", "")), str(body.get("text", ""))
        outcome = outcomes.of_number(number)
        if outcome is Outcome.BOUNCE or not number.lstrip("+").isdigit():
            self._mailbox.refuse("sms", Outcome.BOUNCE)
            return _error(1000, "wrong_number", "Wrong number")
        if outcome is Outcome.FULL or (outcome is Outcome.FLAKY and self._flakiness.refuses(number)):
            self._mailbox.refuse("sms", outcome)
            return _error(4000, "operator_error", "Operator error")
        await self._conditions.take_time(slow=outcome is Outcome.SLOW)
        split = split_text(text)
        if split.encoding is Encoding.UCS2 and not body.get("utf"):
            return _error(2000, "wrong_message", "Special characters without utf")
        name, unique_id = secrets.token_hex(5), str(body.get("unique_id", ""))
        status = {Outcome.UNDELIVERED: "undelivered", Outcome.SILENT: "sent"}.get(outcome, "delivered")
        item = {"id": name, "phone": number, "status": status, "unique_id": unique_id, "parts": len(split.parts)}
        self._messages[name] = item
        self._credit -= len(split.parts)
        headers = {"from": str(body.get("sender", "")), "id": name, "parts": str(len(split.parts)), "unique_id": unique_id}
        self._mailbox.add("sms", "+" + number.lstrip("+"), key=unique_id or name, text=text, headers=headers)
        return web.json_response({"success": True, "queued": 1, "unsent": 0, "items": [{**item, "status": "queued"}]})

    async def _reports(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        wanted = {name for name in str(body.get("id", "")).split(",") if name}
        unique_id = str(body.get("unique_id", ""))
        items = [
            item for item in self._messages.values() if item["id"] in wanted or (unique_id and item["unique_id"] == unique_id)
        ]
        return web.json_response({"paging": {"page": 1, "count": 1}, "items": items})

    async def _recived(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        since, page, limit = str(body.get("date_from", "")), int(body.get("page", 1)), int(body.get("limit", 100))
        found = [item for item in self._received if item["recived"] >= since]
        paging = {"page": page, "count": -(-len(found) // limit)}
        return web.json_response({"paging": paging, "items": found[(page - 1) * limit : page * limit]})

    async def _limits(self, request: web.Request) -> web.Response:
        await self._body(request)
        items = [{"type": "eco", "chars_limit": "160", "value": "0"}]
        items.append({"type": "full", "chars_limit": "160", "value": str(self._credit)})
        return web.json_response({"items": items})


def _error(code: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "type": kind, "message": message}})
