"""TURN servers for browsers that cannot reach the live view's port directly."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from hejnal_runtime.clock import Clock

_VALID_S = 12 * 3600


class IceServers:
    """Link headers (draft-ietf-wish-whep §4.6) with credentials that expire (TURN REST, `use-auth-secret` in coturn)."""

    def __init__(self, urls: Sequence[str], secret: str | None, clock: Clock) -> None:
        self._urls = urls
        self._secret = secret
        self._clock = clock

    def links(self, account_id: str) -> list[str]:
        """One Link header value per server."""
        return [self._link(url, account_id) for url in self._urls]

    def _link(self, url: str, account_id: str) -> str:
        if self._secret is None or not url.startswith("turn"):
            return f'<{url}>; rel="ice-server"'
        username = f"{int(self._clock.now().timestamp()) + _VALID_S}:{account_id}"
        digest = hmac.new(self._secret.encode(), username.encode(), hashlib.sha1).digest()  # as coturn computes it
        password = base64.b64encode(digest).decode()
        return f'<{url}>; rel="ice-server"; username="{username}"; credential="{password}"; credential-type="password"'
