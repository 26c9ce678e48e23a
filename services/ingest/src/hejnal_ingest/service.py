"""The running ingest: leases, cameras, spool and the internal API."""

import asyncio
import contextlib
import functools

import structlog

from hejnal_contracts.cameras import CameraStatusReported
from hejnal_ingest import metrics
from hejnal_ingest.app import create_app
from hejnal_ingest.backfill.backfill import Backfill
from hejnal_ingest.backfill.ledgers import GapLedgers
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.held import HeldKeeper, read_held
from hejnal_ingest.lease import CameraLeases
from hejnal_ingest.onvif.cameras import OnvifCameras
from hejnal_ingest.peers import PeerLeases
from hejnal_ingest.probe.jobs import ProbeJobs
from hejnal_ingest.radio.policy import LinkThresholds
from hejnal_ingest.radio.watch import LinkWatch
from hejnal_ingest.resources import Resources
from hejnal_ingest.settings import Settings
from hejnal_ingest.spool.journal import remove_journal
from hejnal_ingest.spool.recovery import recover
from hejnal_ingest.spool.ring import SpoolLimits, SpoolRing
from hejnal_runtime.bus import Consumer
from hejnal_runtime.health import Health
from hejnal_runtime.ids import new_id
from hejnal_runtime.serve import serve

log = structlog.get_logger()

GROUP = "ingest"
TOPICS = ("cameras",)
DRAIN_S = 5.0
_PEERS_S = 3.0
_LEAVE_S = 3.0


async def close_old_stories(resources: Resources) -> int:
    """Tells the ends of runs that an earlier process left open, before new ones begin; gives how many."""
    spool_dir = resources.settings.spool_dir.absolute()
    runs = await asyncio.to_thread(lambda: list(recover(spool_dir)))
    for run in runs:
        for fact in run.facts[:-1]:
            resources.facts.put(fact.camera_id, fact)
        last = run.facts[-1]
        resources.facts.put(last.camera_id, last, functools.partial(remove_journal, run.folder))
        metrics.RECOVERED_RUNS.inc()
        log.info("run_recovered", camera_id=last.camera_id, run_id=last.run_id, facts=len(run.facts))
    return len(runs)


async def receive(resources: Resources, leases: CameraLeases, peers: PeerLeases, consumer: Consumer) -> None:
    """Holds cameras until cancelled; then ends their runs and sends what is left to be told."""
    settings = resources.settings
    spool_dir = settings.spool_dir.absolute()
    held_before = await asyncio.to_thread(read_held, spool_dir, settings.ingest_id)
    await close_old_stories(resources)

    async def consume() -> None:
        await peers.loaded(_PEERS_S)
        await consumer.run()

    async def begin_without_kafka() -> None:
        """Only while Kafka gives nothing at all: a group that takes its time is waited for."""
        if not await peers.loaded(settings.kafka_wait_s) and not leases.assigned_once:
            leases.take_from_disk(held_before)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(peers.run())
            group.create_task(consume())
            group.create_task(begin_without_kafka())
            group.create_task(leases.run())
            group.create_task(HeldKeeper(spool_dir, settings.ingest_id, leases.held).run())
            group.create_task(resources.time.run())
    finally:
        await resources.facts.drain(DRAIN_S)


async def run_service(settings: Settings, *, stop: asyncio.Event | None = None) -> None:
    """Serves until SIGTERM, SIGINT or `stop`."""
    settings.configure_tracing(settings.service)
    resources = await Resources.open(settings)
    try:
        pictures = resources.picture_room()
        links = LinkWatch(enabled=settings.radio_enabled, thresholds=LinkThresholds(stay_s=settings.radio_stay_s))
        context = resources.runner_context(pictures, links)
        leases = CameraLeases(
            lambda state, epoch: CameraRunner(context, state, epoch),
            resources.clock,
            member=lambda: consumer.member_id,
            ingest_id=settings.ingest_id,
        )

        def seen(status: CameraStatusReported, *, live: bool) -> None:
            leases.seen(status, live=live)
            ledgers.seen(status)

        peers = PeerLeases(settings.kafka, settings.topic_prefix, seen, resources.clock)
        consumer = Consumer(
            settings.kafka,
            GROUP,
            TOPICS,
            leases.take,
            producer=resources.producer,
            topic_prefix=settings.topic_prefix,
            from_beginning=True,
            on_assigned=leases.assigned,
            session_timeout_ms=int(settings.lease_timeout_s * 1000),
            clock=resources.clock,
        )
        ring = SpoolRing(
            settings.spool_dir.absolute(),
            SpoolLimits(settings.spool_max_bytes, settings.spool_max_age_s, settings.spool_min_free_bytes, settings.spool_policy),
            room=resources.room,
            fetched=resources.fetched.whole,
            forget=resources.fetched.forget,
            priority=leases.priority,
        )
        health = Health()
        health.add("cameras", consumer.health)
        health.add("leases", leases.health)
        health.add("facts", resources.facts.health)
        health.add("peers", peers.health)
        onvif = OnvifCameras(resources.onvif_context(context.passwords), leases.runners)

        def has_card(camera_id: str) -> bool:
            state = leases.state(camera_id)
            return state is not None and state.onvif is not None and state.onvif.card_recording

        ledgers = GapLedgers(
            settings.spool_dir.absolute(),
            min_gap_s=settings.backfill_min_gap_s,
            new_id=new_id,
            ingest_id=settings.ingest_id,
            has_card=has_card,
        )
        await asyncio.to_thread(ledgers.load)
        resources.facts.observe(ledgers.note)
        backfill = Backfill(
            resources.backfill_plan(),
            context.place,
            ledgers,
            onvif,
            leases.runners,
            passwords=context.passwords.get,
            live_is_well=links.is_well,
            clock=resources.clock,
        )
        probes = ProbeJobs(context.pulling.sources, context.passwords.get, resources.events, resources.clock)
        app = create_app(settings, resources, leases, health, pictures, onvif, probes)

        stopping = stop or asyncio.Event()

        async def hold_cameras() -> None:
            await receive(resources, leases, peers, consumer)

        async def watch_pictures() -> None:
            await pictures.run(leases.state)

        async def watch_links() -> None:
            await links.run(leases.runners)

        async def send_readers_away() -> None:
            """Endless answers would hold the door open for its whole time of grace."""
            await stopping.wait()
            leases.close_relays()
            await asyncio.Event().wait()

        async def hand_over() -> None:
            """Other processes get the cameras at once, and we go on until they record: a restart costs no picture."""
            if leases.has_peers:
                with contextlib.suppress(TimeoutError):  # without Kafka nobody learns that the cameras are free
                    async with asyncio.timeout(_LEAVE_S):
                        await consumer.stop()
                    await leases.hand_over_all()

        doors = [(app, settings.internal_host, settings.internal_port)]
        loops = [hold_cameras, ring.run, watch_pictures, watch_links, onvif.run, ledgers.run, backfill.run, send_readers_away]
        try:
            await serve(doors, loops, stop=stopping, before_end=hand_over)
        finally:
            await probes.close()
            await asyncio.to_thread(ledgers.save)  # how the last runs ended
    finally:
        await resources.close()
