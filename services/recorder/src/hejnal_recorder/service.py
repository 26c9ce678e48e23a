"""The running recorder: consumer, take-over, outbox relay, retention and the internal API."""

import asyncio

import structlog

from hejnal_contracts.cameras import CameraState
from hejnal_contracts.media import FragmentWritten, RunEnded, RunStarted
from hejnal_recorder import metrics
from hejnal_recorder.app import create_app
from hejnal_recorder.export.runner import ExportRunner
from hejnal_recorder.marker import name_archive
from hejnal_recorder.marks.events import remember_event
from hejnal_recorder.registry import remember_camera
from hejnal_recorder.resources import Resources
from hejnal_recorder.retention.ceiling import check_ceiling, record_decision
from hejnal_recorder.retention.pressure import Admission
from hejnal_recorder.retention.rounds import Retention
from hejnal_recorder.settings import Settings
from hejnal_recorder.standby.mirror import mirror
from hejnal_recorder.standby.silence import Silence
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.takeover.fetch import SpoolFetcher
from hejnal_recorder.takeover.gather import Gatherer
from hejnal_recorder.takeover.takeover import Takeover
from hejnal_recorder.tiers.running import check_tiers, run_mover
from hejnal_recorder.timeline.decide import StoryFact
from hejnal_runtime.bus.consumer import Consumer, Partitions
from hejnal_runtime.bus.message import Message
from hejnal_runtime.errors import is_transient
from hejnal_runtime.health import Health
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import OutboxRelay
from hejnal_runtime.serve import serve

log = structlog.get_logger()

TOPICS = ("camera-media", "cameras", "camera-events")
OF_THE_FIRST = ("recordings",)
"""What a standby has to know of the first recorder."""


class Intake:
    """Hands the facts of a partition to those who know what to do with them."""

    def __init__(self, resources: Resources, takeover: Takeover, gatherer: Gatherer) -> None:
        self._database = resources.database
        self._clock = resources.clock
        self._takeover = takeover
        self._gatherer = gatherer

    async def handle(self, messages: list[Message]) -> None:
        """One batch of one partition; returns when all of it is durable."""
        story: list[StoryFact] = []
        for message in messages:
            if isinstance(message.fact, RunStarted | FragmentWritten | RunEnded):
                story.append(message.fact)
            elif isinstance(message.fact, CameraState):
                await remember_camera(self._database, message.fact)
            elif message.topic == "camera-events" and message.fact is not None:
                await remember_event(self._database, message.fact)
            elif message.topic in OF_THE_FIRST and message.fact is not None:
                await mirror(self._database, message.fact, self._clock)
        if story:
            await self._gatherer.submit(story)

    async def reassigned(self, partitions: Partitions) -> None:
        """Partitions came: what is remembered of their cameras may be old."""
        del partitions
        self._takeover.forget()


async def run_service(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    check_ceiling(settings.ceiling_days, settings.ceiling_decision)
    check_tiers(settings)
    settings.configure_tracing(settings.service)
    resources = await Resources.open(settings)
    try:
        admission = Admission()
        archive = Archive(settings.archive_dir.absolute(), settings.spool_dir.absolute() if settings.spool_dir else None)
        fetcher = SpoolFetcher(resources.http, archive, resources.issuer, resources.clock, give_up_s=settings.fetch_give_up_s)
        takeover = Takeover(resources.database, archive, fetcher, resources.clock, new_id, admission)
        metrics.LAG_SECONDS.set_function(takeover.lag_s)
        gatherer = Gatherer(takeover.take, linger_s=settings.batch_linger_s)
        intake = Intake(resources, takeover, gatherer)
        consumer = Consumer(
            settings.kafka,
            settings.group,
            (*TOPICS, *OF_THE_FIRST) if settings.standby else TOPICS,
            batch_handler=intake.handle,
            batch_size=200,
            producer=resources.producer,
            topic_prefix=settings.topic_prefix,
            on_assigned=intake.reassigned,
            clock=resources.clock,
        )
        relay = OutboxRelay(resources.database, resources.producer, clock=resources.clock)
        retention = Retention(
            resources.database,
            archive,
            resources.clock,
            admission,
            default_keep_days=settings.default_keep_days,
            ceiling_days=settings.ceiling_days,
            interval_s=settings.retention_interval_s,
            open_store=resources.object_store,
            local_days=settings.tier_after_days if settings.tier_enabled else None,
        )
        exports = ExportRunner(resources.database, settings, resources.clock)
        metrics.STANDBY.set(1 if settings.standby else 0)
        ready = asyncio.Event()
        health = Health()
        health.add("postgresql", resources.database.ping)
        health.add("camera-media", consumer.health)
        if not settings.standby:
            health.add("outbox", relay.health)
        health.add("archive", lambda: None if ready.is_set() and archive.is_there() else "the archive's disk is not mounted")
        app = create_app(settings, resources, health)

        async def prepare() -> None:
            """Database and archive disk may come later than we do; nothing is written or deleted before both are there."""
            while not ready.is_set():
                try:
                    await record_decision(
                        resources.database, settings.ceiling_days, settings.ceiling_decision, resources.clock.now()
                    )
                    archive.name = await name_archive(resources.database, archive.archive_dir, resources.clock.now())
                    archive.check_mounted()
                    ready.set()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    log.warning("archive_not_ready", error=repr(error))
                    await asyncio.sleep(5)
            await asyncio.Event().wait()  # a loop that ends by itself ends the service

        async def delete_in_time() -> None:
            await ready.wait()
            await retention.run()

        async def move_with_age() -> None:
            await ready.wait()
            if settings.tier_enabled:
                await run_mover(resources, archive)
            await asyncio.Event().wait()

        async def consume() -> None:
            """The gatherer outlives the consumer, so that what is in work can finish when the service ends."""
            await ready.wait()
            async with asyncio.TaskGroup() as group:
                gathering = group.create_task(gatherer.run())
                try:
                    await consumer.run()
                finally:
                    gathering.cancel()

        loops = [prepare, consume, delete_in_time, move_with_age]
        loops += [Silence(resources.database).run] if settings.standby else [relay.run, exports.run]
        await serve([(app, settings.internal_host, settings.internal_port)], loops)
    finally:
        await resources.close()
