"""Basic and Digest access authentication for RTSP (RFC 7617, RFC 7616)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest)\s+", re.IGNORECASE)
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "sha-256": hashlib.sha256,
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),  # what cameras ask for
}
_PREFERENCE = ("sha-256", "md5", "basic")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A camera account. The password is in no repr, so it gets into no log."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a camera that we can answer."""

    scheme: str
    """`basic` or `digest`."""
    realm: str = ""
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = "MD5"
    qop: str = ""
    stale: bool = False

    @property
    def kind(self) -> str:
        """`sha-256`, `md5` or `basic`."""
        return "basic" if self.scheme == "basic" else self.algorithm.lower().removesuffix("-sess")


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """The challenges of all `WWW-Authenticate` fields that can be answered, the strongest first."""
    found: list[Challenge] = []
    for value in values:
        starts = list(_SCHEME.finditer(value))
        for index, start in enumerate(starts):
            end = starts[index + 1].start() if index + 1 < len(starts) else len(value)
            pairs = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(value[start.end() : end])}
            offered = [word.strip().lower() for word in pairs.get("qop", "").split(",") if word.strip()]
            challenge = Challenge(
                scheme=start[1].lower(),
                realm=pairs.get("realm", ""),
                nonce=pairs.get("nonce", ""),
                opaque=pairs.get("opaque"),
                algorithm=pairs.get("algorithm") or "MD5",
                qop="auth" if "auth" in offered else ("" if not offered else offered[0]),
                stale=pairs.get("stale", "").lower() == "true",
            )
            if challenge.kind in _PREFERENCE and challenge.qop in ("", "auth"):
                found.append(challenge)
    return sorted(found, key=lambda challenge: _PREFERENCE.index(challenge.kind))


def digest_response(
    challenge: Challenge, credentials: Credentials, *, method: str, uri: str, nonce_count: int, client_nonce: str
) -> str:
    """The `response` value of RFC 7616 §3.4.1."""
    digest = _HASHES[challenge.kind]

    def hashed(text: str) -> str:
        return digest(text.encode()).hexdigest()

    secret = hashed(f"{credentials.username}:{challenge.realm}:{credentials.password}")
    if challenge.algorithm.lower().endswith("-sess"):
        secret = hashed(f"{secret}:{challenge.nonce}:{client_nonce}")
    action = hashed(f"{method}:{uri}")
    if challenge.qop:
        return hashed(f"{secret}:{challenge.nonce}:{nonce_count:08x}:{client_nonce}:{challenge.qop}:{action}")
    return hashed(f"{secret}:{challenge.nonce}:{action}")


class Authenticator:
    """Answers a camera's challenges on one connection."""

    def __init__(self, credentials: Credentials, *, client_nonce: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        self._credentials = credentials
        self._client_nonce = client_nonce
        self._challenge: Challenge | None = None
        self._count = 0
        self._accepted = False

    def challenged(self, values: Iterable[str]) -> bool:
        """Takes the challenges of a 401; False when it makes no sense to ask again with the same password."""
        challenges = parse_challenges(values)
        if not challenges:
            return False
        before, self._challenge = self._challenge, challenges[0]
        # not every camera says `stale` when it gives out a new nonce for a password that was good so far
        renewed = self._accepted and before is not None and before.nonce != self._challenge.nonce
        again = before is None or self._challenge.stale or renewed
        self._count = 0
        self._accepted = False
        return again

    @property
    def is_asked(self) -> bool:
        """True while a challenge waits for its first good answer."""
        return self._challenge is not None and not self._accepted

    def expect_new_nonce(self) -> None:
        """The connection is another: a new challenge there does not mean that the password is wrong."""
        self._accepted = True

    def accepted(self) -> None:
        """The camera took the answer to its challenge."""
        self._accepted = self._challenge is not None

    def header(self, method: str, uri: str) -> str | None:
        """The `Authorization` value for a request; None before the first challenge."""
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            pair = f"{self._credentials.username}:{self._credentials.password}".encode()
            return "Basic " + base64.b64encode(pair).decode()
        self._count += 1
        nonce = self._client_nonce()
        response = digest_response(
            challenge, self._credentials, method=method, uri=uri, nonce_count=self._count, client_nonce=nonce
        )
        parts = [
            f'username="{_quoted(self._credentials.username)}"',
            f'realm="{challenge.realm}"',
            f'nonce="{challenge.nonce}"',
            f'uri="{uri}"',
            f'response="{response}"',
        ]
        if challenge.algorithm != "MD5" or challenge.qop:
            parts.append(f"algorithm={challenge.algorithm}")
        if challenge.opaque is not None:
            parts.append(f'opaque="{challenge.opaque}"')
        if challenge.qop:
            parts += [f"qop={challenge.qop}", f"nc={self._count:08x}", f'cnonce="{nonce}"']
        return "Digest " + ", ".join(parts)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
