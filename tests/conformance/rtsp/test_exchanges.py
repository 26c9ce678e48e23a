"""Exchanges as cameras have them, from text files: what our client asks, and that pictures come through."""

import asyncio

import pytest

from hejnal_media.depacketizers import VideoDepacketizer
from hejnal_media.rtsp import Credentials, RtspSession, SessionLimits
from hejnal_media.rtsp.message import Request
from hejnal_media.simulator import ClipSpec, make_clip
from hejnal_media.simulator.packets import packetize_clip, stamp
from hejnal_media.simulator.scripted import camera
from hejnal_media.testing import RecordingSink
from tests.conformance.rtsp.exchange_files import answer_of, answers

LIMITS = SessionLimits(connect_timeout_s=2, response_timeout_s=2, teardown_timeout_s=0.5)


class Played:
    """A session with the camera of an exchange."""

    def __init__(self, name: str) -> None:
        self.told = answers(name)
        self.sink = RecordingSink()
        self.requests: list[Request] = []
        self.depacketizer: VideoDepacketizer | None = None

    def answer(self, request: Request) -> bytes:
        return answer_of(self.told, request)

    async def play(self, media: bytes) -> None:
        async with camera(self.answer) as (odd, where):
            url = f"rtsp://{where}/live"
            session = RtspSession(url, self.sink, audio=self.sink, limits=LIMITS, credentials=Credentials("a", "b"))
            await session.open()
            odd.writers[-1].write(media)
            async with asyncio.timeout(5):
                while len(self.sink.units) < 5:
                    await asyncio.sleep(0.01)
            self.depacketizer = session.depacketizer
            self.has_audio = session.has_audio
            await session.close()
            self.requests = odd.requests

    def urls(self, method: str) -> list[str]:
        return [request.url for request in self.requests if request.method == method]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Some pictures of each codec, without channel and payload type."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, list[bytes]] = {}
    for codec in ("h264", "h265"):
        clip = make_clip(ClipSpec(160, 96, gop_frames=4, frames=8, bitrate_bps=100_000, preset="ultrafast", codec=codec), folder)
        frames: list[bytes] = []
        for number, picture in enumerate(packetize_clip(clip)):
            data = stamp(picture, sequence=len(frames), timestamp=3600 * number, ssrc=5, camera="x", frame=number, sent_at_us=0)
            ends = [*picture.offsets[1:], len(data)]
            frames += [bytes(data[start + 4 : end]) for start, end in zip(picture.offsets, ends, strict=True)]
        made[codec] = frames
    return made


def wire(frames: list[bytes], channel: int, payload_type: int) -> bytes:
    typed = [frame[:1] + bytes((frame[1] & 0x80 | payload_type,)) + frame[2:] for frame in frames]
    return b"".join(bytes((0x24, channel)) + len(frame).to_bytes(2, "big") + frame for frame in typed)


async def test_a_good_camera(pictures: dict[str, list[bytes]]) -> None:
    played = Played("a-good-camera")
    await played.play(wire(pictures["h264"], 0, 96))
    base = "rtsp://127.0.0.1/Streaming/Channels/101"
    assert played.urls("SETUP") == [f"{base}/trackID=1", f"{base}/trackID=2"]
    assert played.urls("PLAY") == [f"{base}/"]
    second = [request for request in played.requests if request.method == "DESCRIBE"][1]
    assert second.headers.get("authorization").startswith("Digest ")
    assert played.requests[-1].headers.get("session") == "1185366732"


async def test_an_odd_camera(pictures: dict[str, list[bytes]]) -> None:
    played = Played("an-odd-camera")
    await played.play(wire(pictures["h264"], 2, 35))
    assert played.urls("SETUP")[0] == "rtsp://127.0.0.1/live/video"
    assert not played.has_audio  # it put both tracks on one channel
    assert played.requests[-1].headers.get("session") == "0"
    assert not played.sink.breaks


async def test_an_h265_camera(pictures: dict[str, list[bytes]]) -> None:
    played = Played("an-h265-camera")
    await played.play(wire(pictures["h265"], 0, 98))
    base = "rtsp://127.0.0.1/cam/realmonitor?channel=1&subtype=0"
    assert played.urls("SETUP")[0] == f"{base}/trackID=0"
    assert played.urls("PLAY") == [base]
    assert played.sink.parameters[0].codec.startswith("hvc1")
