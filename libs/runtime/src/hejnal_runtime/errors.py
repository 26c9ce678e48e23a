"""One error for everything a caller should be told, and one judgement of what is worth trying again."""

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import asyncpg
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedSaslMechanismError,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Kind(StrEnum):
    """What sort of error it is. One table maps it to HTTP (`problems`), one to retry or DLQ (`bus`)."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    PRECONDITION_REQUIRED = "precondition_required"
    NOT_ACCEPTABLE = "not_acceptable"
    GONE = "gone"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class AppError(Exception):
    """An error with a stable slug and a sentence that says what is wrong and what to do."""

    def __init__(
        self,
        kind: Kind,
        slug: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{slug}: {detail}")
        self.kind = kind
        self.slug = slug
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.headers = dict(headers or {})


# SQLSTATE classes in which the same statement may succeed later (PostgreSQL 15, appendix A):
# 08 connection, 40 rollback (deadlock, serialization), 53 resources, 55P03 lock not available, 57 operator intervention.
_TRANSIENT_SQLSTATES = ("08", "40", "53", "55P03", "57")


KAFKA_DENIED = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
"""Kafka knows us and does not allow it."""
KAFKA_REFUSED = (
    *KAFKA_DENIED,
    SaslAuthenticationFailed,
    AuthenticationFailedError,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
)
"""An administrator has to change something; then the same work succeeds. No message may be given up because of it."""


def is_transient(error: BaseException) -> bool:
    """True when the same work may succeed later without anyone changing it."""
    if isinstance(error, AppError):
        return error.kind in (Kind.UNAVAILABLE, Kind.RATE_LIMITED)
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(_TRANSIENT_SQLSTATES):
            return True
        return isinstance(error, OperationalError | InterfaceError) and not state
    if isinstance(error, KafkaError):
        return bool(getattr(error, "retriable", False)) or isinstance(error, KAFKA_REFUSED)
    if isinstance(error, PoolTimeoutError | TimeoutError | asyncio.TimeoutError | OSError):
        return True
    if isinstance(error, asyncpg.InternalClientError):  # what asyncpg says now and then when the connection breaks under it
        return True
    state = getattr(error, "sqlstate", None)  # asyncpg raises bare while connecting
    return isinstance(state, str) and state.startswith(_TRANSIENT_SQLSTATES)
