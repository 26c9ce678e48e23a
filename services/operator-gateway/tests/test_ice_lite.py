"""The UDP port against everything that can arrive there."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hejnal_gateway.live.ice_lite import IcePath, UdpPort


@pytest.fixture
async def port() -> AsyncIterator[UdpPort]:
    port = UdpPort(("127.0.0.1",), 0, ())
    port.open()
    yield port
    port.close()


class Browser:
    """A viewer's socket that speaks STUN."""

    def __init__(self, port: UdpPort) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind(("127.0.0.1", 0))
        self.address = self.sock.getsockname()
        candidate = port.candidates()[0]
        self.sock.connect((candidate.host, candidate.port))

    def check(self, path: IcePath, *, password: str | None = None, user: str | None = None, nominate: bool = False) -> bytes:
        attributes = {"USERNAME": user or f"{path.local_ufrag}:{path.remote_ufrag}", "PRIORITY": 1, "ICE-CONTROLLING": 7}
        if nominate:
            attributes["USE-CANDIDATE"] = None
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        message.add_message_integrity((password or path.local_pwd).encode())
        data = bytes(message)
        self.sock.send(data)
        return data

    async def answer(self) -> stun.Message | None:
        for _ in range(20):
            await asyncio.sleep(0.005)
            try:
                return stun.parse_message(self.sock.recv(2048))
            except BlockingIOError:
                continue
        return None


async def test_a_right_check_is_answered_and_gives_the_address(port: UdpPort) -> None:
    path, browser = port.path("remo", "p" * 24), Browser(port)
    browser.check(path)
    answer = await browser.answer()
    assert answer is not None
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == browser.address
    assert answer.check_message_integrity(path.local_pwd.encode())
    assert path.address == browser.address
    assert path.reached.is_set()


@pytest.mark.parametrize("wrong", [{"password": "x" * 24}, {"user": "nobody:remo"}, {"user": "half"}])
async def test_a_wrong_check_gets_no_answer(port: UdpPort, wrong: dict[str, str]) -> None:
    path, browser = port.path("remo", "p" * 24), Browser(port)
    browser.check(path, **wrong)
    assert await browser.answer() is None
    assert path.address is None


async def test_data_counts_only_from_addresses_that_have_proven_themselves(port: UdpPort) -> None:
    path, browser, stranger = port.path("remo", "p" * 24), Browser(port), Browser(port)
    browser.check(path)
    await browser.answer()
    stranger.sock.send(b"\x16stranger")
    browser.sock.send(b"\x16hello")
    assert await asyncio.wait_for(path._recv(), 2) == b"\x16hello"
    assert path._datagrams.empty()


async def test_the_newest_nominated_address_counts(port: UdpPort) -> None:
    path, first, second = port.path("remo", "p" * 24), Browser(port), Browser(port)
    first.check(path, nominate=True)
    await first.answer()
    second.check(path)
    await second.answer()
    assert path.address == first.address
    second.check(path, nominate=True)
    await second.answer()
    assert path.address == second.address


async def test_one_user_name_cannot_fill_the_table_of_addresses(port: UdpPort) -> None:
    path = port.path("remo", "p" * 24)
    browsers = [Browser(port) for _ in range(12)]
    for browser in browsers:
        browser.check(path)
    async with asyncio.timeout(30):
        while len(path.addresses) < 8:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert len(path.addresses) == 8
    port.forget(path)
    assert not port._by_address
    with pytest.raises(ConnectionError):
        await path._recv()
    with pytest.raises(ConnectionError):
        await path._send(b"x")


async def test_a_path_without_checks_is_closed() -> None:
    port = UdpPort(("127.0.0.1",), 0, (), consent_s=0.1)
    port.open()
    watching = asyncio.create_task(port.watch_consent())
    path = port.path("remo", "p" * 24)
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(path._recv(), 5)
    watching.cancel()
    port.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.binary(max_size=300), st.integers(0, 200), st.integers(0, 255))
def test_no_datagram_harms_the_port(noise: bytes, position: int, value: int) -> None:
    async def throw() -> None:
        port = UdpPort(("127.0.0.1",), 0, ())
        port.open()
        try:
            path, browser = port.path("remo", "p" * 24), Browser(port)
            valid = bytearray(browser.check(path))
            valid[position % len(valid)] = value
            for data in (noise, bytes(valid), b"\x00" + noise, b"\x00\x01\x00\x00" + noise, os.urandom(20)):
                sock = port._sockets[0]
                if data[:1] and data[0] < 4:
                    port._check(data, browser.address, sock)
            assert len(path.addresses) <= 1
        finally:
            port.close()
            browser.sock.close()

    asyncio.run(throw())
