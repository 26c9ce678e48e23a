"""One camera in the picture room: what its streams show, and its newest thumbnail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hejnal_contracts.cameras import StreamName
from hejnal_ingest.picture.decoding.decoder import Urgency
from hejnal_ingest.picture.decoding.wire import Look, LookRequest
from hejnal_ingest.picture.motion import MotionWatch
from hejnal_ingest.picture.timing import StreamTiming
from hejnal_ingest.picture.watch import PictureChange, PictureWatch
from hejnal_ingest.picture.window import StreamWindow, WindowMeter
from hejnal_media.access_unit import AccessUnit, CodecParameters, VideoKind

THUMBNAIL_WIDTH = 320
_ACTIVE_US = 15_000_000


class StreamEye(WindowMeter):
    """Observes one stream of a camera (`camera.hooks.StreamObserver`)."""

    __slots__ = ("_on_interrupted", "name", "parameters", "timing", "usual_fps")

    def __init__(
        self, name: StreamName, on_window: Callable[["StreamEye", StreamWindow], None], on_interrupted: Callable[[], None]
    ) -> None:
        super().__init__(lambda window: on_window(self, window))
        self.name = name
        self.parameters: CodecParameters | None = None
        self.timing = StreamTiming()
        self.usual_fps = 0.0
        self._on_interrupted = on_interrupted

    def parameters_changed(self, parameters: CodecParameters) -> None:
        """The key frame that follows needs these."""
        self.parameters = parameters
        self.intra_only = parameters.kind is VideoKind.MJPEG
        self.restart()
        self.timing.restart()
        self._on_interrupted()

    def interrupted(self) -> None:
        """Pictures are missing."""
        self.restart()
        self.timing.restart()
        self._on_interrupted()


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture and the server time it was taken at."""

    jpeg: bytes
    taken_at: datetime
    width: int
    height: int


class CameraPicture:
    """Brings the streams of one camera together; the main stream is looked at while it gives pictures."""

    def __init__(self, camera_id: str, watch: PictureWatch, *, saved_s: float = 0.0) -> None:
        self.camera_id = camera_id
        self.watch = watch
        self.motion = MotionWatch()
        self.eyes: dict[StreamName, StreamEye] = {}
        self.thumbnail: Thumbnail | None = None
        self.looked_at: datetime | None = None
        """When a picture was last decoded, or tried."""
        self.seen_us = 0
        """Server time of the key frame that was decoded last."""
        self.looking = False
        self.dirty = False
        self.saved_s = saved_s
        self._shown = ""

    def active_eye(self) -> StreamEye | None:
        """The stream that is judged: main, or the other while main gives nothing."""
        eyes = [eye for eye in self.eyes.values() if eye.newest_key is not None and eye.parameters is not None]
        if not eyes:
            return None
        newest_us = max(_key_at_us(eye.newest_key) for eye in eyes)
        fresh = [eye for eye in eyes if _key_at_us(eye.newest_key) >= newest_us - _ACTIVE_US]
        return min(fresh, key=lambda eye: eye.name)  # "main" comes before "sub"

    def due(self, now: datetime, *, interval_s: float) -> Urgency | None:
        """Whether the newest key frame is to be decoded, and how urgently."""
        if self.looking or self._new_key() is None:
            return None
        if self.watch.look_due(now):
            return Urgency.SUSPICION
        return Urgency.ROUTINE if self.since_look_s(now) >= interval_s else None

    def since_look_s(self, now: datetime) -> float:
        """How long ago the last look was."""
        return (now - self.looked_at).total_seconds() if self.looked_at is not None else float("inf")

    def begin_look(self, now: datetime) -> tuple[LookRequest, int] | None:
        """(what to ask the decoder, server time of the key frame in µs); None when there is no new key frame."""
        found = self._new_key()
        if found is None:
            return None
        parameters, unit = found
        self.looking = True
        self.looked_at = now
        reference, previous = self.watch.comparison()
        request = LookRequest(parameters.kind.value, unit.payload, reference, previous, THUMBNAIL_WIDTH)
        return request, unit.received_at_us

    def end_look(self, look: Look | None, at_us: int, sun_up: Callable[[datetime], bool]) -> list[PictureChange]:
        """The decoder's answer (None: it could not decode the picture); gives what is to be told."""
        self.seen_us = max(self.seen_us, at_us)
        if look is None:
            return []
        taken_at = datetime.fromtimestamp(at_us / 1e6, UTC)
        height = round(THUMBNAIL_WIDTH * look.figures.height / look.figures.width / 2) * 2
        self.thumbnail = Thumbnail(look.jpeg, taken_at, THUMBNAIL_WIDTH, height)
        self.dirty = True
        return self.watch.take_look(look, taken_at, sun_up=sun_up(taken_at))

    def has_new_key(self) -> bool:
        """True when a key frame has come since the last look."""
        return self._new_key() is not None

    def _new_key(self) -> tuple[CodecParameters, AccessUnit] | None:
        eye = self.active_eye()
        if eye is None or eye.newest_key is None or eye.parameters is None or eye.newest_key.received_at_us <= self.seen_us:
            return None
        return eye.parameters, eye.newest_key

    def take_window(self, eye: StreamEye, window: StreamWindow, now: datetime) -> None:
        """Sizes of a group of pictures of one of the streams."""
        eye.timing.take(window)
        fps = window.pictures / window.duration_s
        eye.usual_fps = eye.usual_fps + 0.01 * (fps - eye.usual_fps) if eye.usual_fps else fps
        parameters = eye.parameters
        if parameters is None or self.active_eye() is not eye:
            return
        stream = f"{eye.name}-{parameters.codec.split('.')[0]}-{parameters.width}x{parameters.height}"
        if stream != self._shown:
            self._shown = stream
            self.watch.change_stream(stream)
        self.watch.take_window(window, now)
        self.dirty = True


def _key_at_us(unit: AccessUnit | None) -> int:
    return unit.received_at_us if unit is not None else 0
