"""Who may ask: UsernameToken with a digest that is good once, or HTTP Digest."""

import base64
import binascii
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from hejnal_media.onvif.names import PASSWORD_DIGEST
from hejnal_media.onvif.soap import SoapFaultError, password_digest
from hejnal_media.onvif.xml import find, read_instant, text_of
from hejnal_media.rtsp.auth import Challenge, Credentials, digest_response
from hejnal_media.simulator.onvif.state import CameraTime, OnvifBehaviour

REALM = "Hejnal ONVIF simulator"
_MAX_AGE_S = 300.0
_MAX_NONCES = 1000
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


class HttpDigestWantedError(Exception):
    """Nothing was presented that could be judged: the door asks for HTTP Digest."""


def _refused() -> SoapFaultError:
    return SoapFaultError("Sender", ("NotAuthorized",), "Sender not authorized")


class Account:
    """Judges requests. Without credentials everything is allowed."""

    def __init__(self, credentials: Credentials | None, clock: CameraTime, behaviour: OnvifBehaviour) -> None:
        self._credentials = credentials
        self._clock = clock
        self._behaviour = behaviour
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._counts: dict[str, int] = {}
        self.nonce = secrets.token_hex(16)
        self.replays_refused = 0

    @property
    def challenge(self) -> str:
        """`WWW-Authenticate`."""
        return f'Digest realm="{REALM}", nonce="{self.nonce}", algorithm=MD5, qop="auth"'

    def check(self, soap_header: Element | None, http_headers: Mapping[str, str], path: str) -> None:
        """Raises SoapFaultError (NotAuthorized) or HttpDigestWantedError."""
        if self._credentials is None:
            return
        token = find(soap_header, "wsse:Security/wsse:UsernameToken")
        authorization = http_headers.get("Authorization", "")
        if token is not None and self._behaviour.wsse and not authorization:
            self._check_token(token, self._credentials)
        elif authorization.startswith("Digest "):
            self._check_digest(authorization, path, self._credentials)
        else:
            raise HttpDigestWantedError
        if self._behaviour.refuse_auth:
            raise _refused()

    def _check_token(self, token: Element, credentials: Credentials) -> None:
        password = find(token, "wsse:Password")
        created_text = text_of(token, "wsu:Created")
        created = read_instant(created_text)
        try:
            nonce = base64.b64decode(text_of(token, "wsse:Nonce"), validate=True)
        except (binascii.Error, ValueError):
            nonce = b""
        if password is None or password.get("Type") != PASSWORD_DIGEST or created is None or not nonce:
            raise _refused()
        if abs((created - self._clock.now()).total_seconds()) > _MAX_AGE_S:
            raise _refused()
        expected = password_digest(nonce, created_text, credentials.password)
        same_name = secrets.compare_digest(text_of(token, "wsse:Username"), credentials.username)
        if not secrets.compare_digest(expected, text_of(password)) or not same_name:
            raise _refused()
        if nonce in self._seen:
            self.replays_refused += 1
            raise _refused()
        self._seen[nonce] = None
        if len(self._seen) > _MAX_NONCES:
            self._seen.popitem(last=False)

    def _check_digest(self, authorization: str, path: str, credentials: Credentials) -> None:
        given = {key: quoted or plain for key, quoted, plain in _PARAMETER.findall(authorization)}
        count_text = given.get("nc", "0")
        count = int(count_text, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", count_text) else 0
        client_nonce = given.get("cnonce", "")
        if given.get("nonce") != self.nonce or given.get("uri") != path or given.get("username") != credentials.username:
            raise HttpDigestWantedError
        if count <= self._counts.get(client_nonce, 0):
            self.replays_refused += 1
            raise HttpDigestWantedError
        challenge = Challenge("digest", REALM, self.nonce, None, "MD5", "auth")
        expected = digest_response(challenge, credentials, method="POST", uri=path, nonce_count=count, client_nonce=client_nonce)
        if not secrets.compare_digest(expected, given.get("response", "")):
            raise HttpDigestWantedError
        self._counts[client_nonce] = count
