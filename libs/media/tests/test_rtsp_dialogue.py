"""Dialogues with cameras that are allowed to be odd: each test says what the camera answers and what it must have been asked."""

import asyncio

import pytest

from hejnal_media.rtcp import NTP_EPOCH_OFFSET_S, parse_compound, receiver_report, sender_report
from hejnal_media.rtsp import Credentials, RtspError, RtspFault, RtspSession, SessionLimits
from hejnal_media.rtsp.message import Request, encode_request, encode_response
from hejnal_media.simulator import Clip
from hejnal_media.simulator.scripted import camera, description, ok, pictures, usual
from hejnal_media.testing import RecordingSink

LIMITS = SessionLimits(connect_timeout_s=2, response_timeout_s=2, teardown_timeout_s=1)


async def test_the_video_track_is_set_up_by_its_own_url_on_the_channels_the_camera_chose(clip: Clip) -> None:
    sink = RecordingSink()
    async with camera(usual(clip)) as (odd, where):
        session = RtspSession(f"rtsp://{where}/live/ch1?x=1", sink, limits=LIMITS)
        await session.open()
        report = sender_report(9, unix_us=1_767_225_600_500_000, rtp_timestamp=7200, packets=1, octets=1, cname="x")
        odd.writers[0].write(pictures(clip, 5, channel=4, payload_type=99) + b"$\x05" + len(report).to_bytes(2, "big") + report)
        async with asyncio.timeout(30):
            while len(sink.units) < 5 or session.camera_clock is None:
                await asyncio.sleep(0.01)
        await session.close()
        assert odd.methods() == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
        assert odd.requests[2].url == f"rtsp://{where}/live/ch1?x=1/streamid=1"
        assert odd.requests[3].url == f"rtsp://{where}/live/ch1?x=1/"
        assert odd.requests[3].headers.get("session") == "abc"
        assert session.camera_clock.camera_time_us(7200) == pytest.approx(1_767_225_600_500_000, abs=1)
        assert session.camera_clock.camera_time_us(7200 + 90_000) == pytest.approx(1_767_225_601_500_000, abs=1)


async def test_keep_alives_come_at_half_the_timeout_and_a_lost_session_ends(clip: Clip) -> None:
    asked = 0

    def keep_alive(request: Request) -> bytes:
        nonlocal asked
        asked += 1
        return ok(request, status=200 if asked < 2 else 454, reason="x")

    async with camera(usual(clip, GET_PARAMETER=keep_alive)) as (odd, where):
        session = RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS)
        await session.open()
        odd.writers[0].write(pictures(clip, 2, channel=4, payload_type=99))
        began = asyncio.get_running_loop().time()
        with pytest.raises(RtspError) as caught:
            async with asyncio.timeout(30):
                await session.run()
        assert caught.value.fault is RtspFault.CLOSED
        assert asked == 2
        assert asyncio.get_running_loop().time() - began > 1.5
        assert b"$\x05\x00" in odd.raw  # a receiver report
        await session.close()


async def test_redirects_are_followed_with_the_password_only_to_the_same_host(clip: Clip) -> None:
    challenge = ("WWW-Authenticate", 'Basic realm="x"')

    def guarded(request: Request) -> bytes:
        if not request.headers.get("authorization"):
            return ok(request, challenge, status=401, reason="Unauthorized")
        return ok(request, ("Content-Base", request.url), body=description(clip))

    async with camera(usual(clip, DESCRIBE=guarded)) as (target, target_where):

        def moved(request: Request) -> bytes:
            return ok(request, ("Location", f"rtsp://{target_where}/there"), status=302, reason="Moved")

        async with camera(usual(clip, DESCRIBE=moved)) as (_, where):
            session = RtspSession(f"rtsp://{where}/", RecordingSink(), credentials=Credentials("a", "b"), limits=LIMITS)
            await session.open()
            await session.close()
            assert target.requests[-3].url == f"rtsp://{target_where}/there/streamid=1"
            port = where.rsplit(":", 1)[1]
            session = RtspSession(f"rtsp://localhost:{port}/", RecordingSink(), credentials=Credentials("a", "b"), limits=LIMITS)
            with pytest.raises(RtspError) as caught:
                await session.open()
            assert caught.value.fault is RtspFault.UNAUTHORIZED


async def test_a_circle_of_redirects_ends(clip: Clip) -> None:
    def moved(request: Request) -> bytes:
        return ok(request, ("Location", request.url), status=301, reason="Moved")

    async with camera(usual(clip, DESCRIBE=moved)) as (_, where):
        with pytest.raises(RtspError, match="circle"):
            await RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS).open()


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (403, RtspFault.UNAUTHORIZED),
        (404, RtspFault.NOT_FOUND),
        (453, RtspFault.REFUSED),
        (461, RtspFault.UNSUPPORTED),
        (400, RtspFault.PROTOCOL),
    ],
)
async def test_what_an_error_status_means(clip: Clip, status: int, fault: RtspFault) -> None:
    async with camera(usual(clip, SETUP=lambda request: ok(request, status=status, reason="No"))) as (_, where):
        with pytest.raises(RtspError) as caught:
            await RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS).open()
        assert caught.value.fault is fault


async def test_cameras_that_forget_cseq_ask_things_and_have_no_base(clip: Clip) -> None:
    def forgetful(request: Request) -> bytes:
        question = encode_request("OPTIONS", "*", [("CSeq", "77")]) + encode_request("RECORD", "*", [("CSeq", "78")])
        return question + encode_response(200, "OK", [], description(clip, "rtsp://127.0.0.1/elsewhere"))

    async with camera(usual(clip, DESCRIBE=forgetful)) as (odd, where):
        session = RtspSession(f"rtsp://{where}/x", RecordingSink(), limits=LIMITS)
        await session.open()
        await session.close()
        assert odd.requests[2].url == "rtsp://127.0.0.1/elsewhere"
        assert b"RTSP/1.0 200 OK\r\nCSeq: 77" in odd.raw
        assert b"RTSP/1.0 501 Not Implemented\r\nCSeq: 78" in odd.raw


def test_rtcp() -> None:
    report = sender_report(9, unix_us=1_500_000, rtp_timestamp=5, packets=2, octets=3, cname="camera")
    (found,), goodbyes = parse_compound(report)
    assert (found.ssrc, found.rtp_timestamp, goodbyes) == (9, 5, [])
    assert found.unix_us == pytest.approx(1_500_000, abs=1)
    assert found.ntp >> 32 == NTP_EPOCH_OFFSET_S + 1
    answer = receiver_report(
        1,
        source=9,
        fraction_lost=3,
        lost=-4,
        highest_sequence=70_000,
        jitter=0,
        last_sender_report=found,
        delay_s=0.5,
        cname="h",
    )
    assert parse_compound(answer) == ([], [])
    assert len(answer) % 4 == 0
    for cut in range(len(report)):
        parse_compound(report[:cut])
