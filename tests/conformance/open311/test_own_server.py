"""Our server, or the one that HEJNAL_OPEN311_URL names, under every check of the suite."""

import os

import pytest

from tests.conformance.open311.checks import run
from tests.conformance.open311.peer import Peer

pytestmark = pytest.mark.postgres


def test_every_check_holds(start_server):
    if url := os.environ.get("HEJNAL_OPEN311_URL"):
        place = [
            float(os.environ[name]) if name in os.environ else None for name in ("HEJNAL_OPEN311_LAT", "HEJNAL_OPEN311_LONG")
        ]
        key, jurisdiction = os.environ.get("HEJNAL_OPEN311_API_KEY"), os.environ.get("HEJNAL_OPEN311_JURISDICTION")
        peer = Peer(url.rstrip("/"), key, jurisdiction, *place)
    else:
        own = start_server()
        peer = Peer(own.url, own.api_key, lat=51.0501, long=20.9502)
    assert run(peer) == {}
