"""One stream's sound on its way to all who listen: as it comes where browsers take it, made Opus once for all where not."""

import asyncio
import time
from collections import deque
from typing import Literal

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.audio_out import AudioOut
from hejnal_gateway.live.audio_process import OPUS_RATE, begin_message, frame_message, read_packets
from hejnal_gateway.live.stream_clock import StreamClock
from hejnal_media.access_unit import AudioFrame, AudioParameters
from hejnal_media.decoding_process import DecodingProcess, DecodingProcessDiedError

log = structlog.get_logger()

SoundCoding = Literal["opus", "PCMA", "PCMU"]
MAX_MAKERS = 16
"""Sounds that are made Opus at once in this process; each takes a percent or two of a core."""
_G711_RATE = 8000
_MODULE = "hejnal_gateway.live.audio_process"
_TIME_LIMIT_S = 3.0
_PAUSE_AFTER_DEATH_S = 2.0
_MAX_QUEUED = 50
_MAX_G711_BYTES = 1200
_REPORT_EVERY_S = 2.0
_PASSES: dict[str, SoundCoding] = {"alaw": "PCMA", "ulaw": "PCMU"}


def passing(parameters: AudioParameters | None) -> SoundCoding | None:
    """How browsers call a sound that needs no making; None for all others."""
    if parameters is None:
        return None
    if parameters.codec == "opus":
        return "opus"
    return _PASSES.get(parameters.codec) if (parameters.sample_rate, parameters.channels) == (_G711_RATE, 1) else None


class _Listeners:
    """Those who agreed on one coding, and its timeline."""

    def __init__(self, rate: int) -> None:
        self.clock = StreamClock(rate)
        self.outs: dict[AudioOut, bool] = {}  # whether a report has been sent

    def begin(self) -> None:
        self.clock.begin_run()

    def send(self, payload: bytes, ticks: int, received_at_us: int) -> None:
        timestamp = self.clock.take(ticks, received_at_us)
        for out, reported in list(self.outs.items()):
            try:
                if not reported:
                    self.outs[out] = True
                    out.report(self.clock, time.time_ns() // 1000)
                out.send(payload, timestamp)
            except ConnectionError:
                self.outs.pop(out, None)


class LiveSound:
    """A sink of the relay. What is made Opus is made once, in a process of its own, while somebody listens to it."""

    makers = 0
    """In this process now."""

    def __init__(self) -> None:
        self.parameters: AudioParameters | None = None
        self._listeners = {"opus": _Listeners(OPUS_RATE), "PCMA": _Listeners(_G711_RATE), "PCMU": _Listeners(_G711_RATE)}
        self._queue: deque[AudioFrame] = deque(maxlen=_MAX_QUEUED)  # when full the oldest goes
        self._wake = asyncio.Event()
        self._making: asyncio.Task[None] | None = None
        self._report_timer: asyncio.TimerHandle | None = None

    # --- in -------------------------------------------------------------------------------------------------------

    def begin_sound(self, parameters: AudioParameters | None) -> None:
        """What the frames that follow are."""
        self.parameters = parameters
        for listeners in self._listeners.values():
            listeners.begin()
        self._queue.clear()
        self._care_for_maker()

    def push_sound(self, frame: AudioFrame) -> None:
        """The next frame."""
        coding = passing(self.parameters)
        if coding is not None:
            self._pass_on(coding, frame)
        if coding != "opus" and self._making is not None:
            self._queue.append(frame)
            self._wake.set()

    def _pass_on(self, coding: SoundCoding, frame: AudioFrame) -> None:
        listeners = self._listeners[coding]
        if not listeners.outs:
            return
        if coding == "opus":
            listeners.send(frame.payload, frame.ticks, frame.received_at_us)
            return
        for start in range(0, len(frame.payload), _MAX_G711_BYTES):
            listeners.send(frame.payload[start : start + _MAX_G711_BYTES], frame.ticks + start, frame.received_at_us)

    # --- making Opus ----------------------------------------------------------------------------------------------

    def _care_for_maker(self) -> None:
        """Run the maker exactly while there are listeners to what only it can give."""
        parameters = self.parameters
        needed = parameters is not None and passing(parameters) != "opus" and bool(self._listeners["opus"].outs)
        if needed and self._making is None:
            if LiveSound.makers >= MAX_MAKERS:
                log.warning("sound_not_made", makers=LiveSound.makers)
                return
            LiveSound.makers += 1
            metrics.SOUNDS_MADE.set(LiveSound.makers)
            self._queue.clear()
            self._making = asyncio.create_task(self._make(), name="sound")
            self._making.add_done_callback(self._made)
        elif not needed and self._making is not None:
            self._making.cancel()

    def _made(self, task: asyncio.Task[None]) -> None:
        LiveSound.makers -= 1
        metrics.SOUNDS_MADE.set(LiveSound.makers)
        self._making = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sound_failed", exc_info=error)
        elif task.cancelled():
            self._care_for_maker()  # somebody may have come meanwhile

    async def _make(self) -> None:
        process = DecodingProcess(_MODULE, time_limit_s=_TIME_LIMIT_S)
        begun: AudioParameters | None = None
        try:
            while True:
                while not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
                frame, parameters = self._queue.popleft(), self.parameters
                if parameters is None:
                    continue
                try:
                    if begun is not parameters:
                        begun = parameters
                        await process.ask(begin_message(parameters))
                    self._give(parameters, frame, await process.ask(frame_message(frame)))
                except DecodingProcessDiedError as error:
                    log.warning("sound_process_died", error=str(error))
                    await asyncio.sleep(_PAUSE_AFTER_DEATH_S)
                    begun = None
                    self._queue.clear()
        finally:
            await process.close()

    def _give(self, parameters: AudioParameters, frame: AudioFrame, answer: bytes) -> None:
        if parameters is not self.parameters:
            return
        at = frame.ticks * OPUS_RATE / parameters.sample_rate
        for ticks, packet in read_packets(answer):
            received_at_us = frame.received_at_us + int((ticks - at) * 1e6 / OPUS_RATE)
            self._listeners["opus"].send(packet, ticks, received_at_us)

    # --- listeners ------------------------------------------------------------------------------------------------

    def clock(self, coding: SoundCoding) -> StreamClock:
        """The timeline of what is sent in this coding."""
        return self._listeners[coding].clock

    def join(self, out: AudioOut, coding: SoundCoding) -> None:
        """Send to this viewer from the next frame on."""
        self._listeners[coding].outs[out] = False
        self._care_for_maker()
        if self._report_timer is None:
            self._report_timer = asyncio.get_running_loop().call_later(_REPORT_EVERY_S, self._report)

    def leave(self, out: AudioOut) -> None:
        """Send nothing to this viewer any more."""
        for listeners in self._listeners.values():
            listeners.outs.pop(out, None)
        self._care_for_maker()

    def _report(self) -> None:
        self._report_timer = None
        if not any(listeners.outs for listeners in self._listeners.values()):
            return
        now_us = time.time_ns() // 1000
        for listeners in self._listeners.values():
            for out, reported in listeners.outs.items():
                if reported:
                    out.report(listeners.clock, now_us)
        self._report_timer = asyncio.get_running_loop().call_later(_REPORT_EVERY_S, self._report)

    def close(self) -> None:
        """Let everybody go and end the process."""
        for listeners in self._listeners.values():
            listeners.outs.clear()
        self._care_for_maker()
        if self._report_timer is not None:
            self._report_timer.cancel()
