"""More of what cameras do: several tracks, TLS, stale sessions, moves, keep-alives, wrong channels, garbage between frames."""

import asyncio
from collections.abc import Callable

import pytest

from hejnal_media.rtcp import goodbye, sender_report
from hejnal_media.rtsp import (
    Credentials,
    RtspError,
    RtspFault,
    RtspSession,
    SessionLimits,
    StaleSessions,
)
from hejnal_media.rtsp.message import Request, encode_request
from hejnal_media.simulator import Clip
from hejnal_media.simulator.scripted import OddCamera, camera, ok, pictures, usual
from hejnal_media.testing import RecordingSink

LIMITS = SessionLimits(connect_timeout_s=2, response_timeout_s=1, teardown_timeout_s=0.5)


async def until(condition: Callable[[], object], timeout_s: float = 30) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def play(where: str, sink: RecordingSink, odd: OddCamera, clip: Clip, *, channel: int = 4, **more: object) -> RtspSession:
    """An open session that has got three pictures."""
    session = RtspSession(f"rtsp://{where}/", sink, limits=LIMITS, **more)  # type: ignore[arg-type]
    await session.open()
    odd.writers[-1].write(pictures(clip, 4, channel=channel, payload_type=99))
    await until(lambda: len(sink.units) >= 3)
    return session


async def test_sound_is_set_up_in_the_same_session(clip: Clip) -> None:
    def answer(request: Request) -> bytes:
        channels = "4-5" if request.url.endswith("streamid=1") else "6-7"
        return ok(request, ("Session", "abc;timeout=60"), ("Transport", f"RTP/AVP/TCP;unicast;interleaved={channels}"))

    async with camera(usual(clip, SETUP=answer)) as (odd, where):
        sink = RecordingSink()
        session = await play(where, sink, odd, clip, audio=sink)
        asked = [request for request in odd.requests if request.method == "SETUP"]
        assert [request.url.rsplit("/", 1)[1] for request in asked] == ["streamid=1", "streamid=0"]
        assert "interleaved=2-3" in asked[1].headers.get("transport")
        assert asked[1].headers.get("session") == "abc"
        assert session.has_audio
        sound = b"\x80\x88" + bytes((0, 1)) + bytes(4) + b"\0\0\0\7" + b"\xd5" * 160
        odd.writers[0].write(b"$\6" + len(sound).to_bytes(2, "big") + sound)
        await until(lambda: sink.audio)
        assert sink.audio_parameters[0].sample_rate == 8000
        await session.close()


@pytest.mark.parametrize("how", ["refuses", "same channel", "hangs up", "falls silent"])
async def test_a_camera_that_refuses_sound_still_gives_pictures(clip: Clip, how: str) -> None:
    def answer(request: Request) -> bytes:
        if "streamid=1" in request.url:
            return ok(request, ("Session", "abc;timeout=60"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=4-5"))
        if how == "hangs up":
            odd.writers[-1].close()
        if how in ("hangs up", "falls silent"):
            return b""
        if how == "same channel":
            return ok(request, ("Session", "abc"), ("Transport", "RTP/AVP/TCP;interleaved=4-5"))
        return ok(request, status=461, reason="no sound")

    async with camera(usual(clip, SETUP=answer)) as (odd, where):
        sink = RecordingSink()
        session = await play(where, sink, odd, clip, audio=sink)
        assert not session.has_audio
        assert not sink.audio
        await session.close()


async def test_answers_without_channels_and_media_before_the_answer(clip: Clip) -> None:
    def play_late(request: Request) -> bytes:
        media = pictures(clip, 4, channel=0, payload_type=99)
        return media[:5000] + ok(request, ("Session", "abc"), ("RTP-Info", "url=x;seq=9;rtptime=1")) + media[5000:]

    def set_up(request: Request) -> bytes:
        return ok(request, ("session", "abc"), ("transport", "RTP/AVP/TCP;unicast"))

    async with camera(usual(clip, SETUP=set_up, PLAY=play_late)) as (_, where):
        sink = RecordingSink()
        session = RtspSession(f"rtsp://{where}/", sink, limits=LIMITS)
        await session.open()
        await until(lambda: len(sink.units) >= 3)
        assert not sink.breaks
        await session.close()


async def test_a_camera_that_sends_and_forgets_to_answer_play(clip: Clip) -> None:
    async with camera(usual(clip, PLAY=lambda _request: pictures(clip, 4, channel=4, payload_type=99))) as (_, where):
        sink = RecordingSink()
        session = RtspSession(f"rtsp://{where}/", sink, limits=LIMITS)
        await session.open()
        assert len(sink.units) >= 3
        await session.close()


async def test_only_udp_is_told(clip: Clip) -> None:
    def udp(request: Request) -> bytes:
        return ok(request, ("Session", "abc"), ("Transport", "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001"))

    async with camera(usual(clip, SETUP=udp)) as (_, where):
        with pytest.raises(RtspError) as caught:
            await RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS).open()
        assert caught.value.fault is RtspFault.UNSUPPORTED


async def test_a_live_stream_has_no_beginning(clip: Clip) -> None:
    def answer(request: Request) -> bytes:
        return ok(request, status=457 if request.headers.get("range") else 200, reason="x")

    async with camera(usual(clip, PLAY=answer)) as (odd, where):
        session = RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS)
        await session.open()
        await session.close()
        assert odd.methods() == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PLAY", "TEARDOWN"]


@pytest.mark.parametrize(
    ("public", "refused", "expected"),
    [
        ("DESCRIBE, get_parameter , SET_PARAMETER", set(), ["GET_PARAMETER", "GET_PARAMETER"]),
        ("DESCRIBE, SET_PARAMETER", set(), ["SET_PARAMETER", "SET_PARAMETER"]),
        ("", set(), ["OPTIONS", "OPTIONS"]),
        ("GET_PARAMETER, SET_PARAMETER", {"GET_PARAMETER"}, ["GET_PARAMETER", "SET_PARAMETER"]),
        ("GET_PARAMETER", {"GET_PARAMETER"}, ["GET_PARAMETER", "OPTIONS"]),
    ],
)
async def test_the_session_is_kept_as_the_camera_offers(clip: Clip, public: str, refused: set[str], expected: list[str]) -> None:
    def keep(request: Request) -> bytes:
        return ok(request, status=501 if request.method in refused else 200, reason="x")

    def options(request: Request) -> bytes:
        return ok(request, ("Public", public))

    async with camera(usual(clip, OPTIONS=options, GET_PARAMETER=keep, SET_PARAMETER=keep)) as (odd, where):
        session = RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS)
        await session.open()
        before = len(odd.requests)
        run = asyncio.create_task(session.run())
        await until(lambda: len(odd.requests) >= before + 2)
        run.cancel()
        assert odd.methods()[before : before + 2] == expected
        assert odd.requests[before].headers.get("session") == "abc"
        await session.close()


async def test_a_new_nonce_is_no_wrong_password(clip: Clip) -> None:
    nonce = 0

    def guarded(request: Request) -> bytes:
        nonlocal nonce
        if request.method == "SETUP" and nonce == 1:
            nonce = 2  # and it does not say stale=true
        if f'nonce="{nonce}"' not in request.headers.get("authorization") or not nonce:
            nonce = max(nonce, 1)
            return ok(request, ("WWW-Authenticate", f'Digest realm="x", nonce="{nonce}"'), status=401, reason="No")
        return usual(clip)(request)

    async with camera(guarded) as (_, where):
        session = RtspSession(f"rtsp://{where}/", RecordingSink(), credentials=Credentials("a", "b"), limits=LIMITS)
        await session.open()
        await session.close()


@pytest.mark.parametrize("per_connection", [False, True])
async def test_a_camera_that_hangs_up_after_asking_for_the_password(clip: Clip, per_connection: bool) -> None:
    def guarded(request: Request) -> bytes:
        nonce = f"n{len(odd.writers) if per_connection else 0}"
        if f'nonce="{nonce}"' in request.headers.get("authorization"):
            return usual(clip)(request)
        answer = ok(request, ("WWW-Authenticate", f'Digest realm="x", nonce="{nonce}"'), status=401, reason="No")
        odd.writers[-1].write(answer)
        if not request.headers.get("authorization"):
            odd.writers[-1].close()
        return b""

    async with camera(guarded) as (odd, where):
        session = RtspSession(f"rtsp://{where}/", RecordingSink(), credentials=Credentials("a", "b"), limits=LIMITS)
        await session.open()
        await session.close()
        assert len(odd.writers) == 2


async def test_a_wrong_password_is_not_tried_for_ever(clip: Clip) -> None:
    def guarded(request: Request) -> bytes:
        odd.writers[-1].write(ok(request, ("WWW-Authenticate", 'Digest realm="x", nonce="1"'), status=401, reason="No"))
        odd.writers[-1].close()
        return b""

    async with camera(guarded) as (odd, where):
        session = RtspSession(f"rtsp://{where}/", RecordingSink(), credentials=Credentials("a", "b"), limits=LIMITS)
        with pytest.raises(RtspError) as caught:
            await session.open()
        assert caught.value.fault is RtspFault.UNAUTHORIZED
        assert len(odd.requests) <= 3


async def test_a_redirect_to_a_path(clip: Clip) -> None:
    def moved(request: Request) -> bytes:
        if request.url.endswith("/new"):
            return usual(clip)(request)
        return ok(request, ("Location", "/new"), status=302, reason="Moved")

    async with camera(usual(clip, DESCRIBE=moved)) as (odd, where):
        session = RtspSession(f"rtsp://{where}/old", RecordingSink(), limits=LIMITS)
        await session.open()
        await session.close()
        assert odd.requests[-1].url.startswith(f"rtsp://{where}/new")


async def test_channels_that_no_other_camera_uses(clip: Clip) -> None:
    def set_up(request: Request) -> bytes:
        return ok(request, ("Session", "abc"), ("Transport", "RTP/AVP/TCP;unicast;interleaved=200-201"))

    async with camera(usual(clip, SETUP=set_up)) as (odd, where):
        sink = RecordingSink()
        session = await play(where, sink, odd, clip, channel=200)
        report = sender_report(9, unix_us=1_767_225_600_500_000, rtp_timestamp=7200, packets=1, octets=1, cname="x")
        odd.writers[0].write(b"$\xc9" + len(report).to_bytes(2, "big") + report)
        await until(lambda: session.camera_clock)
        assert not sink.breaks
        await session.close()


async def test_only_auth_int_is_not_answered_with_a_guess(clip: Clip) -> None:
    def guarded(request: Request) -> bytes:
        challenge = 'Digest realm="x", nonce="1", qop="auth-int", algorithm=MD5'
        return ok(request, ("WWW-Authenticate", challenge), status=401, reason="No")

    async with camera(guarded) as (odd, where):
        with pytest.raises(RtspError) as caught:
            await RtspSession(f"rtsp://{where}/", RecordingSink(), credentials=Credentials("a", "b"), limits=LIMITS).open()
        assert caught.value.fault is RtspFault.UNAUTHORIZED
        assert len(odd.requests) == 1


async def test_a_camera_whose_places_are_taken_is_left_alone_until_ours_is_free(clip: Clip) -> None:
    now_s = 100.0
    stale = StaleSessions(lambda: now_s)
    full = False

    def set_up(request: Request) -> bytes:
        if full:
            return ok(request, status=453, reason="Not Enough Bandwidth")
        return ok(request, ("Session", "abc;timeout=40"), ("Transport", "RTP/AVP/TCP;interleaved=4-5"))

    async with camera(usual(clip, SETUP=set_up, TEARDOWN=lambda _request: b"")) as (odd, where):
        session = await play(where, RecordingSink(), odd, clip, stale=stale)
        await session.close()  # TEARDOWN is not answered
        full = True
        now_s += 10

        async def refused() -> RtspError:
            with pytest.raises(RtspError) as caught:
                await RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS, stale=stale).open()
            assert caught.value.fault is RtspFault.REFUSED
            return caught.value

        assert (await refused()).retry_after_s == pytest.approx(31)
        now_s += 60
        assert (await refused()).retry_after_s is None


def test_a_camera_that_has_hung_up_itself_is_waited_for_only_when_it_says_that_there_is_no_place() -> None:
    now_s = 0.0
    stale = StaleSessions(lambda: now_s)
    stale.lost(30, camera_knows=True)
    assert stale.wait_s(503, "") is None
    assert stale.wait_s(453, "") == 31
    stale.lost(30)
    assert stale.wait_s(503, "") == 31
    assert stale.wait_s(404, "") is None
    assert stale.wait_s(503, "99999") == 120
    assert stale.wait_s(503, "soon") == 31
    stale.opened()
    assert stale.wait_s(453, "") is None


async def test_a_camera_says_when_to_come_again(clip: Clip) -> None:
    def busy(request: Request) -> bytes:
        return ok(request, ("Retry-After", "7"), status=503, reason="Busy")

    async with camera(usual(clip, DESCRIBE=busy)) as (_, where):
        with pytest.raises(RtspError) as caught:
            await RtspSession(f"rtsp://{where}/", RecordingSink(), limits=LIMITS).open()
        assert caught.value.retry_after_s == 7


async def test_a_camera_asks_us_to_go_elsewhere(clip: Clip) -> None:
    async with camera(usual(clip)) as (target, target_where), camera(usual(clip)) as (odd, where):
        sink = RecordingSink()
        session = await play(where, sink, odd, clip)
        run = asyncio.create_task(session.run())
        odd.writers[0].write(encode_request("REDIRECT", "*", [("CSeq", "1"), ("Location", f"rtsp://{target_where}/new")]))
        await until(lambda: "PLAY" in target.methods())
        assert odd.methods()[-1] == "TEARDOWN"
        before = len(sink.units)
        target.writers[0].write(pictures(clip, 4, channel=4, payload_type=99))
        await until(lambda: len(sink.units) >= before + 3)
        assert len(sink.breaks) == 1
        run.cancel()
        await session.close()
        assert target.methods()[-1] == "TEARDOWN"


async def test_goodbye_ends_the_run_with_its_last_picture(clip: Clip) -> None:
    async with camera(usual(clip)) as (odd, where):
        sink = RecordingSink()
        session = await play(where, sink, odd, clip)
        packet = goodbye(9)
        odd.writers[0].write(b"$\5" + len(packet).to_bytes(2, "big") + packet)
        with pytest.raises(RtspError, match="ended the stream"):
            async with asyncio.timeout(30):
                await session.run()
        await session.close()


async def test_garbage_between_frames_is_passed_over_and_bounded(clip: Clip) -> None:
    async with camera(usual(clip)) as (odd, where):
        sink = RecordingSink()
        session = await play(where, sink, odd, clip)
        odd.writers[0].write(b"\xde\xad\xbe\xef" * 50)
        await asyncio.sleep(0.05)
        before = len(sink.units)
        odd.writers[0].write(pictures(clip, 40, channel=4, payload_type=99))
        await until(lambda: len(sink.units) >= before + 10)
        odd.writers[0].write(bytes(range(0x80, 0x100)) * 4000)
        with pytest.raises(RtspError) as caught:
            async with asyncio.timeout(30):
                await session.run()
        assert caught.value.fault is RtspFault.PROTOCOL
        await session.close()
