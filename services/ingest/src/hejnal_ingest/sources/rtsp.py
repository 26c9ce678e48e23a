"""Our own RTSP client as a source."""

from collections.abc import Callable

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.sources.source import SourceError, SourceFigures
from hejnal_media.rtsp import Credentials, ReceiveBuffer, RtspError, RtspSession, SessionLimits, StaleSessions, TlsPolicy
from hejnal_media.sink import AccessUnitSink, AudioSink


class RtspSource:
    """RTSP over TCP, interleaved."""

    def __init__(
        self,
        url: str,
        sink: AccessUnitSink,
        *,
        sound: AudioSink | None,
        credentials: Credentials | None,
        buffer: ReceiveBuffer,
        limits: SessionLimits,
        tls: TlsPolicy,
        stale: StaleSessions,
        now_us: Callable[[], int],
    ) -> None:
        try:
            self._session = RtspSession(
                url,
                sink,
                audio=sound,
                credentials=credentials,
                tls=tls,
                buffer=buffer,
                limits=limits,
                stale=stale,
                now_us=now_us,
            )
        except RtspError as error:
            raise _told(error) from None

    @property
    def session(self) -> RtspSession:
        """The client beneath, for whoever wants to know more than a puller does."""
        return self._session

    async def open(self) -> None:
        """Connects and plays."""
        try:
            await self._session.open()
        except RtspError as error:
            raise _told(error) from None

    async def run(self) -> None:
        """Keeps the session alive."""
        try:
            await self._session.run()
        except RtspError as error:
            raise _told(error) from None

    async def close(self) -> None:
        """TEARDOWN."""
        await self._session.close()

    def receive_in_batches(self, size_bytes: int) -> None:
        """In the kernel's receive buffer."""
        self._session.receive_in_batches(size_bytes)

    def figures(self) -> SourceFigures:
        """From the depacketizer."""
        found = self._session.depacketizer
        if found is None:
            return SourceFigures()
        return SourceFigures(
            pictures=found.pictures,
            dropped=found.pictures_dropped,
            octets=found.octets,
            packets_lost=found.packets_lost,
            anything=found.ssrc != 0,
            sound=self._session.audio_octets > 0,
            trouble=found.parameter_set_error,
        )

    def clock_offset_us(self) -> int | None:
        """From RTCP sender reports."""
        clock = self._session.camera_clock
        return clock.offset_us if clock is not None else None

    def camera_time_us(self, ticks: int) -> int | None:
        """From RTCP sender reports."""
        clock = self._session.camera_clock
        return clock.camera_time_us(ticks) if clock is not None else None

    def sound_time_us(self, ticks: int) -> int | None:
        """From RTCP sender reports of the sound."""
        clock = self._session.sound_clock
        return clock.camera_time_us(ticks) if clock is not None else None


def _told(error: RtspError) -> SourceError:
    return SourceError(FaultCause(error.fault.value), error.detail, retry_after_s=error.retry_after_s)
