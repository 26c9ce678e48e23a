"""Everything the gateway holds open, built and closed in order, here and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from hejnal_contracts.cameras import CameraState
from hejnal_gateway.accounts.accounts import Accounts
from hejnal_gateway.accounts.endings import SessionEndings
from hejnal_gateway.accounts.own import OwnAccount
from hejnal_gateway.accounts.passkeys import Passkeys
from hejnal_gateway.accounts.passwords import PasswordChecker
from hejnal_gateway.accounts.provider import IdentityProvider
from hejnal_gateway.accounts.sessions import Sessions
from hejnal_gateway.accounts.setups import SetUps
from hejnal_gateway.accounts.sight import CameraSight
from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.alerts.room import open_alerts
from hejnal_gateway.alerts.rules import AlertRules
from hejnal_gateway.audit.checking import AuditChecks
from hejnal_gateway.audit.exporting import AuditExport
from hejnal_gateway.audit.heads import AuditHeads
from hejnal_gateway.audit.log import AuditLog
from hejnal_gateway.cameras.discoveries import Discoveries
from hejnal_gateway.cameras.events import CameraEvents
from hejnal_gateway.cameras.ingest_client import IngestClient
from hejnal_gateway.cameras.probes import Probes
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.cameras.status import StatusBoard
from hejnal_gateway.cameras.thumbnails import Thumbnails
from hejnal_gateway.doors.looks import LooksOnRecord
from hejnal_gateway.doors.open_looks import OpenLooks
from hejnal_gateway.doors.proxy import Proxy
from hejnal_gateway.doors.sight import DoorSight
from hejnal_gateway.doors.upstreams import Upstreams
from hejnal_gateway.events import EventRing
from hejnal_gateway.feeds import Feeds
from hejnal_gateway.housekeeping import Housekeeping
from hejnal_gateway.incidents.incidents import Incidents
from hejnal_gateway.incidents.marks import MarkKeeper
from hejnal_gateway.live.door import LiveDoor
from hejnal_gateway.live.ice_servers import IceServers
from hejnal_gateway.live.room import LiveRoom, open_live
from hejnal_gateway.live.viewers import Viewers
from hejnal_gateway.live.workers.children import LiveWorkerProcesses
from hejnal_gateway.live.workers.client import WorkerClient
from hejnal_gateway.live.workers.placed import PlacedLive
from hejnal_gateway.ptz.heads import PtzHeads
from hejnal_gateway.ptz.leases import PtzLeases
from hejnal_gateway.ptz.patrol import Patrols
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SERVICE, open_accounts, open_database, open_setups
from hejnal_gateway.views.views import WallViews
from hejnal_gateway.webhooks.room import open_webhooks
from hejnal_gateway.webhooks.sender import WebhookPost
from hejnal_gateway.webhooks.webhooks import Webhooks
from hejnal_runtime.bus import Consumer, Producer
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.health import Health
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import OutboxRelay
from hejnal_runtime.serve import Loop
from hejnal_runtime.tokens import TokenIssuer, TokenVerifier, load_key
from hejnal_runtime.traced_http import traced_requests


@dataclass(frozen=True, slots=True)
class Resources:
    """What routes and loops work with."""

    settings: GatewaySettings
    clock: Clock
    database: Database
    sessions: Sessions
    accounts: Accounts
    own: OwnAccount
    setups: SetUps
    passkeys: Passkeys
    provider: IdentityProvider | None
    endings: SessionEndings
    sight: CameraSight
    registry: CameraRegistry
    board: StatusBoard
    events: EventRing
    feeds: Feeds
    audit_log: AuditLog
    audit_heads: AuditHeads
    audit_checks: AuditChecks
    audit_export: AuditExport
    camera_events: CameraEvents
    thumbnails: Thumbnails
    ingest: IngestClient
    probes: Probes
    discoveries: Discoveries
    proxy: Proxy
    open_looks: OpenLooks
    viewers: Viewers
    room: LiveRoom
    live: LiveDoor
    ice_servers: IceServers
    views: WallViews
    alerts: Alerts
    alert_rules: AlertRules
    incidents: Incidents
    marks: MarkKeeper
    webhooks: Webhooks
    webhook_post: WebhookPost
    ptz_heads: PtzHeads
    ptz_leases: PtzLeases
    patrols: Patrols
    issuer: TokenIssuer
    verifier: TokenVerifier
    health: Health
    loops: tuple[Loop, ...]
    secure_cookies: bool


@asynccontextmanager
async def open_resources(settings: GatewaySettings, clock: Clock | None = None) -> AsyncIterator[Resources]:
    """All resources, open; closed in reverse order at the end. Neither PostgreSQL nor Kafka has to answer yet."""
    clock = clock or SystemClock()
    if settings.token_key_file is None or settings.trusted_jwks_file is None:
        raise ValueError("HEJNAL_GATEWAY_TOKEN_KEY_FILE and HEJNAL_GATEWAY_TRUSTED_JWKS_FILE must be set")
    box = SecretBox.load(settings.credentials_key_file)
    issuer = TokenIssuer(SERVICE, load_key(settings.token_key_file))
    verifier = TokenVerifier(SERVICE, settings.trusted_jwks_file)
    database = open_database(settings)
    producer = Producer(settings.kafka, settings.topic_prefix)
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=0, keepalive_timeout=20)
    session = aiohttp.ClientSession(
        connector=connector, auto_decompress=False, read_bufsize=512 * 1024, trace_configs=traced_requests(inside=True)
    )
    sessions = Sessions(
        database,
        clock,
        idle_s=settings.session_idle_s,
        absolute_s=settings.session_absolute_s,
        most=settings.max_sessions_per_account,
    )
    passwords = PasswordChecker()
    accounts = open_accounts(settings, database, box, clock, passwords)
    sight = CameraSight(database)
    registry = CameraRegistry(box)
    board = StatusBoard(stale_after_s=settings.status_stale_s)
    events = EventRing(kept=settings.events_kept, queue_limit=settings.events_queue)
    audit_log = AuditLog(database, clock)
    audit_heads = AuditHeads(database, issuer, clock, every_s=settings.audit_head_every_s)
    audit_checks = AuditChecks(database, verifier, clock)
    camera_events = CameraEvents(database)
    open_looks = OpenLooks(database, clock, new_id)
    looks = LooksOnRecord(database, registry, clock, open_looks)
    ingest = IngestClient(
        session, issuer, lambda camera_id: _relay_url(board, camera_id), lambda: _ingest_urls(board, settings.ingest_urls)
    )
    discoveries = Discoveries(database, registry, ingest, clock)
    probes = Probes(ingest, clock)
    room = open_live(
        settings,
        database,
        registry,
        sessions,
        board,
        issuer,
        clock,
        lambda camera_id: _relay_url(board, camera_id),
        serves=settings.serves_live,
    )
    live = PlacedLive(room.here if settings.serves_live else None, room.register, WorkerClient(session, issuer))
    workers = LiveWorkerProcesses(settings)

    def hear_of_camera(camera_id: str, state: CameraState | None) -> None:
        room.viewers.camera_changed(camera_id, state)
        if state is not None:
            probes.heard(state)

    feeds = Feeds(
        settings,
        board,
        events,
        clock,
        on_live=room.hub.try_now,
        on_camera=hear_of_camera,
        on_groups=sight.heard,
    )
    proxy = Proxy(
        session,
        issuer,
        database,
        clock,
        looks,
        DoorSight(sight),
        {
            "recorder": Upstreams((settings.recorder_url, *settings.recorder_standby_urls), clock),
            "citizen-api": Upstreams((settings.citizen_url,), clock),
            "notifier": Upstreams((settings.notifier_url,), clock),
        },
        answer_within_s=settings.upstream_timeout_s,
    )
    outbox = OutboxRelay(database, producer, clock=clock)
    auditor = Consumer(
        settings.kafka,
        f"{SERVICE}-audit",
        ["audit"],
        producer=producer,
        batch_handler=audit_log.store,
        topic_prefix=settings.topic_prefix,
    )
    event_keeper = Consumer(
        settings.kafka,
        f"{SERVICE}-camera-events",
        ["camera-events"],
        producer=producer,
        batch_handler=camera_events.store,
        topic_prefix=settings.topic_prefix,
    )
    health = Health()
    health.add("database", database.ping)
    health.add("outbox", outbox.health)
    health.add("audit", auditor.health)
    health.add("camera-events", event_keeper.health)
    health.add("camera-status", feeds.status.health)
    health.add("cameras", feeds.cameras.health)
    health.add("news", feeds.news.health)
    ptz_heads = PtzHeads(ingest)
    patrols = Patrols(database, ptz_heads, clock, resume_after_s=settings.patrol_resume_after_s)
    marks = MarkKeeper(database, session, issuer, clock, settings.recorder_url)
    alert_room = open_alerts(settings, database, producer, registry, board, events, clock, health)
    webhook_room = open_webhooks(settings, database, producer, box, alert_room.alerts, clock, health)
    secret = settings.turn_secret
    try:
        if settings.serves_live:
            room.port.open()
        yield Resources(
            settings=settings,
            clock=clock,
            database=database,
            sessions=sessions,
            accounts=accounts,
            own=OwnAccount(accounts, clock, box, passwords),
            setups=open_setups(settings, database, box, clock, passwords),
            passkeys=Passkeys(clock, settings.public_url),
            provider=IdentityProvider(settings, clock) if settings.oidc_issuer else None,
            endings=SessionEndings(live.close_of_session, events.end_of_session),
            sight=sight,
            registry=registry,
            board=board,
            events=events,
            feeds=feeds,
            audit_log=audit_log,
            audit_heads=audit_heads,
            audit_checks=audit_checks,
            audit_export=AuditExport(database, audit_heads, clock),
            camera_events=camera_events,
            thumbnails=Thumbnails(ingest, looks),
            ingest=ingest,
            probes=probes,
            discoveries=discoveries,
            proxy=proxy,
            open_looks=open_looks,
            viewers=room.viewers,
            room=room,
            live=live,
            ice_servers=IceServers(settings.turn_urls, secret.get_secret_value() if secret else None, clock),
            views=WallViews(database, clock),
            alerts=alert_room.alerts,
            alert_rules=alert_room.rules,
            incidents=Incidents(alert_room.alerts),
            marks=marks,
            webhooks=webhook_room.webhooks,
            webhook_post=webhook_room.post,
            ptz_heads=ptz_heads,
            ptz_leases=PtzLeases(lease_s=settings.ptz_lease_s),
            patrols=patrols,
            issuer=issuer,
            verifier=verifier,
            health=health,
            loops=(
                outbox.run,
                auditor.run,
                audit_heads.run,
                event_keeper.run,
                probes.run,
                open_looks.run,
                feeds.status.run,
                feeds.cameras.run,
                feeds.news.run,
                feeds.watch_staleness,
                *room.loops,
                workers.run,
                *alert_room.loops,
                *webhook_room.loops,
                patrols.run,
                marks.run,
                Housekeeping(
                    database,
                    sessions,
                    camera_events,
                    clock,
                    forget_after_s=2 * settings.lock_s,
                    events_keep_days=settings.events_keep_days,
                    motion_keep_days=settings.motion_keep_days,
                ).run,
            ),
            secure_cookies=settings.public_url.startswith("https://"),
        )
    finally:
        await audit_checks.close()
        await discoveries.close()
        await open_looks.close()
        await room.close()
        await session.close()
        await webhook_room.post.close()
        await producer.stop()
        await database.close()
        await asyncio.sleep(0)  # lets closed transports say goodbye


def _relay_url(board: StatusBoard, camera_id: str) -> str | None:
    report = board.report(camera_id)
    return report.relay_url if report is not None else None


def _ingest_urls(board: StatusBoard, configured: tuple[str, ...]) -> list[str]:
    """Those that hold cameras, and those of the settings."""
    reports = (board.report(camera_id) for camera_id in board.cameras())
    return list(dict.fromkeys([*(report.relay_url.rstrip("/") for report in reports if report is not None), *configured]))
