"""WHEP's manners (draft-ietf-wish-whep, RFC 9725), and offers that are nothing of the kind."""

import random

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from gateway_house import Gateway
from gateway_streams import NO_B_FRAMES, coded_ingest
from gateway_whep import whep
from pydantic import SecretStr

from hejnal_gateway.live.ice_servers import IceServers

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
MUTANTS = 150


async def _offer() -> str:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    sdp = str(peer.localDescription.sdp)
    await peer.close()
    return sdp


async def test_a_client_is_told_what_it_needs(gateway: Gateway) -> None:
    servers = IceServers(
        ("stun:stun.example:3478", "turn:turn.example:3478"), SecretStr("x").get_secret_value(), gateway.resources.clock
    )
    object.__setattr__(gateway.resources, "ice_servers", servers)
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES), gateway.signed_in() as browser:
        async with browser.options("/api/v1/whep/cam-1") as answer:
            assert (answer.status, answer.headers["Accept-Post"]) == (204, "application/sdp")
            links = answer.headers.getall("Link")
        assert links[0] == '<stun:stun.example:3478>; rel="ice-server"'
        assert 'credential-type="password"' in links[1]
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            async with browser.request(method, "/api/v1/whep/cam-1", json={} if method in ("PUT", "PATCH") else None) as answer:
                assert answer.status in (404, 405), method
        async with browser.post("/api/v1/whep/cam-1", json={}) as answer:
            assert (answer.status, answer.headers["Accept-Post"]) == (415, "application/sdp")
        async with browser.post("/api/v1/whep/cam-1", data=await _offer(), headers=SDP | {"Accept": "text/html"}) as answer:
            assert answer.status == 406
        async with whep(browser) as view:
            assert view.etag.startswith('"')
            assert view.location.startswith("/api/v1/whep/cam-1/")
            assert len(view.links) == 2
            await view.frame()
            expected = [
                ({}, "a=end-of-candidates\r\n", 428),
                ({"If-Match": '"another"'}, "a=end-of-candidates\r\n", 412),
                ({"If-Match": f'"another", {view.etag}'}, "a=end-of-candidates\r\n", 204),
                ({"If-Match": "*"}, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 204),
                ({"If-Match": view.etag}, "a=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901\r\n", 422),
            ]
            for headers, fragment, status in expected:
                async with browser.patch(view.location, data=fragment, headers=FRAGMENT | headers) as answer:
                    assert answer.status == status, (headers, await answer.text())
            async with browser.patch(view.location, data="x", headers=SDP) as answer:
                assert (answer.status, answer.headers["Accept-Patch"]) == (415, "application/trickle-ice-sdpfrag")
            async with gateway.signed_in() as stranger, stranger.delete(view.location) as answer:
                assert answer.status == 404
            async with browser.delete(view.location) as answer:
                assert answer.status == 204
            async with browser.delete(view.location) as answer:
                assert answer.status == 404


def _mutant(sdp: str, chance: random.Random) -> bytes:
    lines = sdp.splitlines()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, chance.choice(lines))
            case 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case 3:
                lines[at] = lines[at].replace(
                    chance.choice("0123456789:/= "), chance.choice(("", "\0", "999999999999", "é", "-1"))
                )
            case 4:
                lines[at], lines[at - 1] = lines[at - 1], lines[at]
            case _:
                lines[at] = "a=" + "".join(chance.choices("abcdef:=/ 0123456789", k=chance.randint(0, 3000)))
        lines = lines or ["v=0"]
    body = "\r\n".join(lines).encode()
    if chance.random() < 0.1:
        body = bytes(byte ^ (1 << chance.randrange(8)) if chance.random() < 0.01 else byte for byte in body)
    return body


@pytest.mark.parametrize("seed", [7])
async def test_bad_offers_are_named_and_leave_nothing_behind(gateway: Gateway, seed: int) -> None:
    chance, sdp = random.Random(seed), await _offer()
    statuses: dict[int, int] = {}
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES), gateway.signed_in() as browser:
        for _ in range(MUTANTS):
            mutant = _mutant(sdp, chance)
            async with browser.post("/api/v1/whep/cam-1", data=mutant, headers=SDP) as answer:
                statuses[answer.status] = statuses.get(answer.status, 0) + 1
                assert answer.status in (201, 422), (answer.status, await answer.text(), mutant)
                location = answer.headers.get("Location")
            if location is not None:
                async with browser.delete(location) as answer:
                    assert answer.status == 204
        print(statuses)
        assert statuses[422] > 10
        await gateway.eventually(lambda: not gateway.resources.viewers._looks)
        port = gateway.resources.room.port
        assert not port._by_ufrag
        assert not port._by_address
        async with whep(browser) as view:
            await view.frame()
