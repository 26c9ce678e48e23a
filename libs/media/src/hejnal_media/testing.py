"""For tests of the services that use this library: clips that are quick to make and a sink that remembers."""

from dataclasses import dataclass, field

from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters, CodecParameters
from hejnal_media.simulator.clip import ClipSpec
from hejnal_media.sink import BreakReason

SMALL_MAIN = ClipSpec(width=320, height=180, gop_frames=10, bitrate_bps=300_000, frames=40, preset="ultrafast")
"""0.4 s GOPs; encoded in a moment."""
SMALL_SUB = ClipSpec(width=160, height=90, gop_frames=10, bitrate_bps=60_000, frames=40, preset="ultrafast")


@dataclass
class RecordingSink:
    """A MediaSink that keeps everything."""

    units: list[AccessUnit] = field(default_factory=list)
    parameters: list[CodecParameters] = field(default_factory=list)
    breaks: list[tuple[BreakReason, str]] = field(default_factory=list)
    audio: list[AudioFrame] = field(default_factory=list)
    audio_parameters: list[AudioParameters] = field(default_factory=list)

    def codec_changed(self, parameters: CodecParameters) -> None:
        """Keeps them."""
        self.parameters.append(parameters)

    def access_unit(self, unit: AccessUnit) -> None:
        """Keeps it."""
        self.units.append(unit)

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        """Keeps both."""
        self.breaks.append((reason, detail))

    def audio_changed(self, parameters: AudioParameters) -> None:
        """Keeps them."""
        self.audio_parameters.append(parameters)

    def audio_frame(self, frame: AudioFrame) -> None:
        """Keeps it."""
        self.audio.append(frame)
