"""Fixtures: a whole gateway on real Kafka and PostgreSQL."""

import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

sys.path.insert(0, str(Path(__file__).parent))

from gateway_house import SERVICES, TOPICS, Gateway, Keys, Upstream, running_app, running_gateway
from gateway_wire import Wire

from hejnal_gateway.settings import GatewaySettings
from hejnal_local.ports import free_ports
from hejnal_runtime.tokens import TokenIssuer, TokenVerifier


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.near.close()
    wire.far.close()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    issuers, documents = {}, []
    for service in SERVICES:
        key = Ed25519PrivateKey.generate()
        (tmp_path / f"{service}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        issuers[service] = TokenIssuer(service, key)
        documents += issuers[service].jwks()["keys"]
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": documents}))
    (tmp_path / "credentials.key").write_bytes(base64.b64encode(os.urandom(32)))
    return Keys(tmp_path, tmp_path / "jwks.json", issuers)


@pytest.fixture
async def upstream(keys: Keys) -> AsyncIterator[Upstream]:
    verifiers = {
        "/internal/v1/providers": TokenVerifier("notifier", keys.jwks_file),
        "/internal/v1/inbound-messages": TokenVerifier("notifier", keys.jwks_file),
        "/internal/v1/message-templates": TokenVerifier("notifier", keys.jwks_file),
        "/internal/": TokenVerifier("recorder", keys.jwks_file),
        "/staff/": TokenVerifier("citizen-api", keys.jwks_file),
    }
    server = Upstream("", [], [], [], {})

    async def handle(request: web.Request) -> web.StreamResponse:
        verifier = next(v for prefix, v in verifiers.items() if request.path.startswith(prefix))
        server.callers.append(verifier.verify(request.headers["authorization"].removeprefix("Bearer ")))
        server.asked.append(request)
        server.bodies.append(await request.read())
        return server.answers[request.path](request)

    async with running_app(handle) as url:
        server.url = url
        yield server


@pytest.fixture
async def settings(
    keys: Keys, upstream: Upstream, kafka_bootstrap: str, make_topics: Any, make_database: Any, tmp_path: Path
) -> GatewaySettings:
    public, internal = free_ports(2)
    return GatewaySettings(
        kafka_bootstrap=kafka_bootstrap,
        topic_prefix=await make_topics(*TOPICS, partitions=2),
        database_url=make_database("gateway"),
        public_port=public,
        internal_port=internal,
        public_url=f"http://127.0.0.1:{public}",
        token_key_file=keys.folder / "operator-gateway.pem",
        trusted_jwks_file=keys.jwks_file,
        credentials_key_file=keys.folder / "credentials.key",
        recorder_url=upstream.url,
        citizen_url=upstream.url,
        notifier_url=upstream.url,
        relay_linger_s=0.3,
        static_dir=tmp_path,
    )


@pytest.fixture
async def gateway(settings: GatewaySettings, keys: Keys) -> AsyncIterator[Gateway]:
    async with running_gateway(settings, keys) as running:
        yield running
