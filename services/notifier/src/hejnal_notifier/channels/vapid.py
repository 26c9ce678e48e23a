"""Who we are to a push service: VAPID (RFC 8292)."""

import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hejnal_notifier.channels.push_encryption import b64url

TOKEN_TTL_S = 12 * 3600
RENEW_BEFORE_S = 3600


def application_server_key(key: EllipticCurvePrivateKey) -> str:
    """The public half as browsers want it for `pushManager.subscribe`."""
    return b64url(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


class Vapid:
    """Gives the Authorization header for an origin; a token is signed once and used for hours."""

    def __init__(self, key: EllipticCurvePrivateKey, subject: str) -> None:
        self._key = key
        self._subject = subject
        self._public = application_server_key(key)
        self._headers: dict[str, tuple[str, float]] = {}

    @property
    def public_key(self) -> str:
        """applicationServerKey, base64url."""
        return self._public

    def header(self, origin: str) -> str:
        """`vapid t=…, k=…` for a push service's origin."""
        now = time.time()
        header, renew_at = self._headers.get(origin, ("", 0.0))
        if now < renew_at:
            return header
        claims = {"aud": origin, "exp": int(now) + TOKEN_TTL_S, "sub": self._subject}
        header = f"vapid t={jwt.encode(claims, self._key, algorithm='ES256')}, k={self._public}"
        self._headers[origin] = (header, now + TOKEN_TTL_S - RENEW_BEFORE_S)
        return header
