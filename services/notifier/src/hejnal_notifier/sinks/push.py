"""The simulated push service (RFC 8030, 8188, 8291, 8292) and the devices behind it.

Devices made here (`POST /push/subscriptions`) hold their private key, so their messages are really decrypted, by the independent
`http_ece` library, and shown. Endpoints of other devices (any id) are accepted and shown as closed envelopes.
"""

import base64
import binascii
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import http_ece
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hejnal_notifier.sinks import outcomes
from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.outcomes import Flakiness, Outcome

PAYLOAD_LIMIT_BYTES = 4096
RETRY_AFTER_S = 1
TOKEN_TTL_LIMIT_S = 24 * 3600
URGENCIES = {"very-low", "low", "normal", "high"}
_KNOWN_TOKENS_LIMIT = 1000
DEVICES_AT_ONCE = 5000


def b64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """The inverse of `b64url`."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class Device:
    """A simulated browser with one push subscription."""

    id: str
    label: str
    private_key: ec.EllipticCurvePrivateKey
    auth: bytes
    server_key: str = ""
    """The applicationServerKey it subscribed with; empty: any."""

    def subscription(self, origin: str) -> dict[str, Any]:
        """What `PushSubscription.toJSON()` gives in a browser."""
        public = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": b64url(public), "auth": b64url(self.auth)}
        return {"endpoint": f"{origin}/push/{self.id}", "expirationTime": None, "keys": keys, "id": self.id, "label": self.label}


class Devices:
    """The simulated browsers; kept in a file when `data` is given, so that they survive a restart."""

    def __init__(self, data: Path | None = None) -> None:
        self._devices: dict[str, Device] = {}
        self._log: TextIO | None = None
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
            path = data / "devices.jsonl"
            if path.exists():
                for line in path.read_text(encoding="utf-8").splitlines():
                    fields = json.loads(line)
                    key = ec.derive_private_key(int(fields["private_key"], 16), ec.SECP256R1())
                    device = Device(
                        fields["id"], fields["label"], key, bytes.fromhex(fields["auth"]), fields.get("server_key", "")
                    )
                    self._devices[device.id] = device
            self._log = path.open("a", encoding="utf-8", buffering=1)

    def get(self, device_id: str) -> Device | None:
        """A device made here."""
        return self._devices.get(device_id)

    def make(self, *, label: str = "", behaviour: Outcome = Outcome.ACCEPT, server_key: str = "") -> Device:
        """A new device; its id carries the behaviour of the push service towards it."""
        prefix = "" if behaviour is Outcome.ACCEPT else f"{behaviour}-"
        name, auth = prefix + secrets.token_hex(12), secrets.token_bytes(16)
        device = Device(name, label, ec.generate_private_key(ec.SECP256R1()), auth, server_key)
        self._devices[device.id] = device
        if self._log is not None:
            number = f"{device.private_key.private_numbers().private_value:064x}"
            entry = {"id": device.id, "label": label, "private_key": number, "auth": device.auth.hex(), "server_key": server_key}
            self._log.write(json.dumps(entry) + "\n")
        return device

    def close(self) -> None:
        """Close the file."""
        if self._log is not None:
            self._log.close()
            self._log = None


class PushService:
    """Accepts encrypted messages as a browser vendor's push service does, as strictly as the strictest of them."""

    def __init__(self, mailbox: Mailbox, conditions: Conditions, devices: Devices) -> None:
        self._mailbox = mailbox
        self._conditions = conditions
        self._devices = devices
        self._flakiness = Flakiness()
        self._known_tokens: dict[tuple[str, str], float] = {}

    def routes(self) -> list[web.RouteDef]:
        """Routes of the service and of the device maker."""
        return [web.post("/push/subscriptions", self.subscribe), web.post("/push/{device_id}", self.accept)]

    async def subscribe(self, request: web.Request) -> web.Response:
        """Make a device: `{"label": "", "behaviour": "accept|gone|flaky|full|slow", "server_key": ""}`, all optional.

        With a `server_key` (applicationServerKey) it takes messages of nobody else (RFC 8292 §4.2).
        With `"count": 1000` so many alike, as `{"subscriptions": […]}`.
        """
        body = await request.json() if request.can_read_body else {}
        count = body.get("count")
        if count is not None and (not isinstance(count, int) or not 1 <= count <= DEVICES_AT_ONCE):
            return web.json_response({"error": f"count is from 1 to {DEVICES_AT_ONCE}"}, status=422)
        try:
            behaviour = Outcome(body.get("behaviour", "accept"))
        except ValueError:
            return web.json_response({"error": "unknown behaviour"}, status=422)
        named = {"label": str(body.get("label", "")), "server_key": str(body.get("server_key", "")).rstrip("=")}
        origin = f"http://{request.host}"
        made = [self._devices.make(behaviour=behaviour, **named).subscription(origin) for _ in range(count or 1)]
        return web.json_response(made[0] if count is None else {"subscriptions": made}, status=201)

    async def accept(self, request: web.Request) -> web.Response:
        """Take one message (RFC 8030 §5)."""
        device_id = request.match_info["device_id"]
        body = await request.read()
        refusal = self._refusal(request, device_id, body)
        if refusal is not None:
            return refusal
        if self._conditions.delay_s or device_id.startswith("slow-"):
            await self._conditions.take_time(slow=device_id.startswith("slow-"))
        device = self._devices.get(device_id)
        headers = {name: request.headers[name] for name in ("TTL", "Urgency", "Topic") if name in request.headers}
        if device is None:
            key, title, text = secrets.token_hex(8), "(zaszyfrowane)", f"{len(body)} B"
        else:
            try:
                plain = http_ece.decrypt(body, private_key=device.private_key, auth_secret=device.auth, version="aes128gcm")
            except (http_ece.ECEException, ValueError) as error:
                self._mailbox.refuse("push", "undecryptable")
                self._mailbox.add("push", device_id, key=secrets.token_hex(8), subject="(nie do odczytania)", text=str(error))
                return web.Response(status=201)  # a real service cannot see inside and accepts it, too
            title, text = _shown(plain)
            key = request.headers.get("Topic", "") + plain.decode("utf-8", "replace")
            if device.label:
                headers["label"] = device.label
        self._mailbox.add("push", device_id, key=key, subject=title, text=text, headers=headers)
        return web.Response(
            status=201, headers={"Location": f"/push/messages/{secrets.token_hex(8)}", "TTL": headers.get("TTL", "0")}
        )

    def _refusal(self, request: web.Request, device_id: str, body: bytes) -> web.Response | None:
        def refuse(status: int, cause: str, headers: dict[str, str] | None = None) -> web.Response:
            self._mailbox.refuse("push", cause)
            return web.Response(status=status, text=cause, headers=headers)

        if self._conditions.is_down("push"):
            return refuse(503, "outage")
        if not request.headers.get("TTL", "").isdigit():
            return refuse(400, "TTL header missing")
        if request.headers.get("Urgency", "normal") not in URGENCIES or len(request.headers.get("Topic", "")) > 32:
            return refuse(400, "bad Urgency or Topic")
        if not self._authorized(request):
            return refuse(403, "VAPID refused")
        device = self._devices.get(device_id)
        if device is not None and device.server_key and f"k={device.server_key}" != _key_part(request):
            return refuse(403, "VAPID key is not the subscription's")
        if body and request.headers.get("Content-Encoding") != "aes128gcm":
            return refuse(400, "unknown Content-Encoding")
        if len(body) > PAYLOAD_LIMIT_BYTES:
            return refuse(413, "too large")
        outcome = outcomes.of_push(device_id)
        if outcome is Outcome.GONE:
            return refuse(410, outcome)
        if outcome is Outcome.REJECT:
            return refuse(400, outcome)
        if outcome is Outcome.FULL or (outcome is Outcome.FLAKY and self._flakiness.refuses(device_id)):
            return refuse(429, outcome, {"Retry-After": str(RETRY_AFTER_S)})
        return None

    def _authorized(self, request: web.Request) -> bool:
        """RFC 8292: a token signed by the key beside it, for this origin, valid for at most a day, with a contact."""
        authorization = request.headers.get("Authorization", "")
        origin = f"http://{request.host}"
        now = time.time()
        if self._known_tokens.get((authorization, origin), 0.0) > now:
            return True
        if not authorization.startswith("vapid "):
            return False
        fields = dict(part.strip().partition("=")[::2] for part in authorization.removeprefix("vapid ").split(","))
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64url(fields["k"]))
            claims = jwt.decode(
                fields["t"], key, algorithms=["ES256"], audience=origin, options={"require": ["exp", "aud", "sub"]}
            )
        except (KeyError, ValueError, binascii.Error, jwt.InvalidTokenError):
            return False
        subject = str(claims["sub"])
        if claims["exp"] - now > TOKEN_TTL_LIMIT_S or not subject.startswith(("mailto:", "https:")) or " " in subject:
            return False
        if len(self._known_tokens) >= _KNOWN_TOKENS_LIMIT:
            self._known_tokens.clear()
        self._known_tokens[authorization, origin] = float(claims["exp"])
        return True


def _key_part(request: web.Request) -> str:
    return request.headers["Authorization"].rpartition(",")[2].strip().rstrip("=")


def _shown(plain: bytes) -> tuple[str, str]:
    """Title and text that the service worker would show; the raw text where it is not our JSON."""
    text = plain.decode("utf-8", "replace")
    try:
        payload = json.loads(text)
        return str(payload["title"]), text
    except (ValueError, KeyError, TypeError):
        return "", text
