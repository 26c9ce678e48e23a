"""Push endpoints come from outside and are called by our servers: only push services are accepted (SSRF)."""

from base64 import urlsafe_b64decode
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from hejnal_citizen.residents.schemas import PushTarget
from hejnal_citizen.residents.server_keys import ServerKeys
from hejnal_citizen.settings import Settings
from hejnal_runtime.endpoints import is_loopback
from hejnal_runtime.errors import AppError, Kind

HTTPS_PORT = 443
AUTH_BYTES = 16


def check_target(target: PushTarget, settings: Settings, server_keys: ServerKeys) -> None:
    """AppError(INVALID) unless this is a subscription at a push service we know, with usable keys (RFC 8291), made with ours."""
    server_keys.check(target.application_server_key)
    if not _endpoint_allowed(target.endpoint, settings):
        detail = "This browser's push service is not supported. Use e-mail or SMS instead."
        raise AppError(Kind.INVALID, "push-endpoint-refused", detail)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _decoded(target.keys.p256dh))
        auth = _decoded(target.keys.auth)
    except ValueError as error:
        raise AppError(
            Kind.INVALID, "push-keys-invalid", "The browser's push keys are not valid. Switch notices off and on again."
        ) from error
    if len(auth) != AUTH_BYTES:
        raise AppError(
            Kind.INVALID, "push-keys-invalid", "The browser's push keys are not valid. Switch notices off and on again."
        )


def host_of(endpoint: str) -> str:
    """The push service's host, which is all that is shown of an endpoint."""
    return urlsplit(endpoint).hostname or ""


def _endpoint_allowed(endpoint: str, settings: Settings) -> bool:
    if not endpoint.isascii() or any(character.isspace() or character in "\\#" for character in endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.password is not None:
        return False
    if settings.loopback_push and is_loopback(parts.hostname):
        return parts.scheme in {"http", "https"}
    host = parts.hostname
    known = any(host == one or host.endswith("." + one) for one in settings.push_hosts)
    return parts.scheme == "https" and port in {None, HTTPS_PORT} and known


def _decoded(value: str) -> bytes:
    value = value.rstrip("=")
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))
