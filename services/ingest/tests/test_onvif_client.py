"""Our ONVIF client against the simulated camera."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from hejnal_ingest.onvif.address import HostPolicy
from hejnal_ingest.onvif.client import OnvifClient, OnvifLimits
from hejnal_ingest.onvif.device import device_information, set_clock
from hejnal_ingest.onvif.discovery import discover
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_ingest.onvif.media import main_and_sub, profiles, set_gov_length, stream_uri
from hejnal_ingest.onvif.notifications import CameraProperties, Change, Meaning, Notification
from hejnal_ingest.onvif.ptz import PtzHead, PtzVelocity
from hejnal_ingest.onvif.pull_point import PullPoint
from hejnal_ingest.onvif.recordings import recordings, replay_uri
from hejnal_media.rtsp import Credentials
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.onvif import DiscoveryResponder, OnvifSimulator
from hejnal_media.simulator.onvif.events import DIGITAL_INPUT, MOTION, TOO_DARK
from hejnal_runtime.clock import SystemClock

ACCOUNT = Credentials("wartownik", "tajne & <hasło>")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def device(simulator: CameraSimulator, clips: Path) -> AsyncIterator[OnvifSimulator]:
    one = OnvifSimulator(simulator, credentials=ACCOUNT, clips=clips)
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def client_for(http: aiohttp.ClientSession, device: OnvifSimulator, account: Credentials | None = ACCOUNT) -> OnvifClient:
    return OnvifClient(http, device.url, account, clock=SystemClock(), limits=OnvifLimits(answer_timeout_s=2))


async def fault_of(call: object) -> OnvifError:
    with pytest.raises(OnvifError) as raised:
        await call  # type: ignore[misc]
    assert ACCOUNT.password not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("media2", [True, False])
@pytest.mark.parametrize("wsse", [True, False])
async def test_a_camera_tells_what_it_is_and_offers(http, device, simulator, media2, wsse):
    device.behaviour.media2, device.behaviour.wsse = media2, wsse
    client = client_for(http, device)
    told = await device_information(client)
    assert (told.manufacturer, told.serial) == ("Hejnal", "cam-001")
    found = await profiles(client)
    main, sub = main_and_sub(found)
    assert main
    assert sub
    assert (main.token, main.width, main.gov_length, main.encoding, main.fps, main.ptz) == ("main", 320, 10, "H264", 25, True)
    assert (sub.token, sub.width) == ("sub", 160)
    assert await stream_uri(client, "main") == simulator.url("cam-001/main")
    assert (await fault_of(stream_uri(client, "none"))).fault is OnvifFault.REFUSED


async def test_a_camera_whose_clock_is_wrong_by_hours_still_lets_us_in(http, device):
    device.clock.offset_s = -9 * 3600
    client = client_for(http, device)
    await device_information(client)
    assert client.known_offset_s == pytest.approx(-9 * 3600, abs=1.1)
    device.clock.offset_s = 0  # somebody else sets it
    await device_information(client)
    assert client.known_offset_s == pytest.approx(0, abs=1.1)
    assert device.account.replays_refused == 0


async def test_the_clock_is_set_to_less_than_a_second(http, device):
    device.clock.offset_s = 5.4 * 3600
    before, after = await set_clock(client_for(http, device), SystemClock())
    assert before == pytest.approx(5.4 * 3600, abs=1.1)
    assert abs(after) < 1
    assert abs(device.clock.offset_s) < 0.7


async def test_a_captured_request_is_refused_when_it_is_sent_again(http, device):
    nonces = iter([b"0123456789abcdef"] * 9)
    client = OnvifClient(http, device.url, ACCOUNT, clock=SystemClock(), nonce=lambda: next(nonces))
    await device_information(client)
    assert (await fault_of(device_information(client))).fault is OnvifFault.UNAUTHORIZED
    assert device.account.replays_refused >= 1


async def test_refusals_are_told_apart(http, device):
    wrong = client_for(http, device, Credentials("wartownik", "inne"))
    assert (await fault_of(device_information(wrong))).fault is OnvifFault.UNAUTHORIZED
    assert (await fault_of(device_information(client_for(http, device, None)))).fault is OnvifFault.UNAUTHORIZED
    device.behaviour.wsse = False
    assert (await fault_of(device_information(wrong))).fault is OnvifFault.UNAUTHORIZED
    device.behaviour.delay_s = 2.5
    assert (await fault_of(device_information(client_for(http, device)))).fault is OnvifFault.TIMEOUT
    device.behaviour.delay_s = 0
    device.behaviour.hostile_xml = True
    assert (await fault_of(device_information(client_for(http, device)))).fault is OnvifFault.MALFORMED
    gone = OnvifClient(http, "http://127.0.0.1:9/onvif", ACCOUNT, clock=SystemClock())
    assert (await fault_of(device_information(gone))).fault is OnvifFault.NO_ROUTE


async def test_a_camera_cannot_send_us_elsewhere(http, device):
    client = client_for(http, device)
    device.behaviour.foreign_uris = "10.9.8.7:554"
    assert (await fault_of(stream_uri(client, "main"))).fault is OnvifFault.FOREIGN_ADDRESS
    assert (await fault_of(replay_uri(client, "REC_1"))).fault is OnvifFault.FOREIGN_ADDRESS
    allowed = OnvifClient(http, device.url, ACCOUNT, clock=SystemClock(), allowed_hosts=frozenset({"10.9.8.7"}))
    assert await stream_uri(allowed, "main") == "rtsp://10.9.8.7:554/cam-001/main"


@given(st.text(max_size=60))
def test_no_text_leads_away_from_the_camera(text):
    policy = HostPolicy("10.0.0.7")
    for uri in (text, f"rtsp://{text}", f"rtsp://10.0.0.7{text}", f"rtsp://{text}@10.0.0.7/"):
        try:
            checked = policy.checked(uri, schemes=("rtsp",))
        except OnvifError:
            continue
        rest = checked.removeprefix("rtsp://10.0.0.7")
        assert rest != checked
        assert rest[0] in "/:"
        assert "@" not in checked.split("/")[2]


@pytest.mark.parametrize("media2", [True, False])
async def test_groups_of_pictures_are_set_and_a_lie_is_seen_in_the_stream_only(http, device, simulator, media2):
    device.behaviour.media2 = media2
    client = client_for(http, device)
    assert await set_gov_length(client, "main", 20) == 20
    assert simulator.mounts["cam-001/main"].clip.spec.gop_frames == 20
    device.behaviour.lying_gov_length = True
    assert await set_gov_length(client, "main", 30) == 30
    assert simulator.mounts["cam-001/main"].clip.spec.gop_frames == 20
    assert (await fault_of(set_gov_length(client, "main", 5000))).fault is OnvifFault.REFUSED


async def test_a_head_moves_and_stops_when_nobody_speaks(http, device, eventually):
    head = PtzHead(client_for(http, device), "main")
    await head.move(PtzVelocity(pan=0.4))
    await asyncio.sleep(0.1)
    at = await head.status()
    assert at.moving
    assert at.pan > 0
    await head.stop()
    assert not (await head.status()).moving
    preset = await head.save_preset("Brama & <płot>")
    assert [one.name for one in await head.presets()] == ["Brama & <płot>"]
    await head.move(PtzVelocity(tilt=-1, zoom=0.2))
    await eventually(lambda: device.requests.count("Stop") >= 2)  # after a second of silence
    assert not device.head.moving()
    await head.go_to(preset.token)
    await eventually(lambda: not device.head.moving())
    assert (await head.status()).tilt == pytest.approx(0, abs=0.01)
    await head.remove_preset(preset.token)
    assert (await fault_of(head.go_to(preset.token))).fault is OnvifFault.REFUSED
    await head.close()


async def test_the_card_tells_what_it_holds(http, device, eventually):
    client = client_for(http, device)
    await eventually(lambda: device.card.last_tick > 0)
    (one,) = await recordings(client)
    assert one.has_video
    assert one.earliest
    assert one.latest
    assert one.earliest < one.latest
    assert await replay_uri(client, one.token) == f"{device.replay.url}/recording/REC_1"
    device.behaviour.no_replay = True
    assert (await fault_of(replay_uri(client, one.token))).fault is OnvifFault.UNSUPPORTED


async def test_discovery_finds_who_answers(device, simulator):
    other = OnvifSimulator(simulator, "cam-002")
    await other.start()
    responder = DiscoveryResponder([(device.identity, device.url), (other.identity, other.url)])
    await responder.start()
    found = await discover(wait_s=1.0, host="127.0.0.1", port=responder.port, interface="127.0.0.1")
    responder.stop()
    await other.stop()
    assert [(one.name, one.addresses, one.hardware) for one in found] == [
        ("cam-001", [device.url], "SIM-1"),
        ("cam-002", [other.url], "SIM-1"),
    ]


async def test_events_come_once_and_subscriptions_come_back(http, device, eventually):
    taken: list[Notification] = []
    properties = CameraProperties()
    changes: list[Change] = []

    def take(notification: Notification) -> None:
        taken.append(notification)
        change = properties.take(notification, now=datetime.now(UTC), offset_s=0)
        if change is not None:
            changes.append(change)

    device.behaviour.duplicate_events = True
    device.behaviour.pull_points_end_after = 2
    task = asyncio.create_task(PullPoint(client_for(http, device), "cam-001", take, pull_s=0.4).run())
    await eventually(lambda: device.events.subscriptions)
    device.events.fire(MOTION, value=True)
    await eventually(lambda: len(changes) == 1)
    await eventually(lambda: device.events.created >= 2)
    device.events.forget_all()
    device.events.fire(MOTION, value=False)  # while nobody is subscribed: told by the state of the next subscription
    device.events.fire(TOO_DARK, value=True)
    device.events.fire(DIGITAL_INPUT, value=True, source="DI1")
    await eventually(lambda: len(changes) == 4)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [(one.meaning, one.active, one.kind) for one in changes[:1]] == [(Meaning.MOTION, True, None)]
    assert {(one.meaning, one.active, one.kind) for one in changes[1:]} == {
        (Meaning.MOTION, False, None),
        (Meaning.TAMPER, True, "covered"),
        (Meaning.INPUT, True, None),
    }
    assert len(taken) > len(changes)


def test_motion_lasts_as_long_as_one_of_its_sources():
    properties = CameraProperties()

    def told(topic: str, *, active: bool, after_s: int) -> Change | None:
        at = NOW + timedelta(seconds=after_s + 3600)
        return properties.take(Notification(topic, "VS", active, "Changed", at), now=NOW, offset_s=3600)

    first = told("VideoSource/MotionAlarm", active=True, after_s=1)
    assert first
    assert first.at == NOW + timedelta(seconds=1)
    assert told("RuleEngine/CellMotionDetector/Motion", active=True, after_s=1) is None
    assert told("VideoSource/MotionAlarm", active=False, after_s=5) is None
    last = told("RuleEngine/CellMotionDetector/Motion", active=False, after_s=7)
    assert last
    assert not last.active
    far = told("VideoSource/MotionAlarm", active=True, after_s=9000)
    assert far
    assert far.at == NOW  # a camera does not forge the time
