"""The relay's bytes over a real socket: any cut, any fault, one outcome."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_gateway.live.relay_connection import RelayConnection, RelayRefusedError, open_relay
from hejnal_media.access_unit import AccessUnit
from hejnal_media.relay import KEEP_ALIVE_RECORD, KeepAlive, Record, RelayedUnit, RelayError, encode_access_unit

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.hejnal.relay\r\nTransfer-Encoding: chunked\r\n\r\n"


def unit(number: int, size: int) -> AccessUnit:
    return AccessUnit(number * 3600, number, True, [bytes(size)], size)


def chunked(*bodies: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(body), body) for body in bodies)


async def records_of(parts: list[bytes]) -> tuple[list[Record], BaseException | None]:
    """What a connection makes of an answer that comes in these parts."""
    found: list[Record] = []
    connection = RelayConnection(b"", found.append)
    for part in parts:
        rest = part
        while rest and not connection.closed.done():
            room = connection.get_buffer(-1)
            room[: len(rest[: len(room)])] = rest[: len(room)]
            connection.buffer_updated(len(rest[: len(room)]))
            rest = rest[len(room) :]
    connection.connection_lost(None)
    return found, connection.closed.exception()


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=6), st.lists(st.integers(1, 900), min_size=1, max_size=20), st.booleans()
)
def test_any_cut_gives_the_same_records(sizes: list[int], cuts: list[int], framed: bool) -> None:
    units = [encode_access_unit(unit(number, size)) for number, size in enumerate(sizes)]
    stream = b"".join(units) + KEEP_ALIVE_RECORD
    middle = len(stream) // 3
    body = chunked(stream[:middle] or b"\0", stream[middle:]) if framed and middle else stream
    answer = (HEAD if framed and middle else HEAD.replace(b"Transfer-Encoding: chunked\r\n", b"")) + body
    parts, position = [], 0
    while position < len(answer):
        size = cuts[len(parts) % len(cuts)]
        parts.append(answer[position : position + size])
        position += size
    records, error = asyncio.run(records_of(parts))
    assert error is None
    assert [record.unit.size_bytes for record in records if isinstance(record, RelayedUnit)] == sizes
    assert isinstance(records[-1], KeepAlive)


@settings(deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_give_records_or_a_named_error(data: bytes, after_head: bool) -> None:
    _, error = asyncio.run(records_of([HEAD * after_head + data]))
    assert error is None or isinstance(error, (RelayError, RelayRefusedError, ValueError))


@asynccontextmanager
async def server(answer: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        assert request.startswith(b"GET /internal/v1/relay/cam-1/main HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nAuthorization: Bearer x\r\n" in request
        answer(writer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/internal/v1/relay/cam-1/main"
    finally:
        listening.close()


async def test_a_stream_and_its_end() -> None:
    found: list[Record] = []
    body = encode_access_unit(unit(1, 300_000))
    async with server(lambda writer: writer.write(HEAD + chunked(body, KEEP_ALIVE_RECORD) + b"0\r\n\r\n")) as url:
        connection = await open_relay(url, {"Authorization": "Bearer x"}, found.append)
        await asyncio.wait_for(connection.closed, 5)
    assert [type(record) for record in found] == [RelayedUnit, KeepAlive]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'HTTP/1.1 409 Conflict\r\nContent-Length: 9\r\n\r\n{"a": 12}', RelayRefusedError),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", RelayError),
        (HEAD + b"zz\r\n", RelayError),
        (HEAD + b"1" * 400, RelayError),
        (HEAD + chunked(b"\xff" * 20), RelayError),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * 20_000, RelayError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", RelayError),
    ],
)
async def test_what_is_no_stream_is_refused(answer: bytes, expected: type[Exception]) -> None:
    async with server(lambda writer: writer.write(answer)) as url:
        connection = await open_relay(url, {"Authorization": "Bearer x"}, lambda _record: None)
        with pytest.raises(expected):
            await asyncio.wait_for(connection.closed, 5)


async def test_a_fault_in_taking_ends_the_connection() -> None:
    def take(record: Record) -> None:
        raise ZeroDivisionError(str(record))

    async with server(lambda writer: writer.write(HEAD + chunked(KEEP_ALIVE_RECORD))) as url:
        connection = await open_relay(url, {"Authorization": "Bearer x"}, take)
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(connection.closed, 5)


async def test_another_kind_of_address_is_named() -> None:
    with pytest.raises(ValueError, match="no http"):
        await open_relay("ftp://127.0.0.1/x", {}, lambda _record: None)
