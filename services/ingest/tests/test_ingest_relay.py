import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from hejnal_contracts.media import FragmentWritten
from hejnal_media.relay import KeepAlive, Record, RelayDecoder, RelayedUnit, RunEnded, StreamInfo
from hejnal_media.simulator import CameraSimulator, find_frame_mark


async def records(answer: aiohttp.ClientResponse) -> AsyncIterator[Record]:
    decoder = RelayDecoder()
    async for chunk in answer.content.iter_any():
        for record in decoder.feed(chunk):
            yield record


async def take(stream: AsyncIterator[Record], count: int) -> list[Record]:
    async with asyncio.timeout(15):
        return [await anext(stream) for _ in range(count)]


async def test_the_last_gop_comes_first_then_every_picture(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    async with town.running(), aiohttp.ClientSession(town.url) as http:
        await eventually(lambda: town.facts.of(FragmentWritten))
        async with http.get("/internal/v1/relay/cam-001/main", headers=town.headers("operator-gateway")) as answer:
            assert answer.status == 200
            stream = records(answer)
            first, *units = await take(stream, 60)
            assert isinstance(first, StreamInfo)
            assert (first.width, first.height, first.clock_rate) == (320, 180, 90_000)
            assert all(isinstance(one, RelayedUnit) for one in units)
            assert units[0].unit.key_frame  # type: ignore[union-attr]
            frames = [find_frame_mark(one.unit) for one in units if isinstance(one, RelayedUnit)]
            numbers = [mark.frame for mark in frames if mark]
            assert numbers == list(range(numbers[0], numbers[0] + len(units)))
            # the camera goes away and comes back: the connection stays
            simulator.mounts["cam-001/main"].drop_all()
            async with asyncio.timeout(15):
                seen: list[Record] = []
                while not (seen and isinstance(seen[-1], StreamInfo)):
                    seen.append(await anext(stream))
                ended = next(one for one in seen if isinstance(one, RunEnded))
                assert ended.cause == "closed"
                assert any(isinstance(one, KeepAlive) for one in seen)
                after = await anext(stream)
                assert isinstance(after, RelayedUnit)
                assert after.unit.key_frame


async def test_the_sub_stream_is_pulled_while_somebody_reads(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    sub = simulator.mounts["cam-001/sub"]
    async with town.running(), aiohttp.ClientSession(town.url) as http:
        await eventually(lambda: town.facts.of(FragmentWritten))
        assert not sub.watched
        headers = town.headers("operator-gateway")
        url = "/internal/v1/relay/cam-001/sub"
        async with http.get(url, headers=headers) as one, http.get(url, headers=headers) as two:
            for answer in (one, two):
                info, unit = await take(records(answer), 2)
                assert isinstance(info, StreamInfo)
                assert info.width == 160
                assert isinstance(unit, RelayedUnit)
            status = await eventually(lambda: (s := town.facts.last_status()) and len(s.streams) == 2 and s)
            assert [health.name for health in status.streams] == ["main", "sub"]
        async with asyncio.timeout(0.3):
            assert sub.watched  # lingers
        await eventually(lambda: not sub.watched)


async def test_who_may_read_and_what_is_said_of_a_dead_camera(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    simulator.mounts["cam-001/main"].behaviour.not_found = True
    await town.register(simulator.url("cam-001/main"))
    await town.register(simulator.url("cam-002/main"), "cam-002", enabled=False)
    async with town.running(), aiohttp.ClientSession(town.url) as http:
        await eventually(lambda: "not_found" in town.facts.causes() and town.facts.last_status("cam-002"))
        gateway = town.headers("operator-gateway")
        for path, headers, status in (
            ("cam-001/main", {}, 401),
            ("cam-001/main", town.headers("recorder"), 403),
            ("cam-009/main", gateway, 404),
            ("cam-001/third", gateway, 422),
            ("cam-001/main", gateway, 409),
            ("cam-002/main", gateway, 409),
        ):
            async with http.get(f"/internal/v1/relay/{path}", headers=headers) as answer:
                assert answer.status == status, path
                problem = await answer.json(content_type=None)
                if status == 409:
                    assert problem["errors"][0]["cause"] in ("not_found", "operator_off")


async def test_the_process_stops_while_readers_are_connected(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    async with aiohttp.ClientSession(town.url) as http:
        async with town.running():
            await eventually(lambda: town.facts.of(FragmentWritten))
            answer = await http.get("/internal/v1/relay/cam-001/main", headers=town.headers("operator-gateway"))
            await take(records(answer), 3)
        answer.close()
