import hashlib
import itertools
import shutil
from typing import Any

import aiohttp
import av

from hejnal_contracts.cameras import CameraCondition
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_media.access_unit import AccessUnit
from hejnal_media.fmp4 import read_fragments
from hejnal_media.simulator import CameraSimulator, find_frame_mark


def marks(path: Any) -> list[int]:
    found: list[int] = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                mark = find_frame_mark(AccessUnit(0, 0, False, [bytes(packet)], packet.size))
                assert mark is not None
                found.append(mark.frame)
    return found


async def test_footage_is_whole_told_and_decodable(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    async with town.running():
        await eventually(lambda: sum(f.segment_ends for f in facts.of(FragmentWritten)) >= 2)
        live = await eventually(lambda: (s := facts.last_status()) and s.streams and s)
    await eventually(lambda: facts.of(RunEnded))

    (started,) = facts.of(RunStarted)
    (ended,) = facts.of(RunEnded)
    fragments = facts.of(FragmentWritten)
    assert [type(f) for f in facts.media] == [RunStarted, *[FragmentWritten] * len(fragments), RunEnded]
    assert (started.width, started.height, started.timescale, started.stream) == (320, 180, 90_000, "main")
    assert started.started_at == fragments[0].starts_at
    assert [f.sequence for f in fragments] == list(range(len(fragments)))
    assert {f.run_id for f in fragments} == {started.run_id}
    assert (ended.cause, ended.fragments, ended.ended_at) == (GapCause.INGEST_LOST, len(fragments), fragments[-1].ends_at)
    assert fragments[-1].segment_ends
    for before, after in itertools.pairwise(fragments):
        assert before.ends_at == after.starts_at
        assert before.media_time + before.duration_ticks == after.media_time
        assert (before.segment_id != after.segment_id) == before.segment_ends
    assert all(abs((f.camera_time - f.starts_at).total_seconds()) < 1 for f in fragments if f.camera_time)

    files = list(dict.fromkeys(f.segment_path for f in fragments))
    frames: list[int] = []
    for name in files:
        path = town.settings.spool_dir / name
        content = path.read_bytes()
        told = [f for f in fragments if f.segment_path == name]
        assert told[0].offset_bytes == told[0].init_size_bytes
        for f in told:
            assert content[f.offset_bytes + 4 : f.offset_bytes + 8] == b"moof"
            assert hashlib.sha256(content[f.offset_bytes : f.offset_bytes + f.size_bytes]).hexdigest() == f.sha256
            assert hashlib.sha256(content[: f.init_size_bytes]).hexdigest() == f.init_sha256
        assert told[-1].offset_bytes + told[-1].size_bytes == len(content)
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == sum(f.frames for f in told)
        frames += marks(path)
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    assert live.condition is CameraCondition.LIVE
    assert live.streams[0].fps > 20
    assert live.relay_url == town.url
    assert not list(town.settings.spool_dir.glob("*/*/run.json"))


async def test_a_drop_ends_the_run_and_the_next_one_follows(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    await town.register(simulator.url("cam-002/main"), "cam-002")
    facts = town.facts
    async with town.running():
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 3 and facts.of(FragmentWritten, "cam-002"))
        simulator.mounts["cam-001/main"].drop_all()
        await eventually(lambda: len(facts.of(RunStarted)) >= 2)
        simulator.mounts["cam-001/main"].behaviour.skip_packets = 1
        await eventually(lambda: len(facts.of(RunStarted)) >= 3)
        simulator.mounts["cam-001/main"].behaviour.time_jump_s = -500
        await eventually(lambda: len(facts.of(RunStarted)) >= 4)
    await eventually(lambda: len(facts.of(RunEnded)) >= 4)
    assert [f.cause for f in facts.of(RunEnded)] == [
        GapCause.LINK_DOWN,
        GapCause.LINK_DOWN,
        GapCause.CLOCK_STEP,
        GapCause.INGEST_LOST,
    ]
    story = [f for f in facts.media if f.camera_id == "cam-001"]
    edges = [(f.starts_at, f.ends_at) for f in story if isinstance(f, FragmentWritten)]
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(edges))
    assert len({f.epoch for f in story}) == 1
    others = facts.of(FragmentWritten, "cam-002")
    assert len(facts.of(RunStarted, "cam-002")) == 1
    assert all(before.ends_at == after.starts_at for before, after in itertools.pairwise(others))


async def test_stories_of_a_process_that_died_are_closed_at_start(
    town: Any, simulator: CameraSimulator, eventually: Any, tmp_path: Any
) -> None:
    await town.register(simulator.url("cam-001/main"))
    facts = town.facts
    spool = town.settings.spool_dir
    async with town.running():
        await eventually(lambda: len(facts.of(FragmentWritten)) >= 4)
        dead = tmp_path / "dead"
        shutil.copytree(spool, dead)  # what a kill -9 would leave behind
    told = facts.of(FragmentWritten)
    shutil.rmtree(spool)
    dead.rename(spool)
    newest = max(spool.glob("*/*/*.mp4"), key=lambda path: path.stat().st_mtime)
    whole = read_fragments(newest)
    with newest.open("ab") as file:
        file.write(b"\0\0\1\0moof torn")
    before = len(facts.media)
    run_id = told[0].run_id
    async with town.running():
        await eventually(lambda: any(isinstance(f, RunEnded) and f.run_id == run_id for f in facts.media[before:]))
        await eventually(lambda: any(f.run_id != run_id for f in facts.media[before:]))
    recovered = [f for f in facts.media[before:] if f.run_id == run_id]
    assert isinstance(recovered[0], RunStarted)
    assert isinstance(recovered[-1], RunEnded)
    assert recovered[-1].cause is GapCause.INGEST_LOST
    by_sequence = {f.sequence: f for f in told}
    for fact in recovered[1:-1]:
        known = by_sequence.get(fact.sequence)
        if known is not None:
            assert fact.model_dump(exclude={"segment_ends"}) == known.model_dump(exclude={"segment_ends"})
    assert read_fragments(newest).file_bytes == whole.whole_bytes
    # the old story is closed before the new one begins
    order = [f.run_id for f in facts.media[before:]]
    assert order == sorted(order, key=lambda one: one != run_id)


async def test_spool_files_are_served_to_the_recorder_only(town: Any, simulator: CameraSimulator, eventually: Any) -> None:
    await town.register(simulator.url("cam-001/main"))
    async with town.running(), aiohttp.ClientSession(town.url) as http:
        fragments = await eventually(lambda: len(town.facts.of(FragmentWritten)) >= 2 and town.facts.of(FragmentWritten))
        (started,) = town.facts.of(RunStarted)
        assert started.spool_url == f"{town.url}/internal/v1/spool"
        f = fragments[1]
        url = f"/internal/v1/spool/{f.segment_path}"
        asked = {"Range": f"bytes={f.offset_bytes}-{f.offset_bytes + f.size_bytes - 1}"}
        async with http.get(url, headers={**asked, **town.headers("recorder")}) as answer:
            assert answer.status == 206
            assert hashlib.sha256(await answer.read()).hexdigest() == f.sha256
        for headers, status in (({}, 401), (town.headers("operator-gateway"), 403)):
            async with http.get(url, headers=headers) as answer:
                assert answer.status == status
        for path in ("../jwks.json", "..%2F..%2Fjwks.json", "cam-001/../x.mp4", ".lock", "cam-001"):
            async with http.get(f"/internal/v1/spool/{path}", headers=town.headers("recorder")) as answer:
                assert answer.status == 404
        async with http.get("/readyz") as answer:
            assert answer.status == 200, await answer.text()
