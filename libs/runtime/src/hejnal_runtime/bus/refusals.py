"""Why Kafka does not let us in, in words that say whom to ask for what.

The client library takes every failure to connect for the broker being away and logs the cause; a wrong password, an unknown
authority or a missing right would then be tried again for ever with nobody told.
"""

import ssl
import time
from collections.abc import Iterable

import structlog
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedSaslMechanismError,
)

from hejnal_runtime import metrics
from hejnal_runtime.bus.connection import ConnectionSettingsError, KafkaConnection
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

GUIDE = "docs/guide/kafka.md"
SAY_EVERY_S = 60.0
ASK_TIMEOUT_S = 5.0


def denial(kafka: KafkaConnection, error: BaseException, doing: str) -> str | None:
    """What the administrator should grant, for an error of a broker that let us in; None for other errors."""
    if isinstance(error, TopicAuthorizationFailedError):
        what = f"to {doing} {_named('topic', _names(error)) or 'a topic'}"
    elif isinstance(error, GroupAuthorizationFailedError):
        what = f"to use {_named('group', _names(error)) or 'its consumer group'}"
    elif isinstance(error, TransactionalIdAuthorizationFailed):
        what = "to use its transactional id"
    elif isinstance(error, ClusterAuthorizationFailedError):
        what = f"to {doing} any topic"  # an idempotent producer needs the right to write one at least (KIP-679)
    else:
        return None
    return f"Kafka does not allow {kafka.principal} {what}: ask the administrator to grant it ({GUIDE})"


async def why_not_connected(kafka: KafkaConnection) -> str | None:
    """Connect once and say what has to be changed; None when the broker lets us in, or is merely away."""
    try:
        options = kafka.options()
    except ConnectionSettingsError as error:
        return str(error)
    del options["bootstrap_servers"]
    found: list[str] = []
    for host, port in addresses(kafka.bootstrap):
        try:
            connection = await wait_for(
                create_conn(host, port, request_timeout_ms=int(ASK_TIMEOUT_S * 1000), **options), ASK_TIMEOUT_S
            )
        except (OSError, TimeoutError, KafkaError) as error:
            reason = _refusal(kafka, f"{host}:{port}", error)
            if reason is not None:
                found.append(reason)
        else:
            connection.close()
            return None
    return found[0] if found else None


def _refusal(kafka: KafkaConnection, place: str, error: BaseException) -> str | None:
    prefix = kafka.settings_prefix
    if isinstance(error, SaslAuthenticationFailed | AuthenticationFailedError):
        return (
            f"Kafka at {place} does not know user {kafka.user}, or its password is another one: "
            f"compare {prefix}KAFKA_PASSWORD_FILE with what the administrator has set ({GUIDE})"
        )
    if isinstance(error, UnsupportedSaslMechanismError | IllegalSaslStateError):
        return (
            f"Kafka at {place} does not take passwords by {kafka.sasl_mechanism}: "
            f"ask the administrator which mechanism it takes and set {prefix}KAFKA_SASL_MECHANISM"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        if "mismatch" in str(error.verify_message).lower():
            return (
                f"Kafka's certificate at {place} bears another name ({error.verify_message}): "
                f"use the name it bears in {prefix}KAFKA_BOOTSTRAP, or have the certificate made anew"
            )
        return (
            f"Kafka's certificate at {place} is not trusted ({error.verify_message}): "
            f"set {prefix}KAFKA_CA_FILE to the authority that signed it"
        )
    if isinstance(error, ssl.SSLError):
        if "CERTIFICATE" in str(error.reason or ""):
            return (
                f"Kafka at {place} does not accept our client certificate ({error.reason}): {prefix}KAFKA_CLIENT_CERTIFICATE_FILE"
            )
        return (
            f"what listens at {place} does not speak TLS as we do ({error.reason}): "
            f"compare {prefix}KAFKA_SECURITY_PROTOCOL and the port with the broker's listeners"
        )
    if isinstance(error, KafkaConnectionError) and kafka.security_protocol == "SSL" and kafka.client_certificate_file is None:
        return f"Kafka at {place} wants a client certificate: set {prefix}KAFKA_CLIENT_CERTIFICATE_FILE, or use SASL_SSL"
    if isinstance(error, KafkaConnectionError) and not kafka.has_tls:
        return (
            f"Kafka at {place} closes the connection of a client without TLS: if it wants TLS and a password, "
            f"set {prefix}KAFKA_SECURITY_PROTOCOL=SASL_SSL ({GUIDE})"
        )
    return None


def addresses(bootstrap: str) -> Iterable[tuple[str, int]]:
    """Host and port of each broker in a bootstrap list."""
    for one in bootstrap.split(","):
        host, _, port = one.strip().rpartition(":")
        yield host.strip("[]"), int(port) if port.isdecimal() else 9092


def _names(error: BaseException) -> list[str]:
    names: list[str] = []
    for one in error.args:
        names += [one] if isinstance(one, str) else sorted(map(str, one)) if isinstance(one, set | frozenset | list) else []
    return names


def _named(kind: str, names: list[str]) -> str:
    if not names:
        return ""
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}"


class Refusals:
    """Remembers what one client was refused, for `/readyz`; says it in the log at most once a minute."""

    def __init__(self, kafka: KafkaConnection, client: str) -> None:
        self._kafka = kafka
        self._client = client
        self._said_at = -SAY_EVERY_S
        self.reason: str | None = None
        """What has to be changed; None while Kafka lets us do our work."""

    async def note(self, error: BaseException, doing: str) -> bool:
        """Take a failure and find out what is behind it; True when it was a refusal. `doing`: read from, write to, …."""
        reason = denial(self._kafka, error, doing) or await why_not_connected(self._kafka)
        if reason is None:
            self.clear()
            return False
        now = time.monotonic()
        if reason != self.reason or now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            log.error("kafka_refuses", client=self._client, reason=reason)
        self.reason = reason
        metrics.BUS_REFUSED.labels(self._client).set(1)
        return True

    def clear(self) -> None:
        """Kafka has let us do our work."""
        if self.reason is not None:
            log.info("kafka_refuses_no_more", client=self._client)
            metrics.BUS_REFUSED.labels(self._client).set(0)
        self.reason = None
