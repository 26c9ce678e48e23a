"""Key frames only, to one viewer of a stream that others watch whole: nothing torn, nothing out of order."""

import asyncio
from collections.abc import Iterator

import pytest
from gateway_wire import Wire, check_order, delta_unit, key_unit, pictures, play

from hejnal_gateway.live.stream import LiveStream


@pytest.fixture
def other() -> Iterator[Wire]:
    other = Wire()
    yield other
    other.near.close()
    other.far.close()


def begins_group(picture: bytes) -> bool:
    return picture[0] & 0x1F == 24


async def test_one_viewer_gets_key_frames_while_the_other_gets_all(wire: Wire, other: Wire) -> None:
    stream = LiveStream()
    await play(stream, 0, 5, run=True)
    stream.join(wire.out)
    stream.join(other.out)
    thinned, whole = await wire.settled(5), await other.settled(5)
    stream.thin(wire.out, key_frames_only=True)
    await play(stream, 5, 20)
    more, whole = await wire.settled(2), whole + await other.settled(20)
    assert [begins_group(picture) for picture in pictures(more)] == [True, True]
    stream.thin(wire.out, key_frames_only=False)
    await play(stream, 25, 8)  # 30 is the next key frame: what comes before it cannot be decoded without what was left out
    last, whole = await wire.settled(3), whole + await other.settled(8)
    assert [begins_group(picture) for picture in pictures(last)] == [True, False, False]
    check_order(thinned + more + last)
    check_order(whole)
    stream.close()


async def test_who_joins_thinned_begins_with_the_key_frame(wire: Wire) -> None:
    stream = LiveStream()
    await play(stream, 0, 8, run=True)
    stream.join(wire.out, key_frames_only=True)
    packets = await wire.settled(1)
    await play(stream, 8, 3)
    packets += await wire.settled(1)
    check_order(packets)
    assert [begins_group(picture) for picture in pictures(packets)] == [True, True]
    stream.close()


@pytest.mark.parametrize("key_frames_only", [True, False])
async def test_a_picture_under_way_is_completed(wire: Wire, key_frames_only: bool) -> None:
    stream = LiveStream()
    await play(stream, 0, 3, run=True)
    stream.join(wire.out, key_frames_only=not key_frames_only)
    packets = await wire.settled(3 if key_frames_only else 1)
    # Both leave in slices, of which the first is on its way when the viewer asks for something else.
    stream.push(delta_unit(3, 130_000) if key_frames_only else key_unit(10, 130_000))
    stream.thin(wire.out, key_frames_only=key_frames_only)
    packets += await wire.settled(1)
    assert len(pictures(packets)[-1]) > 120_000, "whole, in either case"
    stream.push(delta_unit(11))
    await asyncio.sleep(0.02)
    stream.push(key_unit(20))
    packets += await wire.settled(1 if key_frames_only else 2)
    check_order(packets)
    assert begins_group(pictures(packets)[-1])
    stream.close()
