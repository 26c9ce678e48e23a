"""Short-lived service tokens: JWT signed with Ed25519 (RFC 8037), checked against a JWKS (RFC 7517)."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import Request

from hejnal_runtime.errors import AppError, Kind

MAX_TTL_S = 300
LEEWAY_S = 5
RETIRED = "retired_at"
"""Member of a JWK (RFC 7517 §4 allows further ones): its tokens are refused, its statements can still be checked."""


def load_key(path: Path) -> Ed25519PrivateKey:
    """A private key from a PEM file; ValueError when it is not Ed25519."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} does not hold an Ed25519 key")  # noqa: TRY004 the content of a file is a value
    return key


def public_jwk(service: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The public half as a JWK; its `kid` starts with the service that may sign with it."""
    jwk: dict[str, Any] = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
    return {**jwk, "kid": f"{service}:{jwk['x'][:8]}", "use": "sig", "alg": "EdDSA"}


class TokenIssuer:
    """Signs tokens in the name of one service."""

    def __init__(self, service: str, key: Ed25519PrivateKey) -> None:
        self.service = service
        self._key = key
        self._jwk = public_jwk(service, key)

    def issue(self, audience: str, *, subject: str | None = None, role: str | None = None, ttl_s: int = 60, **claims: Any) -> str:
        """A token for `audience`; `subject` and `role` name the person on whose behalf the call is made."""
        now = int(time.time())
        payload = {**claims, "iss": self.service, "aud": audience, "iat": now, "exp": now + min(ttl_s, MAX_TTL_S)}
        payload |= {"sub": subject or self.service}
        if role:
            payload["role"] = role
        return jwt.encode(payload, self._key, algorithm="EdDSA", headers={"kid": self._jwk["kid"]})

    def headers(self, audience: str, *, subject: str | None = None, role: str | None = None) -> dict[str, str]:
        """An Authorization header with a fresh token."""
        return {"Authorization": f"Bearer {self.issue(audience, subject=subject, role=role)}"}

    def state(self, kind: str, **claims: Any) -> str:
        """A signed statement (JWS of type `kind`) that stays valid; without audience and end it is never taken for a token."""
        return jwt.encode(
            {**claims, "iss": self.service}, self._key, algorithm="EdDSA", headers={"kid": self._jwk["kid"], "typ": kind}
        )

    def jwks(self) -> dict[str, Any]:
        """The public key set of this service."""
        return {"keys": [self._jwk]}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a service, and the person it acts for."""

    service: str
    subject: str
    role: str = ""
    claims: dict[str, Any] = field(default_factory=dict)


class TokenVerifier:
    """Accepts tokens that a trusted service signed for this audience. The key set is read again when its file changes."""

    def __init__(self, audience: str, jwks_file: Path) -> None:
        self._audience = audience
        self._file = jwks_file
        self._keys: dict[str, Any] = {}
        self._retired: frozenset[str] = frozenset()
        self._read_at: tuple[int, int] | None = None

    def _key(self, kid: str) -> Any:
        stat = self._file.stat()
        version = (stat.st_mtime_ns, stat.st_size)
        if version != self._read_at:
            documents = json.loads(self._file.read_text())["keys"]
            self._keys = {jwk["kid"]: jwt.PyJWK(jwk).key for jwk in documents}
            self._retired = frozenset(jwk["kid"] for jwk in documents if RETIRED in jwk)
            self._read_at = version
        return self._keys.get(kid)

    def verify(self, token: str) -> Caller:
        """The caller behind a token; AppError(UNAUTHENTICATED) when it is not valid here and now."""
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key = self._key(kid)
            if key is None or kid in self._retired:
                raise jwt.InvalidKeyError("unknown or retired key")
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
            if kid.split(":", 1)[0] != claims["iss"]:
                raise jwt.InvalidIssuerError("key belongs to another service")
            if claims["exp"] - claims["iat"] > MAX_TTL_S:
                raise jwt.InvalidTokenError("lives too long")
        except (jwt.PyJWTError, OSError, ValueError, KeyError) as error:
            detail = "A valid service token is needed here."
            headers = {"WWW-Authenticate": "Bearer"}
            raise AppError(Kind.UNAUTHENTICATED, "invalid-token", detail, headers=headers) from error
        return Caller(claims["iss"], claims["sub"], claims.get("role", ""), claims)

    def statement(self, text: str, kind: str) -> dict[str, Any]:
        """The claims of a statement of type `kind`; ValueError when no trusted service has signed it."""
        try:
            header = jwt.get_unverified_header(text)
            kid = str(header.get("kid", ""))
            key = self._key(kid)
            if key is None or header.get("typ") != kind:
                raise ValueError("signed with an unknown key, or of another type")
            claims: dict[str, Any] = jwt.decode(text, key, algorithms=["EdDSA"], options={"verify_aud": False})
        except jwt.PyJWTError as error:
            raise ValueError(str(error)) from error
        if kid.split(":", 1)[0] != claims.get("iss"):
            raise ValueError("the key belongs to another service")
        return claims


def service_caller(verifier: TokenVerifier, *allowed: str) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the caller, if it is one of the `allowed` services; 401 or 403 otherwise."""

    async def authenticate(request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            detail = "A service token is needed here."
            raise AppError(Kind.UNAUTHENTICATED, "token-missing", detail, headers={"WWW-Authenticate": "Bearer"})
        caller = verifier.verify(token.strip())
        if caller.service not in allowed:
            raise AppError(Kind.FORBIDDEN, "service-not-allowed", f"{caller.service} may not call this.")
        return caller

    return authenticate
