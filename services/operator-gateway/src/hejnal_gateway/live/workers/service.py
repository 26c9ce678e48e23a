"""A live worker as a process of its own: serves live views to the door, and nothing else."""

import asyncio
import sys

from hejnal_gateway.accounts.sessions import Sessions
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.cameras.status import StatusBoard
from hejnal_gateway.events import EventRing
from hejnal_gateway.feeds import Feeds
from hejnal_gateway.live.room import open_live
from hejnal_gateway.live.workers.routes import create_router
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SERVICE, open_database
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.health import Health
from hejnal_runtime.serve import create_internal_app, serve
from hejnal_runtime.tokens import TokenIssuer, TokenVerifier, load_key


async def run_worker(settings: GatewaySettings, *, with_parent: bool = False) -> None:
    """Serve until SIGTERM, or until the parent that started this process has gone (its end of our standard input closes)."""
    if settings.token_key_file is None or settings.trusted_jwks_file is None:
        raise ValueError("HEJNAL_GATEWAY_TOKEN_KEY_FILE and HEJNAL_GATEWAY_TRUSTED_JWKS_FILE must be set")
    settings.configure_tracing(SERVICE)
    stop, clock = asyncio.Event(), SystemClock()
    issuer = TokenIssuer(SERVICE, load_key(settings.token_key_file))
    verifier = TokenVerifier(SERVICE, settings.trusted_jwks_file)
    database = open_database(settings)
    sessions = Sessions(database, clock, idle_s=settings.session_idle_s, absolute_s=settings.session_absolute_s)
    registry = CameraRegistry(SecretBox.load(settings.credentials_key_file))
    board = StatusBoard(stale_after_s=settings.status_stale_s)

    def relay_url(camera_id: str) -> str | None:
        report = board.report(camera_id)
        return report.relay_url if report is not None else None

    room = open_live(settings, database, registry, sessions, board, issuer, clock, relay_url)
    feeds = Feeds(
        settings,
        board,
        EventRing(kept=1, queue_limit=1),
        clock,
        on_live=room.hub.try_now,
        on_camera=room.viewers.camera_changed,
    )
    health = Health()
    health.add("database", database.ping)
    health.add("camera-status", feeds.status.health)
    health.add("cameras", feeds.cameras.health)
    internal = create_internal_app(health, [create_router(room.here, verifier)], title="Hejnał live worker")
    parent = _parent_gone if with_parent else asyncio.Event().wait

    async def follow_parent() -> None:
        await parent()
        stop.set()
        await asyncio.Event().wait()

    try:
        room.port.open()
        loops = [*room.loops, feeds.status.run, feeds.cameras.run, follow_parent]
        await serve([(internal, settings.internal_host, settings.internal_port)], loops, stop=stop)
    finally:
        await room.close()
        await database.close()


async def _parent_gone() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
