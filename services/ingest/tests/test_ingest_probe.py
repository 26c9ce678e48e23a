"""Conformance cards: pure judgement, and a probe of simulated cameras."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hejnal_contracts.cameras import FaultCause
from hejnal_contracts.probes import CameraProbed
from hejnal_ingest.probe.card import card_of, worst
from hejnal_ingest.probe.listening import Measurements, listen
from hejnal_ingest.sources.choose import SourceContext
from hejnal_ingest.sources.native import NativePlaces
from hejnal_media.access_unit import AudioParameters, CodecParameters, VideoKind
from hejnal_media.rtsp import ReceiveBuffer, SessionLimits
from hejnal_media.simulator import CameraSimulator


def healthy(**changes: Any) -> Measurements:
    values: dict[str, Any] = {
        "url_scheme": "rtsp",
        "opened_s": 0.2,
        "first_key_s": 1.1,
        "listened_s": 60.0,
        "parameters": CodecParameters("avc1.64001f", 1920, 1080),
        "sets_in_description": True,
        "gops_s": [2.0] * 29,
        "pictures": 1500,
        "octets": 30_000_000,
        "fps_media": 25.0,
        "fps_arrival": 25.0,
        "fps_declared": 25.0,
        "jitter_s": 0.02,
        "sender_reports": True,
        "clock_offset_s": 0.04,
        "second_session": True,
    }
    return Measurements(**{**values, **changes})


def test_a_good_camera_needs_no_advice() -> None:
    lines = card_of(healthy())
    assert worst(lines) == "good"
    assert len(lines) == 14
    assert not any(line.advice_pl or line.advice_en for line in lines)


@pytest.mark.parametrize(
    ("changes", "subject", "grade"),
    [
        ({"gops_s": [8.0] * 7}, "gop", "usable"),
        ({"gops_s": [], "open_gop_s": 59.0}, "gop", "bad"),
        ({"gops_s": [1.0, 4.0, 2.0]}, "gop", "usable"),
        ({"reordered": True}, "b_frames", "usable"),
        ({"fps_arrival": 12.0, "fps_media": 12.0}, "fps", "usable"),
        ({"fps_arrival": 12.5, "fps_declared": 0.0}, "fps", "usable"),
        ({"octets": 200_000}, "bitrate", "usable"),
        ({"packets_lost": 900, "breaks": ["loss: x"] * 9}, "loss", "bad"),
        ({"jitter_s": 0.3}, "jitter", "usable"),
        ({"sender_reports": False}, "sender_reports", "usable"),
        ({"clock_offset_s": -3700.0}, "clock", "bad"),
        ({"clock_offset_s": None}, "clock", "usable"),
        ({"audio": AudioParameters("ulaw", 8000, 1)}, "audio", "usable"),
        ({"second_session": False}, "sessions", "usable"),
        ({"parameter_changes": 3}, "parameter_sets", "usable"),
        ({"parameters": CodecParameters("hvc1.1.6.L120.90", 1920, 1080, kind=VideoKind.H265)}, "codec", "usable"),
        ({"pictures": 0, "fault": FaultCause.UNAUTHORIZED}, "connection", "bad"),
        ({"url_scheme": "rtmp"}, "transport", "usable"),
    ],
)
def test_what_is_wrong_is_said_with_advice_in_two_languages(changes: dict[str, Any], subject: str, grade: str) -> None:
    lines = card_of(healthy(**changes))
    line = next(line for line in lines if line.subject == subject)
    assert line.grade == grade
    assert line.advice_pl.endswith(".")
    assert line.advice_en.endswith(".")
    assert worst(lines) == max((one.grade for one in lines), key=("good", "usable", "bad").index)


def context() -> SourceContext:
    return SourceContext(
        now_us=lambda: time.time_ns() // 1000,
        buffer=ReceiveBuffer(),
        limits=SessionLimits(1.0, 1.0),
        places=NativePlaces(1),
        no_video_s=2.0,
    )


async def test_a_simulated_camera_is_listened_to(simulator: CameraSimulator) -> None:
    found = await listen(context(), simulator.url("cam-001/main"), None, seconds=5, try_second=True)
    assert found.fault is None
    assert found.parameters is not None
    assert found.fps_arrival == pytest.approx(25, abs=2)
    assert found.gops_s
    assert max(found.gops_s) == pytest.approx(0.4, abs=0.01)
    assert found.second_session is True
    assert found.sets_in_description is True
    by_subject = {line.subject: line for line in card_of(found)}
    assert by_subject["gop"].grade == "good"
    assert by_subject["sessions"].grade == "good"
    assert by_subject["connection"].grade == "good"


async def test_a_camera_that_is_not_there_gets_a_card_too() -> None:
    found = await listen(context(), "rtsp://127.0.0.1:1/main", None, seconds=5, try_second=True)
    (line,) = card_of(found)
    assert (line.subject, line.grade) == ("connection", "bad")
    assert "RTSP" in line.advice_en


async def test_the_command_prints_a_card(simulator: CameraSimulator) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hejnal_ingest", "probe", simulator.url("cam-002/main"), "--seconds", "4", "--json",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(40):
        out, _ = await process.communicate()
    card = json.loads(out)
    assert process.returncode == (1 if card["grade"] == "bad" else 0)
    assert {"gop", "fps", "sessions"} <= {line["subject"] for line in card["lines"]}


async def test_a_probe_is_a_job_and_a_fact(town: Any, simulator: CameraSimulator, eventually: Any, tmp_path: Path) -> None:
    object.__setattr__(town.settings, "probe_s", 2.0)
    await town.register(simulator.url("cam-001/main"))
    async with town.running(), aiohttp.ClientSession(town.url) as client:
        await eventually(lambda: (status := town.facts.last_status()) and status.condition.value == "live")
        headers = town.headers("operator-gateway")
        async with client.post("/internal/v1/probes", json={"camera_id": "cam-001"}, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
            probe = await answer.json()
        assert probe["state"] == "running"
        async with client.post("/internal/v1/probes", json={"camera_id": "cam-001"}, headers=headers) as answer:
            assert (await answer.json())["probe_id"] == probe["probe_id"]
        async with asyncio.timeout(20):
            while probe["state"] == "running":
                await asyncio.sleep(0.2)
                async with client.get(f"/internal/v1/probes/{probe['probe_id']}", headers=headers) as answer:
                    probe = await answer.json()
        lines = {line["subject"]: line for line in probe["card"]["lines"]}
        assert lines["sessions"]["grade"] == "good"
        fact = await eventually(lambda: next(iter(town.facts.events_of(CameraProbed)), None))
        assert fact.event_id == probe["probe_id"]
        async with client.post("/internal/v1/probes", json={"camera_id": "cam-009"}, headers=headers) as answer:
            assert answer.status == 404


async def test_a_connection_is_tried_and_a_view_accepted_over_http(
    town: Any, simulator: CameraSimulator, eventually: Any
) -> None:
    await town.register(simulator.url("cam-001/main"))
    headers = town.headers("operator-gateway")
    async with town.running(), aiohttp.ClientSession(town.url, headers=headers) as client:

        async def trial(url: str) -> dict[str, Any]:
            async with client.post("/internal/v1/connection-tests", json={"url": url}) as answer:
                assert answer.status == 200, await answer.text()
                found: dict[str, Any] = await answer.json()
                return found

        await eventually(lambda: (status := town.facts.last_status()) and status.condition.value == "live")
        good = await trial(simulator.url("cam-002/main"))
        assert (good["ok"], good["cause"], good["codec"][:4]) == (True, None, "avc1")
        assert good["width"] > 0
        gone = await trial("rtsp://127.0.0.1:1/main")
        assert (gone["ok"], gone["cause"]) == (False, "refused")
        await eventually(lambda: (status := town.facts.last_status()) and status.picture is not None)
        for camera_id, status in (("cam-001", 204), ("cam-009", 404)):
            async with client.post(f"/internal/v1/cameras/{camera_id}/view-acceptance") as answer:
                assert answer.status == status, await answer.text()
        async with client.post("/internal/v1/connection-tests", json={"url": "rtsp://user:pw@10.0.0.1/"}) as answer:
            assert answer.status == 422
        recorder = town.headers("recorder")
        async with client.post("/internal/v1/cameras/cam-001/view-acceptance", headers=recorder) as answer:
            assert answer.status == 403
