"""The simulators' own door: what arrived, as JSON and as a page; outages on demand. Loopback only."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from importlib import resources
from typing import Any

from aiohttp import web

from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import CHANNELS, Arrival, Mailbox
from hejnal_notifier.sinks.serwersms import SerwerSms
from hejnal_notifier.sinks.smsc import Smsc

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_PAGE_FILES = {
    "/": ("index.html", "text/html"),
    "/style.css": ("style.css", "text/css"),
    "/app.js": ("app.js", "text/javascript"),
}
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@web.middleware
async def only_loopback_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests under a foreign host name (DNS rebinding) and add the security headers."""
    if request.host.rsplit(":", 1)[0] not in _LOOPBACK:
        return web.json_response({"error": "only reachable as 127.0.0.1 or localhost"}, status=421)
    response = await handler(request)
    if request.path.startswith(("/push/", "/sms.do", "/webhooks/")):
        return response
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


class Door:
    """JSON API and page over the mailbox."""

    def __init__(self, mailbox: Mailbox, conditions: Conditions, smsc: Smsc, account: SerwerSms) -> None:
        self._mailbox = mailbox
        self._smsc = smsc
        self._account = account
        self._conditions = conditions
        folder = resources.files("hejnal_notifier.sinks") / "page"
        self._files = {path: (folder.joinpath(name).read_bytes(), kind) for path, (name, kind) in _PAGE_FILES.items()}

    def routes(self) -> list[web.RouteDef]:
        """Routes of the API and the page."""
        return [
            *(web.get(path, self.page) for path in _PAGE_FILES),
            web.get("/favicon.ico", self.no_icon),
            web.get("/healthz", self.healthy),
            web.get("/api/messages", self.messages),
            web.get("/api/messages/{id}/html", self.html),
            web.get("/api/counts", self.counts),
            web.delete("/api/messages", self.clear),
            web.post("/api/outage", self.outage),
            web.post("/api/sms", self.text),
            web.post("/api/smsc", self.smsc),
        ]

    async def healthy(self, request: web.Request) -> web.Response:
        """The process is alive."""
        del request
        return web.Response(text="ok")

    async def no_icon(self, request: web.Request) -> web.Response:
        """Browsers ask; there is none."""
        del request
        return web.Response(status=204)

    async def page(self, request: web.Request) -> web.Response:
        """A file of the page."""
        content, kind = self._files[request.path]
        return web.Response(body=content, content_type=kind, charset="utf-8")

    async def messages(self, request: web.Request) -> web.Response:
        """`?channel=push|email|sms|webhook&to=part-of-address&since=id-or-RFC3339`: what arrived, oldest first."""
        query = request.query
        try:
            since_id, since = _since(query.get("since", ""))
        except ValueError:
            return web.json_response({"error": "since is neither an id nor an RFC 3339 instant with offset"}, status=422)
        found = self._mailbox.find(channel=query.get("channel", ""), to=query.get("to", ""), since_id=since_id, since=since)
        return web.json_response({"messages": [_shown(arrival) for arrival in found], "last_id": self._mailbox.last_id})

    async def html(self, request: web.Request) -> web.Response:
        """The HTML part of an e-mail, in a sandbox without script or network."""
        number = request.match_info["id"]
        arrival = self._mailbox.get(int(number)) if number.isdigit() else None
        if arrival is None or not arrival.html:
            raise web.HTTPNotFound
        return web.Response(text=arrival.html, content_type="text/html", headers={"Content-Security-Policy": MAIL_CSP})

    async def counts(self, request: web.Request) -> web.Response:
        """Everything since the start, per channel: shown, repeats, refused by cause."""
        del request
        return web.json_response(self._mailbox.counts())

    async def clear(self, request: web.Request) -> web.Response:
        """Forget what arrived."""
        del request
        self._mailbox.clear()
        return web.Response(status=204)

    async def outage(self, request: web.Request) -> web.Response:
        """`{"channel": "sms", "seconds": 30}`: the provider is away for so long; 0 brings it back."""
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        body = await request.json()
        channel, seconds = body.get("channel"), body.get("seconds")
        if channel not in CHANNELS or not isinstance(seconds, int | float) or not 0 <= seconds <= 86_400:
            return web.json_response({"error": "channel is push, email, sms or webhook; seconds from 0 to 86400"}, status=422)
        self._conditions.break_down(channel, float(seconds))
        return web.Response(status=204)

    async def text(self, request: web.Request) -> web.Response:
        """`{"from": "+48500100200", "text": "STOP"}`: a resident's SMS to the town, by SMPP or to be asked for."""
        body = await _json(request)
        sender, words = body.get("from"), body.get("text")
        if not isinstance(sender, str) or not sender.lstrip("+").isdigit() or not isinstance(words, str) or not words:
            return web.json_response({"error": "from is a number, text is not empty"}, status=422)
        kept = await self._smsc.text(sender, words)
        if not kept:
            self._account.text(sender, words)
        return web.json_response({"kept": kept})

    async def smsc(self, request: web.Request) -> web.Response:
        """`{"silent": true}`: the SMSC takes messages and answers nothing."""
        body = await _json(request)
        self._smsc.silent = body.get("silent") is True
        return web.Response(status=204)


async def _json(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    body = await request.json()
    return body if isinstance(body, dict) else {}


def _shown(arrival: Arrival) -> dict[str, Any]:
    fields = asdict(arrival)
    fields["html"] = bool(arrival.html)
    fields["html_url"] = f"/api/messages/{arrival.id}/html" if arrival.html else None
    return fields


def _since(text: str) -> tuple[int, datetime | None]:
    """An arrival's id or an instant; a "+" that came unescaped (as a space) is understood."""
    if not text:
        return 0, None
    if text.isdigit():
        return int(text), None
    instant = datetime.fromisoformat(text.replace(" ", "+"))
    if instant.tzinfo is None:
        raise ValueError("no offset")
    return 0, instant
