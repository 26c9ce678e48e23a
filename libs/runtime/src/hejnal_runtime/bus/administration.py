"""Users of a secured Kafka and their rights: made, changed and taken away by an administrator's connection.

`python -m hejnal_runtime.bus.administration` grants what `hejnal_contracts.access` declares, sets passwords, adds outside
systems. Where Strimzi or another operator keeps users, its own resources do this instead.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest_v1, DescribeAclsRequest_v1
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from hejnal_contracts.access import Access
from hejnal_runtime.bus.connection import KafkaConnection
from hejnal_runtime.bus.refusals import addresses, why_not_connected
from hejnal_runtime.waiting import wait_for

# Numbers of the protocol (Kafka: ResourceType, PatternType, AclOperation, AclPermissionType, ScramMechanism).
_ANY = 1
_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_PATTERNS = {"literal": 3, "prefix": 4}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
_ALLOW = 3
_SCRAM_SHA_512 = 2
_ITERATIONS = 8192
_TIMEOUT_S = 20.0

Binding = tuple[int, str, int, str, str, int, int]
"""Resource, its name, pattern, principal, host, operation, permission."""


class AdministrationError(RuntimeError):
    """The broker did not do it; the text says why."""


class _AlterScramResponse(Response):  # type: ignore[misc]
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterScramRequest(RequestStruct):  # type: ignore[misc]
    """AlterUserScramCredentials v0 (KIP-554); the client library has none of its own."""

    API_KEY = 51
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _AlterScramResponse
    SCHEMA = Schema(
        ("deletions", CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields))),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """What a grant changed: how many rights were given and taken away."""

    given: int
    taken: int


class _Ready(Request[RequestStruct]):  # type: ignore[misc]
    """A request that is built already."""

    API_KEY = -1

    def __init__(self, struct: RequestStruct) -> None:
        self._struct = struct

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        del request_struct_class
        return self._struct

    def prepare(self, versions: dict[int, tuple[int, int]]) -> RequestStruct:
        lowest, highest = versions.get(self._struct.API_KEY, (0, -1))
        if not lowest <= self._struct.API_VERSION <= highest:
            raise AdministrationError("this Kafka is too old for users and rights: 2.7 or newer is needed")
        return self._struct


async def set_passwords(administrator: KafkaConnection, passwords: Mapping[str, str]) -> None:
    """Make users, or give them another password (SCRAM-SHA-512). Open connections stay; new ones need the new password."""
    upsertions: list[tuple[object, ...]] = []
    for user, password in passwords.items():
        salt = secrets.token_bytes(24)
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)  # RFC 5802: Hi(password, salt, i)
        upsertions.append((user, _SCRAM_SHA_512, _ITERATIONS, salt, salted, {}))
    answer = await _ask(administrator, _AlterScramRequest([], upsertions, {}))
    _raise([(user, code, message) for user, code, message, _ in answer.results])


async def remove_users(administrator: KafkaConnection, users: Iterable[str]) -> None:
    """Take users away; those that do not exist are left alone. Their rights go with `grant` of nothing."""
    answer = await _ask(administrator, _AlterScramRequest([(user, _SCRAM_SHA_512, {}) for user in users], [], {}))
    not_there = 91  # RESOURCE_NOT_FOUND
    _raise([(user, code, message) for user, code, message, _ in answer.results if code != not_there])


async def grant(administrator: KafkaConnection, accesses: Iterable[Access], prefix: str = "") -> Changes:
    """Give each user exactly the rights that its access names: missing ones are given, all others are taken away."""
    wanted: set[Binding] = set()
    had: set[Binding] = set()
    for access in accesses:
        user = f"User:{access.principal}"
        for acl in access.acls(prefix):
            place = (_RESOURCES[acl.resource], acl.name, _PATTERNS[acl.pattern], user, "*")
            wanted |= {(*place, _OPERATIONS[operation], _ALLOW) for operation in acl.operations}
        had |= await _rights(administrator, user)
    if new := sorted(wanted - had):
        answer = await _ask(administrator, CreateAclsRequest_v1(new))
        _raise([(one[1], code, message) for one, (code, message) in zip(new, answer.creation_responses, strict=True)])
    if old := sorted(had - wanted):
        answer = await _ask(administrator, DeleteAclsRequest_v1(old))
        _raise([(one[1], answered[0], answered[1]) for one, answered in zip(old, answer.filter_responses, strict=True)])
    return Changes(len(new), len(old))


async def _rights(administrator: KafkaConnection, user: str) -> set[Binding]:
    answer = await _ask(administrator, DescribeAclsRequest_v1(_ANY, None, _ANY, user, None, _ANY, _ANY))
    _raise([(user, answer.error_code, answer.error_message)])
    return {
        (resource, name, pattern, principal, host, operation, permission)
        for resource, name, pattern, rights in answer.resources
        for principal, host, operation, permission in rights
    }


async def _ask(administrator: KafkaConnection, request: RequestStruct) -> Any:
    connection = await _connect(administrator)
    try:
        return await wait_for(connection.send(_Ready(request)), _TIMEOUT_S)
    except (KafkaError, TimeoutError) as error:
        raise AdministrationError(f"Kafka did not answer the administrator: {error!r}") from error
    finally:
        connection.close()


async def _connect(kafka: KafkaConnection) -> AIOKafkaConnection:
    options = kafka.options()
    del options["bootstrap_servers"]
    last: Exception | None = None
    for host, port in addresses(kafka.bootstrap):
        try:
            return await wait_for(create_conn(host, port, request_timeout_ms=int(_TIMEOUT_S * 1000), **options), _TIMEOUT_S)
        except (OSError, KafkaError) as error:
            last = error
    raise AdministrationError(await why_not_connected(kafka) or f"Kafka at {kafka.bootstrap} does not answer: {last!r}")


def _raise(answers: Iterable[tuple[str, int, str | None]]) -> None:
    failed = [f"{name}: {message or for_code(code).__name__}" for name, code, message in answers if code != 0]
    if failed:
        raise AdministrationError("Kafka refused: " + "; ".join(failed))
