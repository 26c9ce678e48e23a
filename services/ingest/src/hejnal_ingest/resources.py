"""What ingest holds while it runs, built and closed in one place."""

import asyncio
import fcntl
import os
from dataclasses import dataclass

import aiohttp

from hejnal_ingest.backfill.backfill import BackfillPlan
from hejnal_ingest.camera.pacing import StartPacer
from hejnal_ingest.camera.puller import PullerContext
from hejnal_ingest.camera.recording import RecordingPlace
from hejnal_ingest.camera.runner import RunnerContext
from hejnal_ingest.credentials import CameraPasswords
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.onvif.camera import OnvifContext
from hejnal_ingest.onvif.client import OnvifLimits
from hejnal_ingest.picture.decoding.decoder import PictureDecoder
from hejnal_ingest.picture.memory import PictureMemory
from hejnal_ingest.picture.room import PictureRoom, PictureSettings
from hejnal_ingest.radio.watch import LinkWatch
from hejnal_ingest.server_time import ServerTime
from hejnal_ingest.settings import Settings
from hejnal_ingest.sources.choose import SourceContext
from hejnal_ingest.sources.native import NativePlaces
from hejnal_ingest.spool.ring import SpoolRoom
from hejnal_ingest.spool.taken import FetchedSegments
from hejnal_ingest.spool.writers import PendingBytes, SpoolWriters
from hejnal_media.rtsp import ReceiveBuffer, SessionLimits, TlsPolicy
from hejnal_runtime.bus import Producer
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.tokens import TokenIssuer, load_key
from hejnal_runtime.traced_http import traced_requests

_LINGER_MS = 100
"""A lone message costs ten times a batched one, and nobody waits for a fact this short a while."""

_EVENTS_LIMIT = 128


class SpoolInUseError(Exception):
    """Another ingest process writes to the same spool."""


@dataclass(frozen=True)
class Resources:
    """Open connections and the things every room needs."""

    settings: Settings
    clock: Clock
    time: ServerTime
    producer: Producer
    facts: FactQueue
    events: FactQueue
    """What is news and no record: dropped when too much of it waits for Kafka."""
    http: aiohttp.ClientSession
    camera_http: aiohttp.ClientSession
    issuer: TokenIssuer | None
    pool: SpoolWriters
    room: SpoolRoom
    fetched: FetchedSegments
    spool_lock: int

    @classmethod
    async def open(cls, settings: Settings, *, clock: Clock | None = None) -> "Resources":
        """Builds everything; nothing has to answer yet. Raises OSError or SpoolInUseError for the spool's folder."""
        issuer = None
        if settings.token_key_file is not None:
            issuer = TokenIssuer(settings.service, await asyncio.to_thread(load_key, settings.token_key_file))
        lock = await asyncio.to_thread(_lock_spool, settings)
        clock = clock or SystemClock()
        producer = Producer(settings.kafka, settings.topic_prefix, clock=clock, linger_ms=_LINGER_MS)
        return cls(
            settings=settings,
            clock=clock,
            time=ServerTime(clock),
            producer=producer,
            facts=FactQueue(producer, limit=settings.facts_limit),
            events=FactQueue(producer, limit=_EVENTS_LIMIT),
            http=aiohttp.ClientSession(trace_configs=traced_requests(inside=True)),
            # long polls of all cameras are open at once; what one camera sets is no business of another
            camera_http=aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=6), cookie_jar=aiohttp.DummyCookieJar()
            ),
            issuer=issuer,
            pool=SpoolWriters(settings.writer_threads),
            room=SpoolRoom(),
            fetched=FetchedSegments(),
            spool_lock=lock,
        )

    def picture_room(self) -> PictureRoom:
        """What watches the cameras' pictures."""
        settings = self.settings
        return PictureRoom(
            PictureSettings(
                settings.picture_interval_s, accept_after_s=settings.picture_accept_after_s, batch_s=settings.batch_s
            ),
            PictureDecoder(
                share=settings.picture_cpu_share, time_limit_s=settings.picture_time_limit_s, monotonic=self.clock.monotonic
            ),
            PictureMemory(settings.spool_dir.absolute() / ".picture"),
            self.events,
            self.clock,
        )

    def onvif_context(self, passwords: CameraPasswords) -> OnvifContext:
        """What speaks with cameras over ONVIF."""
        settings = self.settings
        return OnvifContext(
            http=self.camera_http,
            clock=self.clock,
            facts=self.events,
            passwords=passwords.get,
            allowed_hosts=frozenset(host.lower() for host in settings.onvif_allowed_hosts),
            limits=OnvifLimits(settings.onvif_timeout_s),
            check_interval_s=settings.onvif_check_interval_s,
            gop_s=settings.onvif_gop_s,
            pull_s=settings.onvif_pull_s,
        )

    def backfill_plan(self) -> BackfillPlan:
        """Bounds of fetching from cameras' cards."""
        settings = self.settings
        return BackfillPlan(
            rate_bps=settings.backfill_rate_bps,
            workers=settings.backfill_workers,
            max_age_s=settings.backfill_max_age_s,
            settle_s=settings.backfill_settle_s,
            limits=SessionLimits(settings.connect_timeout_s, settings.response_timeout_s),
        )

    def runner_context(self, pictures: PictureRoom, links: LinkWatch) -> RunnerContext:
        """What the cameras need."""
        settings = self.settings
        return RunnerContext(
            pulling=PullerContext(
                clock=self.clock,
                time=self.time,
                pacer=StartPacer(settings.start_spacing_s, settings.start_limit),
                sources=SourceContext(
                    now_us=self.time.now_us,
                    buffer=ReceiveBuffer(),
                    limits=SessionLimits(settings.connect_timeout_s, settings.response_timeout_s),
                    places=NativePlaces(settings.native_streams),
                    no_video_s=settings.no_video_s,
                    media_dir=settings.media_dir,
                    loop_files=settings.loop_files,
                    tls=TlsPolicy(
                        ca_file=settings.rtsps_ca_file,
                        fingerprints=tuple(settings.rtsps_fingerprints.replace(",", " ").split()),
                        insecure=settings.rtsps_insecure,
                    ),
                ),
                no_video_s=settings.no_video_s,
                no_keyframe_s=settings.no_keyframe_s,
                batch_s=settings.batch_s,
            ),
            place=RecordingPlace(
                spool_dir=settings.spool_dir.absolute(),
                spool_url=f"{settings.base_url}/internal/v1/spool",
                ingest_id=settings.ingest_id,
                segment_s=settings.segment_s,
                split_s=settings.longest_fragment_s,
                disk_retry_s=settings.disk_retry_s,
                pool=self.pool,
                pending=PendingBytes(settings.pending_max_bytes),
                stall_s=settings.disk_stall_s,
                room=self.room,
                facts=self.facts,
            ),
            passwords=CameraPasswords(self.http, self.issuer, settings.gateway_url),
            producer=self.producer,
            relay_url=settings.base_url,
            status_interval_s=settings.status_interval_s,
            linger_s=settings.sub_linger_s,
            observers=lambda camera_id, stream: (*pictures.observers(camera_id, stream), *links.observers(camera_id, stream)),
            describe=pictures.describe,
        )

    async def close(self) -> None:
        """Closes in reverse order."""
        await self.facts.close()
        await self.events.close()
        await asyncio.to_thread(self.pool.shutdown)
        await self.camera_http.close()
        await self.http.close()
        await self.producer.stop()
        os.close(self.spool_lock)


def _lock_spool(settings: Settings) -> int:
    settings.spool_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.spool_dir / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise SpoolInUseError(f"another ingest process writes to {settings.spool_dir}") from error
    return descriptor
