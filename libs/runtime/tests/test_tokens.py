"""Service tokens: who may call, and that everything else is turned away."""

import json
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient

from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.serve import install_common
from hejnal_runtime.tokens import Caller, TokenIssuer, TokenVerifier, service_caller

GATEWAY = Ed25519PrivateKey.generate()
INGEST = Ed25519PrivateKey.generate()


@pytest.fixture
def verifier(tmp_path: Path) -> TokenVerifier:
    path = tmp_path / "jwks.json"
    keys = [*TokenIssuer("operator-gateway", GATEWAY).jwks()["keys"], *TokenIssuer("ingest", INGEST).jwks()["keys"]]
    path.write_text(json.dumps({"keys": keys}))
    return TokenVerifier("recorder", path)


def test_a_good_token_names_the_service_and_the_person(verifier):
    token = TokenIssuer("operator-gateway", GATEWAY).issue("recorder", subject="staff-1", role="operator")
    assert verifier.verify(token) == Caller("operator-gateway", "staff-1", "operator", verifier.verify(token).claims)


def forge(**changes) -> str:
    now = int(time.time())
    claims = {"iss": "operator-gateway", "aud": "recorder", "sub": "s", "iat": now, "exp": now + 60} | changes
    kid = TokenIssuer("operator-gateway", GATEWAY).jwks()["keys"][0]["kid"]
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, GATEWAY, algorithm="EdDSA", headers={"kid": kid})


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not.a.token",
        forge(aud="notifier"),
        forge(exp=int(time.time()) - 60),
        forge(exp=int(time.time()) + 86400),
        forge(exp=None),
        forge(sub=None),
        forge(iss="ingest"),
        jwt.encode({"iss": "operator-gateway"}, "x" * 32, algorithm="HS256"),
        TokenIssuer("operator-gateway", Ed25519PrivateKey.generate()).issue("recorder"),
    ],
)
def test_every_other_token_is_refused(verifier, token):
    with pytest.raises(AppError) as caught:
        verifier.verify(token)
    assert caught.value.kind is Kind.UNAUTHENTICATED


def test_a_service_cannot_sign_in_anothers_name(verifier):
    now = int(time.time())
    kid = TokenIssuer("ingest", INGEST).jwks()["keys"][0]["kid"]
    claims = {"iss": "operator-gateway", "aud": "recorder", "sub": "s", "iat": now, "exp": now + 60}
    with pytest.raises(AppError):
        verifier.verify(jwt.encode(claims, INGEST, algorithm="EdDSA", headers={"kid": kid}))


def test_a_rotated_key_is_picked_up_without_a_restart(verifier, tmp_path):
    new = TokenIssuer("recorder", Ed25519PrivateKey.generate())
    with pytest.raises(AppError):
        verifier.verify(new.issue("recorder"))
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": json.loads(path.read_text())["keys"] + new.jwks()["keys"]}))
    assert verifier.verify(new.issue("recorder")).service == "recorder"


async def test_a_route_lets_in_only_the_services_it_names(verifier):
    app = FastAPI()
    install_common(app)

    @app.get("/secret")
    async def secret(caller: Caller = Depends(service_caller(verifier, "operator-gateway"))) -> str:
        return caller.subject

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/secret")).status_code == 401
        headers = TokenIssuer("ingest", INGEST).headers("recorder")
        refused = await client.get("/secret", headers=headers)
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        headers = TokenIssuer("operator-gateway", GATEWAY).headers("recorder", subject="staff-9")
        assert (await client.get("/secret", headers=headers)).json() == "staff-9"
