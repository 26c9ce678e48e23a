"""Sound beside the pictures: passed on as it comes, or made Opus in a process of its own, never against the camera's policy."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCRtpReceiver
from gateway_house import Gateway
from gateway_relay import FakeIngest, encode, fake_ingest
from gateway_whep import WhepClient

from hejnal_gateway.live.audio import LiveSound
from hejnal_gateway.live.audio_process import OpusMaker, begin_message, frame_message
from hejnal_media.access_unit import AudioFrame, AudioParameters
from hejnal_media.decoding_process import DecodingProcess
from hejnal_media.relay import encode_audio_frame

TONE_HZ = 440
CODERS = {"mp4a.40.2": ("aac", 16_000, "fltp"), "alaw": ("pcm_alaw", 8_000, "s16"), "opus": ("libopus", 48_000, "s16")}


def tone(codec: str, seconds: float) -> tuple[AudioParameters, list[tuple[int, bytes]]]:
    """A tone as a camera would send it: parameters and (ticks, frame)."""
    name, rate, sample_format = CODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", sample_format
    encoder.time_base = Fraction(1, rate)
    encoder.open()
    size = encoder.frame_size or rate // 25
    frames: list[tuple[int, bytes]] = []
    for number in range(int(seconds * rate / size)):
        wave = 0.5 * np.sin(2 * np.pi * TONE_HZ * (np.arange(size) + number * size) / rate)
        samples = wave.astype(np.float32) if sample_format == "fltp" else (wave * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format=sample_format, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, number * size, Fraction(1, rate)
        frames += [(0, bytes(packet)) for packet in encoder.encode(frame)]
    return (
        AudioParameters(codec, rate, 1, bytes(encoder.extradata or b"") if codec == "mp4a.40.2" else b""),
        [(number * size, data) for number, (_, data) in enumerate(frames)],
    )


async def speak(ingest: FakeIngest, parameters: AudioParameters, frames: list[tuple[int, bytes]]) -> None:
    """Send the tone in real time, again and again."""
    length = frames[-1][0] + frames[1][0]
    started, turn = time.monotonic(), 0
    while True:
        for ticks, payload in frames:
            at = turn * length + ticks
            await asyncio.sleep(max(0.0, started + at / parameters.sample_rate - time.monotonic()))
            ingest.tell(encode_audio_frame(AudioFrame(at, time.time_ns() // 1000, payload)))
        turn += 1


class Listening(WhepClient):
    """A client that would hear, too."""

    def __init__(self, browser: Any, codecs: tuple[str, ...]) -> None:
        super().__init__(browser)
        self.sound: Any = None
        transceiver = self.peer.addTransceiver("audio", direction="recvonly")
        offered = RTCRtpReceiver.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([codec for codec in offered if codec.mimeType.lower() in codecs])

    def _take(self, track: Any) -> None:
        if track.kind == "audio":
            self.sound = track
        else:
            super()._take(track)

    async def pitch(self, seconds: float = 1.0) -> float:
        """The strongest frequency of what is heard."""
        heard: list[Any] = []
        rate = 48_000
        async with asyncio.timeout(20):
            while sum(len(part) for part in heard) < seconds * rate:
                frame = await self.sound.recv()
                rate = frame.sample_rate
                samples = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(float)
                if heard or np.abs(samples).max() > 3000:  # the beginning is silence
                    heard.append(samples)
        wave = np.concatenate(heard)
        return float(np.argmax(np.abs(np.fft.rfft(wave * np.hanning(len(wave)))))) * rate / len(wave)


@pytest.fixture(scope="module")
def clip() -> list[tuple[bytes, bool]]:
    return encode()


@asynccontextmanager
async def speaking(
    gateway: Gateway, clip: list[tuple[bytes, bool]], codec: str, *, allowed: bool = True
) -> AsyncIterator[FakeIngest]:
    parameters, frames = tone(codec, 3)
    async with fake_ingest(gateway, clip) as ingest:
        ingest.audio = parameters
        await gateway.add_camera("cam-1", recording={"record_audio": allowed})
        await gateway.publish(ingest.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        talking = asyncio.create_task(speak(ingest, parameters, frames))
        try:
            yield ingest
        finally:
            talking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await talking


@pytest.mark.parametrize(
    ("codec", "offered", "expected"),
    [
        ("mp4a.40.2", ("audio/opus",), "opus/48000"),
        ("opus", ("audio/opus",), "opus/48000"),
        ("alaw", ("audio/opus",), "opus/48000"),
        ("alaw", ("audio/pcma", "audio/opus"), "PCMA/8000"),
    ],
)
async def test_a_tone_is_heard_as_it_was_said(
    gateway: Gateway, clip: list[tuple[bytes, bool]], codec: str, offered: tuple[str, ...], expected: str
) -> None:
    async with speaking(gateway, clip, codec), gateway.signed_in() as browser:
        if "audio/pcma" in offered:  # what the camera speaks is known once somebody has watched
            first = WhepClient(browser)
            await first.start()
            await first.frame()
            await first.close()
        view = Listening(browser, offered)
        try:
            await view.start()
            assert expected in view.answer
            await view.frame()
            assert abs(await view.pitch() - TONE_HZ) < 5
        finally:
            await view.close()
        await gateway.eventually(lambda: LiveSound.makers == 0)


async def test_a_camera_whose_sound_is_off_is_not_heard(gateway: Gateway, clip: list[tuple[bytes, bool]]) -> None:
    async with speaking(gateway, clip, "mp4a.40.2", allowed=False), gateway.signed_in() as browser:
        view = Listening(browser, ("audio/opus",))
        try:
            await view.ask()
            assert "m=audio 0 " in view.answer
            assert "opus" not in view.answer
        finally:
            await view.close()


async def test_pictures_go_on_when_the_sound_becomes_known_later(gateway: Gateway, clip: list[tuple[bytes, bool]]) -> None:
    async with speaking(gateway, clip, "mp4a.40.2") as ingest, gateway.signed_in() as browser:
        parameters, ingest.audio = ingest.audio, None
        view = Listening(browser, ("audio/opus",))
        try:
            await view.start()
            times = [(await view.frame()).pts for _ in range(10)]
            ingest.audio = parameters
            ingest.tell(ingest.info())
            times += [(await view.frame()).pts for _ in range(40)]
            assert max(after - before for before, after in itertools.pairwise(times)) < 90_000 / 2
            assert abs(await view.pitch(0.5) - TONE_HZ) < 5
        finally:
            await view.close()


async def test_bytes_that_are_no_sound_end_nothing() -> None:
    process = DecodingProcess("hejnal_gateway.live.audio_process", time_limit_s=10)
    try:
        parameters, frames = tone("mp4a.40.2", 1)
        await process.ask(begin_message(parameters))
        for ticks, payload in frames[:5]:
            await process.ask(frame_message(AudioFrame(ticks, 0, payload[::-1])))
        assert await process.ask(frame_message(AudioFrame(frames[6][0], 0, b"x"))) == b""
        made = [await process.ask(frame_message(AudioFrame(ticks, 0, payload))) for ticks, payload in frames[7:]]
        assert any(made)
    finally:
        await process.close()


def test_times_of_made_sound_follow_the_cameras() -> None:
    parameters, frames = tone("mp4a.40.2", 2)
    maker = OpusMaker(parameters)
    times = [at for ticks, payload in frames for at, _ in maker.make(1_000_000 + ticks, payload)]
    assert all(after - before == 960 for before, after in itertools.pairwise(times[1:]))
    assert abs(times[-1] - 3 * (1_000_000 + frames[-1][0])) < 48_000 // 10
