"""An identity provider of the town (OpenID Connect Core 1.0): authorization code flow with PKCE, state and nonce.

The standard's checks are Authlib's and joserfc's; here is what we ask for and what we make of the answer.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from hejnal_gateway.accounts.roles import SEE_EVERY_CAMERA, Role
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

CALLBACK = "/api/v1/session/oidc/callback"
"""Where the provider sends browsers back to; register it there."""
SIGN_OUT = "/api/v1/session/oidc/sign-out"
"""Where browsers sign out, and where the provider tells of who was signed out there (back-channel)."""
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
_TIMEOUT_S = 5.0
_METADATA_S = 3600.0
_KEYS_AGAIN_S = 2.0
_LEEWAY_S = 30
_LOGOUT_TOKEN_S = 300
_SIGNED_OUT = "http://schemas.openid.net/event/backchannel-logout"
_TROUBLE = (httpx2.HTTPError, OSError, TimeoutError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Journey:
    """A browser on its way to the provider, and what its return will be checked by."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider says somebody is. `role` None: it names no role that is known here."""

    issuer: str
    subject: str
    login: str
    name: str
    role: Role | None
    camera_groups: list[str] | None


class IdentityProvider:
    """One provider. Its metadata is read again every hour, its keys when a token is signed with one that is not known."""

    def __init__(self, settings: GatewaySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.issuer = settings.oidc_issuer
        self.name = settings.oidc_name
        self._redirect_uri = settings.public_url.rstrip("/") + CALLBACK
        self._lock = asyncio.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def begin(self) -> Journey:
        """Where to send a browser. AppError(UNAVAILABLE) when the provider does not answer."""
        metadata = await self._discovered()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client() as client:
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"], state=secrets.token_urlsafe(24), code_verifier=verifier, nonce=nonce
            )
        return Journey(url, state, nonce, verifier)

    async def identify(self, code: str, *, nonce: str, code_verifier: str, issuer: str | None) -> Identity:
        """Who came back with this code. `issuer`: as the callback names it (RFC 9207), if it does.

        AppError: UNAUTHENTICATED when anything does not fit; UNAVAILABLE when the provider does not answer.
        """
        metadata = await self._discovered()
        if issuer is not None and issuer != self.issuer:
            raise _refused("the answer is another provider's")
        try:
            async with asyncio.timeout(2 * _TIMEOUT_S), self._client() as client:
                token = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=code_verifier)
                claims = await self._claims(token, nonce)
                if endpoint := metadata.get("userinfo_endpoint"):
                    answer = (await client.get(endpoint)).raise_for_status().json()
                    if answer.get("sub") != claims["sub"]:  # OIDC Core §5.3.2
                        raise _refused("userinfo is about somebody else")
                    claims = {**answer, **claims}
        except OAuthError as error:
            raise _refused(f"{error.error}: {error.description}") from error
        except JoseError as error:
            raise _refused(f"{type(error).__name__}: {error}") from error
        except _TROUBLE as error:
            raise self._away(error) from error
        return self._identity(claims)

    async def sign_out_url(self) -> str:
        """Where to send a browser that signed out here (OpenID Connect RP-Initiated Logout 1.0); else our own page."""
        home = self._settings.public_url.rstrip("/") + "/"
        endpoint = (await self._discovered()).get("end_session_endpoint")
        if not endpoint:
            return home
        query = urlencode({"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": home})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    async def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        raw = token.get("id_token")
        if not isinstance(raw, str):
            raise _refused("there is no ID token")
        decoded = await self._decoded(raw)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={**self._ours(), "exp": {"essential": True}},
            params={"nonce": nonce, "client_id": self._settings.oidc_client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(self._clock.now().timestamp()), leeway=_LEEWAY_S)
        wanted = set(self._settings.oidc_required_amr)
        if wanted and wanted.isdisjoint(claims.get("amr") or ()):
            raise AppError(
                Kind.FORBIDDEN,
                "oidc-second-factor",
                "The provider did not ask for a second factor. Use one there, and try again.",
            )
        return dict(claims)

    async def whom_it_signed_out(self, logout_token: str) -> str:
        """The subject whose sessions the provider ends (OpenID Connect Back-Channel Logout 1.0 §2.6).

        AppError: UNAUTHENTICATED when this is not the provider's fresh word; UNAVAILABLE when its keys cannot be had.
        """
        now = int(self._clock.now().timestamp())
        try:
            decoded = await self._decoded(logout_token)
            claims = JWTClaims(decoded.claims, decoded.header, options={**self._ours(), "iat": {"essential": True}})
            claims.validate(now=now, leeway=_LEEWAY_S)
        except JoseError as error:
            raise _refused(f"{type(error).__name__}: {error}") from error
        except _TROUBLE as error:
            raise self._away(error) from error
        events, subject = claims.get("events"), claims.get("sub")
        if "nonce" in claims or not isinstance(events, dict) or _SIGNED_OUT not in events or not isinstance(subject, str):
            raise _refused("this is no logout token")
        if now - claims["iat"] > _LOGOUT_TOKEN_S:
            raise _refused("this logout token is old")
        return subject

    async def _decoded(self, raw: str) -> jwt.Token:
        try:
            return jwt.decode(raw, await self._known_keys(again=False), algorithms=ALGORITHMS)
        except (InvalidKeyIdError, ValueError):  # the provider has changed its keys
            return jwt.decode(raw, await self._known_keys(again=True), algorithms=ALGORITHMS)

    def _ours(self) -> dict[str, Any]:
        """What every token for us says."""
        client_id = self._settings.oidc_client_id
        return {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": client_id}}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        settings, subject = self._settings, str(claims["sub"])
        said = set(_texts(_at(claims, settings.oidc_role_claim)))
        role = next((role for value, role in settings.oidc_roles.items() if value in said), None)
        groups = None
        if settings.oidc_groups_claim and role not in SEE_EVERY_CAMERA:
            groups = sorted(set(_texts(_at(claims, settings.oidc_groups_claim))))
        login = str(_at(claims, settings.oidc_login_claim) or subject)
        return Identity(
            self.issuer, subject, login[:120], str(_at(claims, settings.oidc_name_claim) or login)[:120], role, groups
        )

    # --- what the provider publishes ------------------------------------------------------------------------------

    async def _discovered(self) -> dict[str, Any]:
        async with self._lock:
            now = self._clock.monotonic()
            if self._metadata is None or now - self._metadata[0] > _METADATA_S:
                try:
                    found = await self._get(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
                    if found["issuer"] != self.issuer:  # OpenID Connect Discovery §4.3
                        raise ValueError(f"it calls itself {found['issuer']}")
                except _TROUBLE as error:
                    if self._metadata is None:
                        raise self._away(error) from error
                    log.warning("oidc_metadata_not_renewed", error=repr(error))
                    found = self._metadata[1]
                self._metadata = (now, found)
            return self._metadata[1]

    async def _known_keys(self, *, again: bool) -> KeySet:
        metadata = await self._discovered()
        async with self._lock:
            now = self._clock.monotonic()
            stale = self._keys is None or (again and now - self._keys[0] > _KEYS_AGAIN_S)
            if stale or self._keys is None:
                self._keys = (now, KeySet.import_key_set(await self._get(metadata["jwks_uri"])))
            return self._keys[1]

    async def _get(self, url: str) -> Any:
        async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
            return (await client.get(url)).raise_for_status().json()

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.oidc_client_secret
        return AsyncOAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret is not None else None,
            token_endpoint_auth_method="client_secret_basic" if secret is not None else "none",
            scope=" ".join(self._settings.oidc_scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )

    def _away(self, error: Exception) -> AppError:
        log.warning("oidc_provider_unavailable", issuer=self.issuer, error=repr(error))
        detail = f"{self.name} does not answer right now. Please try again, or sign in with password and one-time code."
        return AppError(Kind.UNAVAILABLE, "oidc-unavailable", detail)


def _refused(why: str) -> AppError:
    log.warning("oidc_sign_in_refused", why=why)
    return AppError(
        Kind.UNAUTHENTICATED, "oidc-refused", "The provider's answer does not fit the question. Please sign in again."
    )


def _at(claims: Mapping[str, Any], path: str) -> Any:
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    return (
        [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    )
