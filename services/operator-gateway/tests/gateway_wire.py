"""A viewer's end of an SRTP session over real sockets, and access units to be sent to it."""

import asyncio
import itertools
import os
import socket
import struct
from types import SimpleNamespace

from pylibsrtp import Policy, Session

from hejnal_gateway.live.rtp_out import RtpOut
from hejnal_gateway.live.stream import LiveStream
from hejnal_media.access_unit import AccessUnit
from hejnal_media.relay import StreamInfo

SPS, PPS = b"\x67" + bytes(20), b"\x68" + bytes(4)
HEADER = struct.Struct(">BBHII")
INFO = StreamInfo(codec="avc1.42c01e", width=640, height=480, run_id="run-1")


def unit_of(*nals: bytes) -> bytes:
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


def key_unit(number: int, size: int = 30_000) -> AccessUnit:
    payload = unit_of(SPS, PPS, b"\x65" + os.urandom(size))
    return AccessUnit(number * 3600, number * 40_000 + 1, True, [payload], len(payload))


def delta_unit(number: int, size: int = 5_000) -> AccessUnit:
    payload = unit_of(b"\x41" + os.urandom(size))
    return AccessUnit(number * 3600, number * 40_000 + 1, False, [payload], len(payload))


class Wire:
    """Both ends of an SRTP session over a real socket pair."""

    def __init__(self) -> None:
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        for sock in (self.near, self.far):
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
        key, profile = os.urandom(28), Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        self.out_policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
        self.in_policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
        self.unprotect = Session(self.in_policy).unprotect
        path = SimpleNamespace(sock=self.near, address=self.far.getsockname())
        self.out = RtpOut(path, Session(self.out_policy), 102, 16)
        self.raw: list[bytes] = []
        self.unprotected: list[bytes] = []

    def read(self) -> list[tuple[int, int, bool, bytes]]:
        """(sequence number, time, marker, payload) of what has come."""
        found = []
        while True:
            try:
                data = self.far.recv(2048)
            except BlockingIOError:
                return found
            if 192 <= data[1] <= 223:
                continue  # RTCP (RFC 5761)
            self.raw.append(data)
            plain = self.unprotect(data)
            self.unprotected.append(plain)
            _, second, seq, timestamp, _ = HEADER.unpack_from(plain)
            found.append((seq, timestamp, bool(second & 0x80), plain[12:]))

    async def settled(self, pictures: int) -> list[tuple[int, int, bool, bytes]]:
        found: list[tuple[int, int, bool, bytes]] = []
        async with asyncio.timeout(30):
            while sum(marker for _, _, marker, _ in found) < pictures:
                found += self.read()
                await asyncio.sleep(0.002)
        return found


def check_order(packets: list[tuple[int, int, bool, bytes]]) -> None:
    first = packets[0][0]
    assert [(seq - first) & 0xFFFF for seq, *_ in packets] == list(range(len(packets)))
    times = [timestamp for _, timestamp, _, _ in packets]
    assert all(0 <= (after - before) & 0xFFFFFFFF < 1 << 31 for before, after in itertools.pairwise(times))


def pictures(packets: list[tuple[int, int, bool, bytes]]) -> list[bytes]:
    """Each picture's bytes; fails when one is torn (its time changes before its marker)."""
    found, current, time = [], b"", None
    for _, timestamp, marker, payload in packets:
        assert time in (None, timestamp), "a picture ended without its last packet"
        current, time = current + payload, timestamp
        if marker:
            found.append(current)
            current, time = b"", None
    return found


async def play(stream: LiveStream, first: int, count: int, *, key_every: int = 10, run: bool = False) -> None:
    if run:
        stream.begin_run(INFO, same_run=False)
    for number in range(first, first + count):
        stream.push(key_unit(number) if number % key_every == 0 else delta_unit(number))
    await asyncio.sleep(0.03)
